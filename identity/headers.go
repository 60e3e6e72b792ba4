package identity

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// Header is a field that the upstream sees.
type Header struct {
	Field string // a token of RFC 9110, section 5.6.2

	// Value is printable ASCII with placeholders in braces: {aws_token.<path>},
	// a path of package awstoken, or any other {name}. \{ and \} are literal
	// braces. It neither begins nor ends with a space.
	Value string
}

// Config says what [New] makes. Its zero value sets no header.
type Config struct {
	Headers []Header

	// DefaultHeaders adds X-Aws-Token-Account-Id, X-Aws-Token-Org-Id,
	// X-Aws-Token-Sub, X-Aws-Token-Source-Region and X-Aws-Token-Jti.
	DefaultHeaders bool

	// AssertionField is a field that the caller of Set sets by itself, to a signed
	// [Assertion]. It is managed as the others are. The default is none.
	AssertionField string
}

// Headers writes a token into the fields of a request, and keeps clients from
// doing so. It is safe for concurrent use. The zero value and nil strip the
// X-Aws-Token- namespace and set nothing.
type Headers struct {
	fields  []string   // in canonical case, in the order of the configuration
	values  []template // of fields
	outside []string   // those of fields that are not in the namespace
	asserts string     // the field of an assertion, or ""
	asks    bool       // whether a value holds a placeholder that is no attribute
}

// defaultHeaders are named after their paths, "." and "_" written as "-".
func defaultHeaders() []Header {
	return []Header{
		{"X-Aws-Token-Account-Id", "{aws_token.account.id}"},
		{"X-Aws-Token-Org-Id", "{aws_token.org.id}"},
		{"X-Aws-Token-Sub", "{aws_token.sub}"},
		{"X-Aws-Token-Source-Region", "{aws_token.source_region}"},
		{"X-Aws-Token-Jti", "{aws_token.jti}"},
	}
}

// New checks the configuration. Its error joins every fault, each with its path
// in front, such as headers[1].field. Faults are a field that is no token, that
// a proxy or a connection needs for itself, that differs from an earlier or a
// default one only in case and in characters that are neither letters nor
// digits; a value that is empty, is no good template or names an attribute that
// the token's table lacks ([*awstoken.UnknownPathError]).
func New(cfg Config) (*Headers, error) {
	faults := fieldFaults(cfg)
	h := new(Headers)
	all := cfg.Headers
	if cfg.DefaultHeaders {
		all = append(all[:len(all):len(all)], defaultHeaders()...)
	}
	for i, header := range all {
		value, err := parseTemplate(header.Value)
		if err != nil {
			faults = append(faults, eachWithPath(fmt.Sprintf("headers[%d].value", i), err)...)
		}
		field := http.CanonicalHeaderKey(header.Field)
		h.fields = append(h.fields, field)
		h.values = append(h.values, value)
		h.asks = h.asks || value.asks()
		if !(names{}).manage(field) {
			h.outside = append(h.outside, field)
		}
	}
	if cfg.AssertionField != "" {
		h.asserts = http.CanonicalHeaderKey(cfg.AssertionField)
		if !(names{}).manage(h.asserts) {
			h.outside = append(h.outside, h.asserts)
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return h, nil
}

// eachWithPath puts the path in front of each error that err joins.
func eachWithPath(path string, err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{fmt.Errorf("%s: %w", path, err)}
	}
	var errs []error
	for _, e := range joined.Unwrap() {
		errs = append(errs, fmt.Errorf("%s: %w", path, e))
	}
	return errs
}

// Fields returns the names of the fields that Set and its caller may set, in
// canonical case: the configured ones, the default ones, that of an assertion. A
// later handler of the same request gives them to its own Strip.
func (h *Headers) Fields() []string {
	if h == nil {
		return nil
	}
	fields := append([]string(nil), h.fields...)
	if h.asserts != "" {
		fields = append(fields, h.asserts)
	}
	return fields
}

// AssertionField returns the field of an assertion in canonical case, or "".
func (h *Headers) AssertionField() string {
	if h == nil {
		return ""
	}
	return h.asserts
}

// Asks reports whether Set calls its lookup: whether a value holds a placeholder
// that is no attribute of the token.
func (h *Headers) Asks() bool { return h != nil && h.asks }

// Set writes the fields of token t. The request was stripped before.
//
// lookup returns the value of a placeholder that is no attribute of the token,
// by its name without braces; without lookup such a placeholder is empty. What
// comes out of a placeholder is percent-encoded, once, and never expanded
// again. Each field has one value; one whose value comes out empty is removed
// instead.
//
// The error is an [*UnsafeValueError] when a value is over 4096 bytes after
// encoding. Then header is as it was. Without a token nothing is set.
func (h *Headers) Set(header http.Header, t *awstoken.Token, lookup func(placeholder string) string) error {
	return h.SetIn(nil, header, t, lookup)
}

// SetIn is [Headers.Set] with memory for the values: from its length to its
// capacity it is used up, whatever comes of it. Memory that is too small for a
// value of each of [Headers.Fields] is left alone.
func (h *Headers) SetIn(memory []string, header http.Header, t *awstoken.Token, lookup func(placeholder string) string) error {
	if h == nil || t == nil || len(h.fields) == 0 {
		return nil
	}
	values := slices.Grow(memory, len(h.fields))[len(memory):][:len(h.fields)]
	for i, value := range h.values {
		values[i] = value.expand(t, lookup)
		if len(values[i]) > maxValue {
			return &UnsafeValueError{h.fields[i]}
		}
	}
	for i, field := range h.fields {
		if values[i] == "" {
			delete(header, field)
			continue
		}
		// One array holds all values; its slots cannot grow into one another.
		header[field] = values[i : i+1 : i+1]
	}
	return nil
}
