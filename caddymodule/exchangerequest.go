package caddymodule

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// The names of RFC 8693, sections 2.1, 2.2 and 3.
const (
	grantExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
	typeJWT       = "urn:ietf:params:oauth:token-type:jwt"
)

// maxForm is the largest body of a request for an exchange, in bytes: a token of
// the largest size, encoded, and the rest.
const maxForm = 2*verifier.MaxTokenSize + 4<<10

// exchangeRequest is what a caller asks for.
type exchangeRequest struct{ token, audience string }

// exchangeAnswer is the answer of RFC 8693, section 2.2.1.
type exchangeAnswer struct {
	AccessToken string `json:"access_token"`
	IssuedType  string `json:"issued_token_type"`
	Type        string `json:"token_type"` // N_A: it is for whom the audience says
	ExpiresIn   int64  `json:"expires_in"` // seconds
}

// exchangeError is the error of RFC 6749, section 5.2. Its status is not part of
// the body.
type exchangeError struct {
	status      int
	retryAfter  time.Duration
	Code        string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

func invalidExchange(format string, args ...any) *exchangeError {
	return &exchangeError{status: http.StatusBadRequest, Code: "invalid_request", Description: fmt.Sprintf(format, args...)}
}

// serve answers a request to the token endpoint.
func (e *Exchange) serve(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache") // RFC 6749, section 5.1
	if r.Method != http.MethodPost {
		// Error routes would log the URL, in which there may be a token.
		w.Header().Set("Allow", http.MethodPost)
		bad := invalidExchange("a token is asked for by POST")
		bad.status = http.StatusMethodNotAllowed
		return bad.write(w)
	}
	asked, bad := readExchange(w, r)
	if bad != nil {
		return bad.write(w)
	}
	answer, bad := e.trade(r, asked)
	if bad != nil {
		return bad.write(w)
	}
	return writeJSON(w, http.StatusOK, answer)
}

// readExchange reads the form. A parameter that stands there twice is refused, as
// RFC 6749, section 3.2, has it.
func readExchange(w http.ResponseWriter, r *http.Request) (exchangeRequest, *exchangeError) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return exchangeRequest{}, invalidExchange("the body has to be application/x-www-form-urlencoded")
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	if err != nil {
		return exchangeRequest{}, invalidExchange("the body cannot be read, or has over %d bytes", maxForm)
	}
	form, err := url.ParseQuery(string(text))
	if err != nil {
		return exchangeRequest{}, invalidExchange("the body is not a form")
	}
	for _, name := range []string{
		"grant_type", "subject_token", "subject_token_type", "audience", "requested_token_type",
		"resource", "scope", "actor_token", "actor_token_type",
	} {
		if len(form[name]) > 1 {
			if name == "audience" {
				return exchangeRequest{}, invalidTarget("a JWT is made out to one audience; ask once for each")
			}
			return exchangeRequest{}, invalidExchange("%s stands there twice", name)
		}
	}
	switch requested := form.Get("requested_token_type"); {
	case form.Get("grant_type") != grantExchange:
		return exchangeRequest{}, &exchangeError{status: http.StatusBadRequest, Code: "unsupported_grant_type", Description: "grant_type has to be " + grantExchange}
	case form.Get("subject_token") == "":
		return exchangeRequest{}, invalidExchange("subject_token is missing: the token of GetWebIdentityToken")
	case form.Get("subject_token_type") != typeJWT:
		return exchangeRequest{}, invalidExchange("subject_token_type has to be %s", typeJWT)
	case requested != "" && requested != typeJWT:
		return exchangeRequest{}, invalidExchange("requested_token_type can only be %s", typeJWT)
	case form.Has("actor_token"), form.Has("actor_token_type"):
		return exchangeRequest{}, invalidExchange("actor_token is not supported")
	case form.Get("scope") != "":
		return exchangeRequest{}, &exchangeError{status: http.StatusBadRequest, Code: "invalid_scope", Description: "there are no scopes; what the JWT says follows from the caller"}
	case form.Get("resource") != "":
		return exchangeRequest{}, invalidTarget("name the target by audience, not by resource")
	case form.Get("audience") == "":
		return exchangeRequest{}, invalidTarget("audience is missing")
	}
	return exchangeRequest{form.Get("subject_token"), form.Get("audience")}, nil
}

func invalidTarget(description string) *exchangeError {
	return &exchangeError{status: http.StatusBadRequest, Code: "invalid_target", Description: description}
}

func (e *exchangeError) write(w http.ResponseWriter) error {
	if e.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter(e.retryAfter))
	}
	return writeJSON(w, e.status, e)
}

func writeJSON(w http.ResponseWriter, status int, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return caddyhttp.Error(http.StatusInternalServerError, err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // a client that is gone is no fault
	return nil
}
