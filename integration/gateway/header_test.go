package gateway

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// forged are spellings that some upstream reads as an identity header.
var forged = []string{
	"X-Aws-Token-Account-Id", "x-aws-token-account-id", "X_Aws_Token_Account_Id", "X-Aws-Token-Account_Id",
	"X.Aws.Token.Account.Id", "X-AWS-TOKEN-ORG-ID", "X-Aws-Token-Anything", "X-Team", "x_team", "X.Team",
}

const evil = "evil"

// Whatever the client calls them, its identity headers do not arrive: also
// where the token lacks the attribute.
func TestForgedHeaders(t *testing.T) {
	w := newWorld(t, plain)
	bare := mint(t, func(_, _, aws map[string]any) { delete(aws, "org_id"); delete(aws, "principal_tags") })
	for _, field := range forged {
		seen := w.passes("", bearer(bare), field+": "+evil, field+": "+evil, "X-Kept: kept")
		for name, values := range seen.Header {
			if strings.Contains(strings.Join(values, ","), evil) {
				t.Errorf("%s arrived as %s", field, name)
			}
		}
		want(t, seen, "X-Aws-Token-Account-Id", accountID)
		want(t, seen, "X-Kept", "kept")
	}
}

// The proxy removes what Connection names, after our headers were set.
func TestConnectionCannotRemoveIdentity(t *testing.T) {
	w := newWorld(t, plain)
	token := bearer(mint(t, nil))
	for _, lines := range [][]string{
		{"Connection: X-Aws-Token-Account-Id"},
		{"Connection: close, x-aws-token-account-id, X-Team"},
		{"Connection: X-Other", "Connection: X_Aws_Token_Account_Id , X-Team"},
		{"Connection: keep-alive,,X-Team", "Connection: X-Aws-Token-Account-Id"},
	} {
		seen := w.passes("", append(lines, token, "X-Other: other")...)
		want(t, seen, "X-Aws-Token-Account-Id", accountID)
		want(t, seen, "X-Team", "orders")
	}
	// The control: what is not ours is removed as HTTP has it.
	want(t, w.passes("", "Connection: X-Other", token, "X-Other: other"), "X-Other", "")
}

func TestTrailersCannotCarryIdentity(t *testing.T) {
	w := newWorld(t, plain)
	for name, tt := range map[string]struct{ announced, trailers string }{
		"announced":                      {"X-Aws-Token-Account-Id, X-Kept", "X-Aws-Token-Account-Id: evil\r\nX-Kept: kept\r\n"},
		"unannounced beside another one": {"X-Kept", "X-Aws-Token-Sub: evil\r\nX_Team: evil\r\nX-Team: evil\r\nX-Kept: kept\r\n"},
		"in other spellings":             {"x_aws_token_sub, X-Kept", "x_aws_token_sub: evil\r\nX-Kept: kept\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			seen := w.passes("4\r\nbody\r\n0\r\n"+tt.trailers+"\r\n", "POST /orders HTTP/1.1", bearer(mint(t, nil)),
				"Transfer-Encoding: chunked", "Trailer: "+tt.announced)
			if seen.Body != "body" {
				t.Errorf("body %q", seen.Body)
			}
			for field, values := range seen.Trailer {
				if strings.Contains(strings.Join(values, ","), evil) {
					t.Errorf("trailer %s arrived: %q", field, values)
				}
			}
			want(t, seen, "X-Kept", "kept") // the control: trailers pass otherwise
			for _, announced := range seen.Get("Trailer") {
				if strings.Contains(strings.ToLower(announced), "aws") {
					t.Errorf("announced %q", announced)
				}
			}
		})
	}
}

// The same over HTTP/2.
func TestHTTP2(t *testing.T) {
	w := newWorldWith(t, "\tservers {\n\t\tprotocols h1 h2c\n\t}\n", plain)
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	send := func(token string) *http.Response {
		t.Helper()
		request, err := http.NewRequest(http.MethodPost, "http://"+w.gateway.Address+"/orders", io.MultiReader(strings.NewReader("body")))
		if err != nil {
			t.Fatal(err)
		}
		request.Header = http.Header{"Authorization": {"Bearer " + token}, "X-Aws-Token-Org-Id": {evil}, "X_team": {evil}}
		request.Trailer = http.Header{"X-Aws-Token-Sub": {evil}, "X-Kept": {"kept"}}
		response, err := transport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if response.ProtoMajor != 2 {
			t.Errorf("answered by %s", response.Proto)
		}
		return response
	}
	good := mint(t, func(_, _, aws map[string]any) { delete(aws, "org_id") })
	if response := send(good); response.StatusCode != http.StatusOK {
		t.Fatalf("status %d", response.StatusCode)
	}
	seen := w.upstream.Seen()
	if len(seen) != 1 {
		t.Fatalf("the upstream saw %+v", seen)
	}
	want(t, seen[0], "X-Aws-Token-Sub", roleARN)
	want(t, seen[0], "X-Aws-Token-Org-Id", "")
	want(t, seen[0], "X-Team", "orders")
	want(t, seen[0], "X_team", "")
	want(t, seen[0], "X-Kept", "kept")
	want(t, seen[0], "Authorization", "")
	if response := send(good + "A"); response.StatusCode != http.StatusUnauthorized || len(w.upstream.Seen()) != 0 {
		t.Errorf("a token that was changed: status %d", response.StatusCode)
	}
}

// Text from a token is encoded once, and never expanded.
func TestTagValues(t *testing.T) {
	w := newWorld(t, plain)
	for value, header := range map[string]string{
		"orders":                   "orders",
		"{env.HOME}":               "{env.HOME}",
		"{http.request.host}":      "{http.request.host}",
		"a\r\nX-Aws-Token-Sub: x":  "a%0D%0AX-Aws-Token-Sub: x",
		"\x00":                     "%00",
		"a\u2028b":                 "a%E2%80%A8b",
		"größe, 100%":              "gr%C3%B6%C3%9Fe, 100%25",
		" spaces at the ends ":     "%20spaces at the ends%20",
		"%41":                      "%2541",
		strings.Repeat("x", 4<<10): strings.Repeat("x", 4<<10),
	} {
		token := mint(t, func(_, _, aws map[string]any) { aws["principal_tags"] = map[string]any{"team": value} })
		want(t, w.passes("", bearer(token)), "X-Team", header)
	}
	long := mint(t, func(_, _, aws map[string]any) {
		aws["principal_tags"] = map[string]any{"team": strings.Repeat("x", 4<<10+1)}
	})
	response, _, decision := w.refuses(http.StatusForbidden, "unsafe_header_value", bearer(long))
	if response.Header.Get("WWW-Authenticate") != "" || !strings.Contains(decision.Hint, "X-Team") {
		t.Errorf("challenge %q, hint %q", response.Header.Get("WWW-Authenticate"), decision.Hint)
	}
}

// Bytes behind a refused upgrade are no second request.
func TestBytesBehindAnUpgrade(t *testing.T) {
	w := newWorld(t, plain)
	token := bearer(mint(t, nil))
	for _, upgrade := range []string{"h2c", "websocket", "anything"} {
		connection := w.dial()
		request := "GET /orders HTTP/1.1\r\nHost: " + w.gateway.Address + "\r\n" + token + "\r\nConnection: Upgrade\r\nUpgrade: " + upgrade + "\r\n\r\n"
		if _, err := io.WriteString(connection, request+"GET /second HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		answers, err := io.ReadAll(connection)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(answers), "HTTP/1.1 "); n != 1 || !strings.HasPrefix(string(answers), "HTTP/1.1 403 ") {
			t.Errorf("%s: answered %d times:\n%s", upgrade, n, answers)
		}
		_ = connection.Close()
	}
	if seen := w.upstream.Seen(); len(seen) > 0 {
		t.Errorf("the upstream saw %+v", seen)
	}
}
