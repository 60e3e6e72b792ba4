package caddymodule

import (
	"context"
	"strings"
	"testing"

	"go.uber.org/zap/zapcore"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// A client that hangs up keeps no refusal out of the log, unless it is the reason.
func TestClientThatIsGoneIsLogged(t *testing.T) {
	for name, tt := range map[string]struct {
		token string
		level zapcore.Level
		want  string
	}{
		"a refusal that has a reason":     {"", zapcore.InfoLevel, "missing_token"},
		"a verification that ended early": {goodToken(t), zapcore.DebugLevel, "internal_error"},
	} {
		ctx, hangUp := context.WithCancel(t.Context())
		hangUp()
		h := newHandler(t, func(h *Handler) { h.Cache = &Cache{Off: true} })
		h.verifier = waiting(t)
		got := oneLine(t, zapcore.DebugLevel, h, get(tt.token).WithContext(ctx))
		if got.fields["reason"] != tt.want || got.level != tt.level {
			t.Errorf("%s: logged %s at %v, want %s at %v", name, got.text, got.level, tt.want, tt.level)
		}
	}
}

// waiting is a verifier whose issuer's keys never come.
func waiting(t *testing.T) *verifier.Verifier {
	t.Helper()
	v, err := verifier.New(verifier.Config{
		Issuers:   []verifier.Issuer{{URL: issuerOf(t, ordersAccount), Keys: keysThatNeverCome{}}},
		Audiences: []string{audience}, Now: clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

type keysThatNeverCome struct{}

func (keysThatNeverCome) Key(ctx context.Context, _ string) (verifier.Key, error) {
	<-ctx.Done()
	return verifier.Key{}, ctx.Err()
}

// A token that a client puts into the path is not in the line.
func TestTokenInAPathIsNotLogged(t *testing.T) {
	token := goodToken(t)
	for path, want := range map[string]string{
		"/callback/" + token + "/x":    "/callback/(token)/x",
		"/callback/" + token[:60]:      "/callback/(token)", // one that is cut off
		"/callback/eyJustAName.tar.gz": "/callback/eyJustAName.tar.gz",
		"/callback/eyJust-a-name":      "/callback/eyJust-a-name",
	} {
		r := get("")
		r.URL.Path = path
		got := oneLine(t, zapcore.InfoLevel, newHandler(t, nil), r)
		if got.fields["path"] != want || strings.Contains(got.text, token[:40]) {
			t.Errorf("logged %s, want path %s", got.text, want)
		}
	}
}

// A rule that reads the path tells of it in its hint, cut: no part of a token in
// the path is there either, and none in what is remembered and shown of it.
func TestTokenInAHintIsNotShown(t *testing.T) {
	token := goodToken(t)
	h := newHandler(t, func(h *Handler) { h.Allow = []Rule{{Expression: `request.path.startsWith("/x/")`}} })
	r := get(token)
	r.URL.Path = "/t/" + token
	got := oneLine(t, zapcore.InfoLevel, h, r)
	if got.fields["reason"] != "policy_denied" || strings.Contains(got.text, token[:20]) {
		t.Errorf("logged %s", got.text)
	}
	entries, _ := decisions.Entries(0, 1, nil)
	if len(entries) != 1 || !strings.Contains(entries[0].Hint, "(token)") || strings.Contains(entries[0].Hint+entries[0].Path, token[:20]) {
		t.Errorf("remembered %+v", entries)
	}
}
