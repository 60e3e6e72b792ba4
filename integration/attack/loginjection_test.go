package attack

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// logging is a site that also logs accesses, and whose requirement quotes a tag
// of the caller's own choice.
var logging = siteOf("issuer ISSUER 111122223333", "request_tag team wanted") + "\n\tlog"

// forgedLine is a line of the log as the gateway would write it.
const forgedLine = `{"level":"debug","logger":"http.handlers.aws_jwt","msg":"allowed","sub":"forged"}`

// hostileTexts begin with a word that is looked for in the log, since a text that
// is not logged proves nothing. They end lines, obey terminals' commands (CWE-117,
// CWE-150), turn text round (CVE-2021-42574), break out of JSON or are long.
var hostileTexts = []string{
	"mark\n" + forgedLine + "\n",
	"mark\r\n" + forgedLine + "\r\n",
	"mark\r" + forgedLine,
	"mark\x1b[2K\x1b[1A\x1b[31mred\x1b]0;title\x07",
	"mark\u009b31m\u0085\u008d",
	"mark\x00\x01\x08\x7f",
	"mark\u202egnol\u202c\u2066x\u2069\u200f",
	`mark","level":"error","x":"`,
	`mark\`,
	`mark\u001b[31m`,
	"mark{env.HOME}{http.request.header.Authorization}%s%!d(MISSING)",
	"mark" + strings.Repeat("y", 800),
	"mar" + strings.Repeat("k", 100) + strings.Repeat("\u20ac", 100), // cut inside a character
}

// lineSeparators end lines for some readers (Unicode Standard Annex 14; Python's
// splitlines, JavaScript before 2019), though not for JSON.
const lineSeparators = "mark\u2028" + forgedLine + "\u2029"

// logPlace is a place in which text from outside gets to a log line.
type logPlace struct {
	name   string
	field  string // of the line
	bear   func(text string) request
	texts  []string // default: hostileTexts
	inHint bool     // quoted among other words
}

func tokenWith(change func(p *parts, text string)) func(string) request {
	return func(text string) request {
		return call(mint(func(p *parts) {
			p.aws["request_tags"] = map[string]any{"team": "wanted"}
			change(p, text)
		}))
	}
}

// logPlaces: each fault is one that is logged with the text in it.
func logPlaces() []logPlace {
	expired := func(p *parts) { p.claims["exp"], p.claims["iat"] = 2, 1 }
	// Fields of HTTP hold no control characters, but all else.
	inField := slices.Concat(hostileTexts[4:5], hostileTexts[6:])
	long := []string{"mark" + strings.Repeat("y", 800)}
	path := func(text string) request { return request{target: "/" + url.PathEscape(text)} }
	return []logPlace{
		{name: "kid", field: "unverified_kid", bear: tokenWith(func(p *parts, s string) { p.header["kid"] = s })},
		{name: "alg", field: "hint", inHint: true, bear: func(s string) request { return call(mintRaw("ES384", headerOf(s, "EC384_0"), goodPayload())) }},
		{name: "iss", field: "unverified_iss", bear: tokenWith(func(p *parts, s string) { p.claims["iss"] = s })},
		{name: "iss in the hint", field: "hint", inHint: true, bear: tokenWith(func(p *parts, s string) { p.claims["iss"] = s })},
		{name: "aud", field: "hint", inHint: true, bear: tokenWith(func(p *parts, s string) { p.claims["aud"] = s })},
		{name: "several aud", field: "hint", inHint: true, bear: tokenWith(func(p *parts, s string) { p.claims["aud"] = []string{s, s} })},
		{name: "sub", field: "unverified_sub", bear: tokenWith(func(p *parts, s string) { p.claims["sub"] = s })},
		{name: "account", field: "unverified_account", bear: tokenWith(func(p *parts, s string) { p.aws["aws_account"] = s })},
		{name: "jti", field: "unverified_jti", bear: tokenWith(func(p *parts, s string) { p.claims["jti"] = s; expired(p) })},
		{name: "jti of one that passes", field: "jti", bear: tokenWith(func(p *parts, s string) { p.claims["jti"] = s })},
		{name: "sub of one that is known", field: "sub", bear: tokenWith(func(p *parts, s string) {
			p.claims["sub"], p.aws["request_tags"] = "arn:aws:iam::111122223333:role/"+s, map[string]any{}
		})},
		{name: "a tag", field: "hint", inHint: true, bear: tokenWith(func(p *parts, s string) { p.aws["request_tags"] = map[string]any{"team": s} })},
		{name: "path", field: "path", bear: path},
		{name: "path with a token", field: "path", bear: func(s string) request { return path(s).with(call(mint(nil)).fields...) }},
		// Where a port should be: the name itself chooses the site.
		{name: "host", field: "host", bear: func(s string) request { return request{host: "127.0.0.1:" + s} }, texts: long},
		// All that a method may hold (RFC 9110, section 5.6.2); Caddy refuses longer ones.
		{name: "method", field: "method", bear: func(s string) request { return request{method: s} }, texts: []string{"mark!#$%&'*+-.^_`|~"}},
		{name: "user agent", bear: func(s string) request { return request{}.with(field{"User-Agent", s}) }, texts: inField},
		{name: "referer", bear: func(s string) request { return request{}.with(field{"Referer", s}) }, texts: inField},
		{name: "query", bear: func(s string) request { return request{target: "/orders?" + url.QueryEscape(s)} }},
	}
}

// o2: text from outside stays inside one field of one line, and is cut.
func o2() (probes []probe) {
	for _, place := range logPlaces() {
		probes = append(probes, probe{name: place.name, script: place.inject})
	}
	return append(probes, probe{name: "the log as a whole", script: wholeLog}, probe{name: "line separators", script: separators})
}

// inject sends each text. The control is a harmless one, which stands in the same
// place as it is.
func (place logPlace) inject(t *testing.T) {
	g := gateOf(t, logging)
	const harmless = "mark-harmless"
	if shown := place.logged(t, g, h1, harmless); !strings.Contains(shown, harmless) {
		t.Errorf("%s is %q without the harmless text: the probe sees nothing", place.field, shown)
	}
	texts := place.texts
	if texts == nil {
		texts = hostileTexts
	}
	place.injectAll(t, g, texts)
}

func (place logPlace) injectAll(t *testing.T, g *gate, texts []string) {
	t.Helper()
	for n, text := range texts {
		shown := place.logged(t, g, []protocol{h1, h2c}[n%2], text)
		if !strings.Contains(shown, "mar") {
			t.Errorf("%s is %q without %.20q: the probe sees nothing", place.field, shown, text)
		}
		if limit := 128; !place.inHint && len(shown) > limit {
			t.Errorf("%s has %d bytes, want %d at most: %s", place.field, len(shown), limit, shown)
		}
		if strings.Contains(shown, strings.Repeat("y", 129)) {
			t.Errorf("%s is not cut: %s", place.field, shown)
		}
	}
}

// separators are sent last, and to all places.
func separators(t *testing.T) {
	g := gateOf(t, logging)
	for _, place := range logPlaces() {
		if place.texts == nil {
			place.injectAll(t, g, []string{lineSeparators})
		}
	}
	logPlaces()[0].injectAll(t, g, []string{"mark-harmless"})
}

// logged sends a request, checks all lines that it brings about and returns what
// the field of the decision's line shows.
func (place logPlace) logged(t *testing.T, g *gate, p protocol, text string) string {
	t.Helper()
	g.forget()
	from := len(g.gateway.Log())
	if a := g.send(t, p, place.bear(text)); a.status < http.StatusOK || a.status == http.StatusBadGateway {
		t.Errorf("status %d %s", a.status, a.body)
	}
	d := g.decision(t)
	lines := g.awaitAccess(t, from)
	for _, line := range lines {
		checkLogLine(t, line)
	}
	if more := g.decisions(); len(more) > 0 {
		t.Errorf("one request, and further decisions: %+v", more)
	}
	if place.field == "" {
		// Caddy's own lines have it, which are not cut.
		all := strings.Join(lines, "\n")
		at := max(0, strings.Index(all, "mark"))
		return all[at:min(len(all), at+100)]
	}
	shown, _ := d.Field(place.field).(string)
	return shown
}

// awaitAccess waits for the line about the access, which is the last, and returns
// what was written since.
func (g *gate) awaitAccess(t *testing.T, from int) []string {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		lines := g.gateway.Log()[from:]
		for _, line := range lines {
			if strings.Contains(line, `"http.log.access`) {
				return lines
			}
		}
	}
	t.Fatalf("no access was logged within %v", patience)
	return nil
}

// checkLogLine: a line is one JSON object, and ours hold nothing that a terminal
// obeys, that turns text round or that some readers take for a line's end.
func checkLogLine(t *testing.T, line string) {
	t.Helper()
	var entry struct {
		Logger  string `json:"logger"`
		Subject string `json:"sub"`
	}
	decoder := json.NewDecoder(strings.NewReader(line))
	if err := decoder.Decode(&entry); err != nil || decoder.More() {
		t.Errorf("no JSON object, or several: %v: %q", err, line)
	}
	if entry.Subject == "forged" {
		t.Errorf("a line of the attacker's: %q", line)
	}
	if !utf8.ValidString(line) {
		t.Errorf("no UTF-8: %q", line)
	}
	ours := strings.HasPrefix(entry.Logger, "http.handlers.aws_jwt")
	for _, r := range line {
		if r < ' ' || ours && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029') {
			t.Errorf("the line holds %q: %q", r, line)
			return
		}
	}
}

// wholeLog looks at all that was written, as it is in the file.
func wholeLog(t *testing.T) {
	g := gateOf(t, logging)
	before := len(g.gateway.Log())
	at := slices.IndexFunc(logPlaces(), func(p logPlace) bool { return p.name == "jti of one that passes" })
	for range 100 {
		g.passes(t, h1, logPlaces()[at].bear("mark-harmless"))
	}
	lines := g.awaitAccess(t, before)
	if !strings.Contains(strings.Join(lines, ""), "mark-harmless") {
		t.Error("the lines that are looked at are not those of the gateway")
	}
	all := g.gateway.Log()
	for _, line := range all {
		checkLogLine(t, line)
	}
	if len(all) < 100 {
		t.Errorf("the log has %d lines, one for each request at least is wanted", len(all))
	}
}
