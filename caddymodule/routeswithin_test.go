package caddymodule

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/intercept"    // which holds routes
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy" // too

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// holder is a module of others that holds routes where they can be seen, and where
// they cannot.
type holder struct {
	Shown  caddyhttp.RouteList
	hidden caddyhttp.RouteList
	Other  []caddyhttp.Route
	None   *caddyhttp.HTTPErrorConfig
}

func (holder) ServeHTTP(http.ResponseWriter, *http.Request, caddyhttp.Handler) error { return nil }

// through is a handler that is no struct.
type through func()

func (through) ServeHTTP(http.ResponseWriter, *http.Request, caddyhttp.Handler) error { return nil }

func TestRoutesWithin(t *testing.T) {
	list := func(name string) caddyhttp.RouteList { return caddyhttp.RouteList{{Group: name}} }
	held := holder{Shown: list("a"), hidden: list("b"), Other: list("c")}
	for name, tt := range map[string]struct {
		handler caddyhttp.MiddlewareHandler
		want    []string
	}{
		"a subroute":            {&caddyhttp.Subroute{Routes: list("a"), Errors: &caddyhttp.HTTPErrorConfig{Routes: list("b")}}, []string{"a", "b"}},
		"a module":              {&held, []string{"a"}},
		"a module's value":      {held, []string{"a"}},
		"nothing":               {(*holder)(nil), nil},
		"a function":            {through(nil), nil},
		"an aws_jwt":            {new(Handler), nil},
		"an answer of the site": {new(caddyhttp.StaticResponse), nil},
	} {
		var got []string
		visitRoutes(caddyhttp.RouteList{{Handlers: []caddyhttp.MiddlewareHandler{tt.handler}}}, place{}, func(r caddyhttp.Route, _ place) {
			if r.Group != "" {
				got = append(got, r.Group)
			}
		})
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// A handler that only the answer of an upstream leads to is listed, counted and
// required as any other.
func TestHandlersOfAnswersAreThere(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(upstream.Close)
	r := newReloading(t, false)
	const down = "http://127.0.0.1:1/down"
	guard := func(issuers object) object {
		return r.guarded("", nil, issuers)["routes"].([]object)[0]["handle"].([]object)[0]
	}
	response := func(handlers ...object) []object {
		return []object{{"match": object{"status_code": []int{2}}, "routes": []object{{"handle": handlers}}}}
	}
	for name, tt := range map[string]struct{ handlers []object }{
		"reverse_proxy": {[]object{{
			"handler": "reverse_proxy", "upstreams": []object{{"dial": upstream.Listener.Addr().String()}},
			"handle_response": response(guard(issuers(r.issuer, down)), object{"handler": "static_response", "body": "site"}),
		}}},
		"intercept": {[]object{
			{"handler": "intercept", "handle_response": response(guard(issuers(r.issuer, down)), object{"handler": "static_response", "body": "site"})},
			{"handler": "static_response", "body": "behind"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r.release()
			r.load(object{"a": object{"listen": r.ports[:1], "routes": []object{{
				"match": []object{{"path": []string{"/orders"}}}, "handle": tt.handlers,
			}}}})
			all := running()
			if len(all) != 1 || all[0].where != r.ports[0]+" /orders" || all[0].place() != all[0].where {
				t.Fatalf("there are %d handlers: %+v", len(all), all)
			}
			if answer := <-r.send(); answer != "200 site" { // the control: it is in a request's way
				t.Errorf("answer %q", answer)
			}
			newReady(t).want(t, 503, 2, "unavailable")
			wantStates(t, map[verifier.KeyState]int{verifier.StateFresh: 1, verifier.StateUnavailable: 1})
		})
	}
}
