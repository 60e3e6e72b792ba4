package identity

import (
	"fmt"
	"strings"
)

// reserved are the fields that describe the connection or the framing of a
// message (RFC 9110, sections 7.6.1 and 10.1; RFC 9112, section 6; RFC 7540,
// section 3.2.1) or that hold credentials. A proxy removes or rewrites them, so
// an identity in one would be lost, or would break the request.
var reserved = []string{
	"authorization", "connection", "content-length", "expect", "host", "http2-settings",
	"keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
	"te", "trailer", "trailers", "transfer-encoding", "upgrade",
}

// fieldFaults returns what is wrong with the names of the configured fields.
func fieldFaults(cfg Config) []error {
	var faults []error
	for i, header := range cfg.Headers {
		if problem := fieldProblem(cfg, i, header.Field); problem != "" {
			faults = append(faults, fmt.Errorf("headers[%d].field: %s", i, problem))
		}
	}
	if cfg.AssertionField != "" {
		if problem := fieldProblem(cfg, len(cfg.Headers), cfg.AssertionField); problem != "" {
			faults = append(faults, fmt.Errorf("assertion.header: %s", problem))
		}
	}
	return faults
}

func fieldProblem(cfg Config, i int, field string) string {
	if field == "" {
		return "it is empty"
	}
	if err := CheckField(field); err != nil {
		return err.Error()
	}
	for j, earlier := range cfg.Headers[:i] {
		if sameName(field, earlier.Field) {
			return fmt.Sprintf(`%q is taken by headers[%d] (%q); case, "-", "_" and "." do not count`,
				field, j, earlier.Field)
		}
	}
	if !cfg.DefaultHeaders {
		return ""
	}
	for _, header := range defaultHeaders() {
		if sameName(field, header.Field) {
			return fmt.Sprintf("%q is taken by the default header %s; set it yourself with default_headers off",
				field, header.Field)
		}
	}
	return ""
}

// CheckField says what keeps name from being a field that is read or set for an
// identity: it is no token, or connections or credentials need it.
func CheckField(name string) error {
	switch {
	case !isToken(name):
		return fmt.Errorf("%q is not the name of a field", name)
	case nameIn(name, reserved):
		return fmt.Errorf("%q is a field that connections or credentials need", name)
	}
	return nil
}

// isToken reports whether name is a token of RFC 9110, section 5.6.2.
func isToken(name string) bool {
	for i := range len(name) {
		c := name[i]
		if fold(c) == '-' && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return name != ""
}
