package devsts

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// mustManage sends a command that must succeed, and decodes its answer.
func mustManage(t *testing.T, e emulator, method, path string) map[string]any {
	t.Helper()
	code, body := manage(t, e, method, path)
	if code != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, path, code, body)
	}
	return decode(t, []byte(body))
}

// TestMistakenCommands: each is refused with a status and one line that says
// what to change, and does nothing; beside it is the same command put right.
func TestMistakenCommands(t *testing.T) {
	const fault, rotate = "/faults?issuer=111122223333&kind=error", "/rotate?issuer=111122223333"
	const delay = "/faults?issuer=111122223333&kind=delay"
	e := start(t, DefaultConfig())
	for _, c := range []struct {
		method, bad string
		status      int
		want, good  string
	}{
		{"POST", "/faults?kind=error", 404, `"" is no account ID, issuer UUID or issuer URL`, fault},
		{"POST", "/faults?issuer=000000000000&kind=error", 404, "lists them (* is every issuer)", "/faults?issuer=*&kind=error"},
		{"POST", "/faults?issuer=111122223333", 400, `kind: "" is not one of delay, error,`, fault},
		{"POST", fault + "&document=jwks", 400, "is not one of discovery, keys, both", fault + "&document=keys"},
		{"POST", fault + "&status=200", 400, "status: 200 is not 400 to 599", fault + "&status=429"},
		{"POST", fault + "&status=0", 400, `status: "0" is not a whole number above zero`, fault + "&status=500"},
		{"POST", fault + "&status=busy", 400, `status: "busy" is not`, fault + "&status="},
		{"POST", fault + "&for=10", 400, `for: "10" is not a time above zero, such as 300ms`, fault + "&for=10s"},
		{"POST", fault + "&for=0s", 400, `for: "0s" is not a time above zero`, fault + "&for=1ms"},
		{"POST", fault + "&for=-1s", 400, `for: "-1s" is not a time above zero`, fault + "&for="},
		{"POST", delay, 400, "delay: kind delay needs one above zero", delay + "&delay=2s"},
		{"POST", delay + "&delay=soon", 400, `delay: "soon" is not a time`, delay + "&delay=2s"},
		{"POST", fault + "&until=10s", 400, "until: unknown; the parameters are issuer, document, kind, status, delay, for", fault},
		{"POST", fault + "&kind=hang", 400, "kind: given 2 times; give it once", fault},
		{"POST", fault + "&%zz", 400, "reading the query", fault},
		{"GET", "/faults?issuer=*", 400, "issuer: unknown; this command has no parameters", "/faults"},
		{"DELETE", "/faults?issuer=000000000000", 404, "is no account ID", "/faults?issuer=111122223333"},
		{"DELETE", "/faults?issuer=", 400, "issuer: it is empty; name one, or leave it out", "/faults"},
		{"POST", rotate + "&overlap=5", 400, `overlap: "5" is not a time above zero`, rotate + "&overlap=5s"},
		{"POST", rotate + "&overlap=5s&withdraw=1", 400, "leave one of the two out", rotate + "&overlap=5s&withdraw=0"},
		{"POST", "/rotate?overlap=5s", 404, "is no account ID", rotate},
		{"POST", "/withdraw", 404, "is no account ID", "/withdraw?issuer=111122223333"},
		{"POST", "/clock", 400, `offset: "" is not a time, such as -10m or 1h, or 0`, "/clock?offset=0"},
		{"POST", "/clock?offset=600", 400, `offset: "600" is not a time`, "/clock?offset=600s"},
		{"POST", "/fetches/reset?issuer=*", 400, "no parameters", "/fetches/reset"},
	} {
		published := publishedIDs(t, e, ordersIssuer)
		code, body := manage(t, e, c.method, c.bad)
		if code != c.status || !strings.Contains(body, c.want) || strings.Count(body, "\n") != 1 || !strings.HasSuffix(body, "\n") {
			t.Errorf("%s %s: %d %q, want %d with %q", c.method, c.bad, code, body, c.status, c.want)
		}
		if len(e.Faults()) > 0 || e.ClockOffset() != 0 || publishedIDs(t, e, ordersIssuer) != published {
			t.Errorf("%s %s was refused and has done something", c.method, c.bad)
		}
		mustManage(t, e, c.method, c.good)
		mustManage(t, e, "DELETE", "/faults")
		mustManage(t, e, "POST", "/clock?offset=0")
	}
}

// TestOtherOrigins: a web page cannot command devsts through a browser.
func TestOtherOrigins(t *testing.T) {
	e := start(t, DefaultConfig())
	for _, c := range [][2]string{
		{"POST", "/faults?issuer=*&kind=error"},
		{"DELETE", "/faults"},
		{"POST", "/withdraw?issuer=111122223333"},
		{"POST", "/fetches/reset"},
		{"POST", "/clock?offset=1h"},
	} {
		for site, want := range map[string]int{"cross-site": 403, "same-origin": 200} {
			if code, body := manage(t, e, c[0], c[1], "Sec-Fetch-Site", site); code != want {
				t.Errorf("%s %s from %s: %d %s, want %d", c[0], c[1], site, code, body, want)
			}
		}
	}
}

func TestFaultCommands(t *testing.T) {
	e := start(t, DefaultConfig())
	list := func(want string) {
		t.Helper()
		if _, body := manage(t, e, "GET", "/faults"); body != want+"\n" {
			t.Errorf("got  %swant %s", body, want)
		}
	}
	list(`{"faults":[]}`)
	mustManage(t, e, "POST", "/faults?issuer=111122223333&kind=error&status=500")
	mustManage(t, e, "POST", "/faults?issuer=*&document=keys&kind=delay&delay=1500ms")
	mustManage(t, e, "POST", "/faults?issuer="+strangerIssuer+"&kind=wrong_issuer")
	const all, ours, theirs = `{"issuer":"*","document":"keys","kind":"delay","delay":"1.5s"}`,
		`{"issuer":"` + ordersIssuer + `","document":"discovery","kind":"error","status":500},` +
			`{"issuer":"` + ordersIssuer + `","document":"keys","kind":"error","status":500}`,
		`{"issuer":"` + strangerIssuer + `","document":"discovery","kind":"wrong_issuer"}`
	list(`{"faults":[` + all + `,` + ours + `,` + theirs + `]}`)
	if got := statuses(t, e, ordersIssuer); got != "Internal Server Error, Internal Server Error" {
		t.Errorf("got %s", got)
	}
	if _, body := manage(t, e, "DELETE", "/faults?issuer=111122223333"); body != `{"faults":[`+all+`,`+theirs+"]}\n" {
		t.Errorf("got %s", body)
	}
	if got := statuses(t, e, ordersIssuer); got != "OK, OK" {
		t.Errorf("got %s", got)
	}
	mustManage(t, e, "DELETE", "/faults")
	list(`{"faults":[]}`)

	mustManage(t, e, "POST", "/faults?issuer=*&document=discovery&kind=hang&for=1h")
	left := e.Faults()[0].For
	if left > time.Hour || left < time.Hour-time.Minute {
		t.Errorf("%v are left", left)
	}
	listed, ok := mustManage(t, e, "GET", "/faults")["faults"].([]any)[0].(map[string]any)["for"].(string)
	if shown, err := time.ParseDuration(listed); !ok || err != nil || shown > left+time.Millisecond || shown < left-time.Minute {
		t.Errorf("listed as %q %v, of %v", listed, err, left)
	}
}

// TestEveryKindByCommand: each kind can be set by its name.
func TestEveryKindByCommand(t *testing.T) {
	e := start(t, DefaultConfig())
	if n := len(FaultKinds()); n != 14 {
		t.Errorf("%d kinds", n)
	}
	for _, kind := range FaultKinds() {
		command := "/faults?issuer=*&kind=" + string(kind)
		if kind == FaultDelay {
			command += "&delay=1s"
		}
		mustManage(t, e, "POST", command)
		if got := e.Faults(); len(got) == 0 || got[0].Kind != kind {
			t.Errorf("%s: in force %+v", kind, got)
		}
		mustManage(t, e, "DELETE", "/faults?issuer=*")
	}
}

func TestRotationCommands(t *testing.T) {
	clock := &settable{}
	e := startAt(t, clock)
	look := func(out map[string]any, published, signing string) {
		t.Helper()
		wantJSON(t, out["published_key_ids"], published)
		wantJSON(t, out["signing_key_ids"], signing)
		if out["issuer"] != e.url+"/"+ordersIssuer {
			t.Errorf("issuer %v", out["issuer"])
		}
	}
	both, zero, one := `["RSA_1","EC384_1","RSA_0","EC384_0"]`, `["RSA_0","EC384_0"]`, `["RSA_1","EC384_1"]`
	look(mustManage(t, e, "POST", "/rotate?issuer=111122223333&overlap=5s"), both, zero)
	if got := signer384(t, e); got != "EC384_0" {
		t.Errorf("%s signs", got)
	}
	look(mustManage(t, e, "POST", "/withdraw?issuer="+ordersIssuer), both, zero)
	clock.pass(5 * time.Second)
	if got := signer384(t, e); got != "EC384_1" {
		t.Errorf("%s signs", got)
	}
	look(mustManage(t, e, "POST", "/withdraw?issuer="+ordersIssuer), one, one)
	var o overview
	_, body := manage(t, e, "GET", "/")
	if err := json.Unmarshal([]byte(body), &o); err != nil || strings.Join(o.Accounts[0].Signing, " ") != "RSA_1 EC384_1" {
		t.Errorf("%v: %+v", err, o.Accounts)
	}
}

func TestFetchCommands(t *testing.T) {
	e := start(t, DefaultConfig())
	statuses(t, e, ordersIssuer, ordersIssuer, nobodysIssuer)
	want := func(ours, unknown, total string) string {
		return `{"issuers":{"` + ordersIssuer + `":` + ours + `,` +
			`"44445555-6666-4444-8444-444455556666":{"discovery":0,"keys":0},` +
			`"` + strangerIssuer + `":{"discovery":0,"keys":0}},` +
			`"unknown":` + unknown + `,"total":` + total + `}`
	}
	const none = `{"discovery":0,"keys":0}`
	wantJSON(t, mustManage(t, e, "GET", "/fetches"),
		want(`{"discovery":2,"keys":2}`, `{"discovery":1,"keys":1}`, `{"discovery":3,"keys":3}`))
	wantJSON(t, mustManage(t, e, "POST", "/fetches/reset"), want(none, none, none))
	wantJSON(t, mustManage(t, e, "GET", "/fetches"), want(none, none, none))
}

func TestClockCommands(t *testing.T) {
	e := start(t, DefaultConfig())
	wantJSON(t, mustManage(t, e, "GET", "/clock"),
		`{"offset":"0s","true_time":"2026-04-21T07:32:10Z","token_time":"2026-04-21T07:32:10Z"}`)
	behind := `{"offset":"-10m0s","true_time":"2026-04-21T07:32:10Z","token_time":"2026-04-21T07:22:10Z"}`
	wantJSON(t, mustManage(t, e, "POST", "/clock?offset=-10m"), behind)
	wantJSON(t, mustManage(t, e, "GET", "/clock"), behind)
	if _, claims, _ := verified(t, e.call(t, orders, goodCall()).Token); number(t, claims["iat"]) != testClock().Add(-10*time.Minute).Unix() {
		t.Errorf("iat %v", claims["iat"])
	}
	mustManage(t, e, "POST", "/clock?offset=+10m") // a + that was not escaped
	if e.ClockOffset() != 10*time.Minute {
		t.Errorf("offset %v", e.ClockOffset())
	}
	mustManage(t, e, "POST", "/clock?offset=0")
	if e.ClockOffset() != 0 {
		t.Errorf("offset %v", e.ClockOffset())
	}
}

// TestExampleCommands: what the overview tells a person to paste works, and
// shows each command once at least.
func TestExampleCommands(t *testing.T) {
	e := start(t, DefaultConfig())
	_, body := manage(t, e, "GET", "/")
	var o overview
	if err := json.Unmarshal([]byte(body), &o); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, line := range o.Commands {
		method := "GET"
		rest, ok := strings.CutPrefix(line, "curl ")
		if after, found := strings.CutPrefix(rest, "-X "); found {
			method, rest, _ = strings.Cut(after, " ")
		}
		target, found := strings.CutPrefix(strings.Trim(rest, "'"), "http://127.0.0.1:8011")
		if !ok || !found {
			t.Fatalf("not to be pasted: %s", line)
		}
		mustManage(t, e, method, target)
		command, _, _ := strings.Cut(target, "?")
		seen[method+" "+command] = true
	}
	for _, want := range []string{
		"POST /rotate", "POST /withdraw", "POST /faults", "GET /faults", "DELETE /faults",
		"GET /fetches", "POST /fetches/reset", "POST /clock", "GET /clock",
	} {
		if !seen[want] {
			t.Errorf("no example of %s", want)
		}
	}
	if len(o.Kinds) != len(FaultKinds()) {
		t.Errorf("kinds %v", o.Kinds)
	}
}
