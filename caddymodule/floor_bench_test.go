package caddymodule

import (
	"crypto/sha256"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/caddy-awsjwt/caddy-awsjwt/celpolicy"
)

// usualToken has 1.5 kB, as one of a role in an organization with some tags.
func usualToken(t testing.TB) string {
	t.Helper()
	return tokenWith(t, func(c claims) {
		c.aws["org_id"] = "o-abc1234567"
		c.aws["ou_path"] = []string{"o-abc1234567/r-ab12/ou-ab12-11111111/ou-ab12-22222222/"}
		c.aws["original_session_exp"] = "2026-07-01T18:00:00Z"
		c.aws["principal_tags"] = map[string]string{"environment": "production", "team": "orders", "cost-center": "cc-4711-emea", "owner": "payments@example.com"}
		c.aws["source_identity"] = "jane.doe@example.com"
		c.aws["identity_store_user_id"] = "11112222-3333-4444-5555-666677778888"
		c.aws["identity_store_arn"] = "arn:aws:identitystore::111122223333:identitystore/d-abc1234567"
		c.aws["request_tags"] = map[string]string{"job-id": "job-2026-000451", "stage": "settlement"}
	})
}

func TestUsualTokenHasItsSize(t *testing.T) {
	token := usualToken(t)
	if len(token) < 1400 || len(token) > 1600 {
		t.Errorf("the token has %d bytes, want about 1500", len(token))
	}
	for name, change := range benched {
		if out := serve(t, usualRequest(token), newHandler(t, change)); !out.passed() {
			t.Errorf("%s: it is refused: %s", name, out.reason())
		}
	}
}

// The floor: a handler that knows the token has to hash it, to see that it does.
func BenchmarkFloor(b *testing.B) {
	b.Run("SHA256", func(b *testing.B) {
		token := []byte(usualToken(b))
		b.SetBytes(int64(len(token)))
		b.ReportAllocs()
		for b.Loop() {
			sha256.Sum256(token)
		}
	})
}

// benched are the handlers that are measured.
var benched = map[string]func(*Handler){
	"no policy": nil,
	"small policy": func(h *Handler) {
		h.Accounts = []string{ordersAccount}
		h.Deny = []Rule{{Expression: `request.path.startsWith("/admin/") && request.method != "GET"`}}
		h.Allow = []Rule{{Expression: `aws_token.principal_tags.team == "orders"`}}
	},
}

// The handler alone, with a next one that does nothing, for a token that it has
// just verified. Its logger is at INFO, as Caddy's is.
func BenchmarkHandler(b *testing.B) {
	for _, name := range []string{"no policy", "small policy"} {
		b.Run("warm/"+name, func(b *testing.B) {
			h, token := newHandler(b, benched[name]), usualToken(b)
			h.logger = zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(io.Discard), zap.InfoLevel))
			requests := new(requests)
			requests.serve(b, h, token) // it is known from now on
			b.ReportAllocs()
			for b.Loop() {
				if len(requests.ready) == 0 {
					b.StopTimer()
					requests.prepare(token)
					b.StartTimer()
				}
				requests.serve(b, h, token)
			}
		})
	}
}

// What it takes to tell of a pass: the counters, the memory of decisions, the log
// at its default and the rules' counts, as ServeHTTP asks for them.
func BenchmarkTellPass(b *testing.B) {
	h := newHandler(b, benched["small policy"])
	h.logger = zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(io.Discard), zap.InfoLevel))
	r, v, began := usualRequest(""), &visit{passed: allowed}, h.now()
	decision := celpolicy.Decision{Allowed: true, Rule: "allow[0]", Effect: celpolicy.EffectAllow}
	b.ReportAllocs()
	for b.Loop() {
		h.countDecision(v, decision)
		h.tellPass(r, v, began)
	}
	if h.tally.of("allow[0]", celpolicy.EffectAllow) == 0 {
		b.Fatal("nothing was counted")
	}
}

// What an assertion adds: one that is there for the token already, and one that is
// made for it. What signing takes is beside the keys, in caddymodule/signing.
func BenchmarkAssert(b *testing.B) {
	for _, each := range []struct {
		name string
		size int // of the memory
	}{{"reused", 100}, {"fresh", 0}} {
		b.Run(each.name, func(b *testing.B) {
			h := newHandler(b, func(h *Handler) {
				asserting(h, "spiffe://corp.example/aws/{aws_token.account.id}/{aws_token.principal_tags.environment}")
				h.Assertion.Claims = []string{"aws_token.sub"}
			})
			memory, err := newAssertionMemory(each.size)
			if err != nil {
				b.Fatal(err)
			}
			h.asserter.made = memory
			r, v := usualRequest(""), new(visit)
			if v.result, err = h.verifier.Verify(b.Context(), usualToken(b)); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, refused := h.assert(r, v); refused != nil {
					b.Fatal(refused)
				}
			}
		})
	}
}

// requests are made ahead, as Caddy's server makes them, since a request that
// has been through the handler is another one.
type requests struct {
	ready  []*http.Request
	writer nowhere
	server caddyhttp.Server
}

const preparedAtOnce = 256

func (r *requests) prepare(token string) {
	for range preparedAtOnce {
		r.ready = append(r.ready, caddyhttp.PrepareRequest(usualRequest(token), caddy.NewReplacer(), &r.writer, &r.server))
	}
}

func (r *requests) serve(b *testing.B, h *Handler, token string) {
	b.Helper()
	if len(r.ready) == 0 {
		r.prepare(token)
	}
	request := r.ready[len(r.ready)-1]
	r.ready = r.ready[:len(r.ready)-1]
	if err := h.ServeHTTP(&r.writer, request, nothing); err != nil {
		b.Fatal(err)
	}
	if r.writer.status != 0 {
		b.Fatalf("it was refused with %d", r.writer.status)
	}
}

var nothing = caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return nil })

// usualRequest has the fields that a client and a proxy before us send.
func usualRequest(token string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://orders.example/v1/orders/451", nil)
	for field, value := range map[string]string{
		"Accept": "*/*", "Accept-Encoding": "gzip, br", "Content-Type": "application/json", "User-Agent": "aws-sdk-go-v2/1.41.0",
		"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https", "X-Request-Id": "5488e298-0a47-4c5b-80d7-6b4ab8a4cede",
		"Authorization": "Bearer " + token,
	} {
		r.Header.Set(field, value)
	}
	return r
}

// nowhere takes an answer and keeps its status alone.
type nowhere struct {
	header http.Header
	status int
}

func (n *nowhere) Header() http.Header {
	if n.header == nil {
		n.header = make(http.Header)
	}
	return n.header
}

func (n *nowhere) WriteHeader(status int)         { n.status = status }
func (n *nowhere) Write(body []byte) (int, error) { return len(body), nil }
