package caddymodule

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
)

func init() {
	caddy.RegisterModule(new(AdminAPI))
}

// AdminAPI is the part of Caddy's admin API below /aws_jwt/: the issuers and
// their keys, the tokens that are remembered, the last refusals, and what would
// become of a request. docs/admin.md has each call.
//
// Caddy itself sees to who may call: its listener, its origin and host checks,
// and the access control of remote administration. No answer holds a token.
type AdminAPI struct{}

// CaddyModule returns the Caddy module information.
func (*AdminAPI) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "admin.api.aws_jwt",
		New: func() caddy.Module { return new(AdminAPI) },
	}
}

// adminCalls are the calls that there are. What they return is written as JSON.
var adminCalls = []adminCall{
	{http.MethodGet, "/aws_jwt/issuers", adminIssuers},
	{http.MethodPost, "/aws_jwt/issuers/refresh", adminRefresh},
	{http.MethodPost, "/aws_jwt/cache/purge", adminPurge},
	{http.MethodGet, "/aws_jwt/decisions", adminDecisions},
	{http.MethodPost, "/aws_jwt/explain", adminExplain},
}

type adminCall struct {
	method, path string
	answer       func(w http.ResponseWriter, r *http.Request) (any, error)
}

// Routes implements [caddy.AdminRouter].
func (*AdminAPI) Routes() []caddy.AdminRoute {
	routes := []caddy.AdminRoute{{Pattern: "/aws_jwt/", Handler: caddy.AdminHandlerFunc(noSuchCall)}}
	for _, call := range adminCalls {
		routes = append(routes, caddy.AdminRoute{Pattern: call.path, Handler: call})
	}
	return routes
}

func noSuchCall(http.ResponseWriter, *http.Request) error {
	var all []string
	for _, call := range adminCalls {
		all = append(all, call.method+" "+call.path)
	}
	return adminFault(http.StatusNotFound, "there is no such call; there are %s", strings.Join(all, ", "))
}

// ServeHTTP implements [caddy.AdminHandler].
func (c adminCall) ServeHTTP(w http.ResponseWriter, r *http.Request) error {
	if r.Method != c.method {
		w.Header().Set("Allow", c.method)
		return adminFault(http.StatusMethodNotAllowed, "%s takes %s alone", c.path, c.method)
	}
	value, err := c.answer(w, r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	// Whoever is gone misses nothing.
	_ = terminal.WriteJSON(w, value)
	return nil
}

// adminFault is an error as Caddy's admin API answers it. Texts from outside must
// be written by quoteForeign.
func adminFault(status int, format string, args ...any) error {
	return caddy.APIError{HTTPStatus: status, Err: fmt.Errorf(format, args...)}
}

func badRequest(format string, args ...any) error {
	return adminFault(http.StatusBadRequest, format, args...)
}

// quoteForeign writes a text from outside as an error may show it. What begins as a
// token does may be one, or a part of one, in the wrong place.
func quoteForeign(text string) string {
	if before, _, found := strings.Cut(text, "eyJ"); found {
		text = before + "(token)"
	}
	return terminal.Quote(text)
}

// adminQuery are the parameters of a call: each of those that it knows once, and
// no other, since a misspelt filter would show what it was to leave out.
func adminQuery(r *http.Request, known ...string) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest("the query cannot be read: write each parameter as name=value, percent-encoded")
	}
	for name, all := range values {
		switch {
		case len(known) == 0:
			return nil, badRequest("%s takes no parameters", r.URL.Path)
		case !slices.Contains(known, name):
			return nil, badRequest("there is no parameter %s; %s", quoteForeign(name), oneOfThese(name, known))
		case len(all) != 1:
			return nil, badRequest("%s is there %d times: write it once", name, len(all))
		case all[0] == "":
			return nil, badRequest("%s is empty: leave it out, or write what is wanted", name)
		}
	}
	return values, nil
}

func oneOfThese(text string, known []string) string {
	if nearest := awstoken.Nearest(text, known); nearest != "" {
		return fmt.Sprintf("did you mean %s?", nearest)
	}
	return "there are " + strings.Join(known, ", ")
}

// The bounds of a page.
const (
	defaultPage = 100
	maxPage     = 1000
)

// pageSize reads the parameter limit.
func pageSize(values url.Values) (int, error) {
	text := values.Get("limit")
	if text == "" {
		return defaultPage, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxPage {
		return 0, badRequest("limit: %s is not a number from 1 to %d", quoteForeign(text), maxPage)
	}
	return n, nil
}

// oneOf reads a parameter that has one of a few values; "" when it is absent.
func oneOf(values url.Values, name string, known []string) (string, error) {
	text := values.Get(name)
	if text == "" || slices.Contains(known, text) {
		return text, nil
	}
	return "", badRequest("%s: %s is none; %s", name, quoteForeign(text), oneOfThese(text, known))
}

// maxAdminBody is how much of a body is read, in bytes: a token, and what is asked
// about it.
const maxAdminBody = 64 << 10

// adminBody reads a JSON object. A browser sends no such body to another site
// without having asked whether it may, which Caddy answers; so a page that Caddy
// does not know by its Origin comes no further than this. Nothing of the body is in
// the error, since it may be a token.
func adminBody(w http.ResponseWriter, r *http.Request, into any) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return adminFault(http.StatusUnsupportedMediaType, "the body has to be JSON: send it with Content-Type: application/json")
	}
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAdminBody))
	dec.DisallowUnknownFields()
	err = dec.Decode(into)
	var tooLarge *http.MaxBytesError
	if err == nil {
		if _, behind := dec.Token(); !errors.Is(behind, io.EOF) {
			err = errors.New("there is something behind the object")
			_ = errors.As(behind, &tooLarge)
		}
	}
	var wrongType *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case tooLarge != nil, errors.As(err, &tooLarge):
		return adminFault(http.StatusRequestEntityTooLarge, "the body is over %d bytes", maxAdminBody)
	case errors.As(err, &wrongType):
		return badRequest("%s is of the wrong type: see docs/admin.md", cmp.Or(wrongType.Field, "the body"))
	}
	return badRequest("the body is not a JSON object of the members that docs/admin.md has for this call: %s", whatIsWrong(err))
}

// whatIsWrong says it in words that quote nothing.
func whatIsWrong(err error) string {
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("it is no JSON at byte %d", syntax.Offset)
	case strings.Contains(err.Error(), "unknown field"):
		return "it has a member that is not known"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "it ends too early"
	}
	return "it cannot be read"
}

// Interface guards
var (
	_ caddy.AdminRouter  = (*AdminAPI)(nil)
	_ caddy.AdminHandler = adminCall{}
)
