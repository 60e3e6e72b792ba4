package remedy

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/celpolicy"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// The table has each reason that there is, and no other.
func TestEveryReasonHasARemedy(t *testing.T) {
	want := []string{
		"missing_token", "malformed_request", "upgrade_refused", "unsafe_header_value", "internal_error",
		"assertion_failed", "signing_unavailable", "untrusted_proxy",
		string(celpolicy.ReasonRequirementFailed), string(celpolicy.ReasonPolicyDenied),
		string(celpolicy.ReasonPolicyError), string(celpolicy.ReasonUnsafePath),
	}
	for _, r := range verifier.Reasons() {
		want = append(want, string(r))
	}
	var got []string
	for _, r := range All() {
		got = append(got, r.Reason)
		if found, ok := Of(r.Reason); !ok || found != r {
			t.Errorf("Of(%q) = %+v, %v", r.Reason, found, ok)
		}
	}
	if found, ok := Of("no_such_reason"); ok || found != (Remedy{}) {
		t.Errorf("Of a reason that is none = %+v, %v", found, ok)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the table has %v, the reasons are %v", got, want)
	}
}

// The handler's own reasons are those that the list above has.
func TestHandlersReasons(t *testing.T) {
	source, err := os.ReadFile("../refusal.go")
	if err != nil {
		t.Fatal(err)
	}
	constants := regexp.MustCompile(`(?m)^\t\w+ += "([a-z_]+)"$`).FindAllStringSubmatch(string(source), -1)
	if len(constants) != 8 {
		t.Errorf("refusal.go has %d reasons of its own, 8 are known here", len(constants))
	}
	for _, c := range constants {
		if _, ok := Of(c[1]); !ok {
			t.Errorf("%s has no remedy", c[1])
		}
	}
}

// The README's table and this one have the same rows in the same order.
func TestSameAsReadme(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	type answer struct {
		reason, code string
		status       int
	}
	var want, got []answer
	reason := regexp.MustCompile("`([a-z_]+)`")
	for _, row := range regexp.MustCompile("(?m)^\\| ([0-9]{3}) \\| (?:`([a-z_]+)`|none) \\|([^|]*)\\|").FindAllStringSubmatch(string(text), -1) {
		status, err := strconv.Atoi(row[1])
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range reason.FindAllStringSubmatch(row[3], -1) {
			want = append(want, answer{r[1], row[2], status})
		}
	}
	for _, r := range All() {
		got = append(got, answer{r.Reason, r.Code, r.Status})
	}
	if len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("the table is\n%v\nthe README's\n%v", got, want)
	}
}

func TestTexts(t *testing.T) {
	for _, r := range All() {
		for name, text := range map[string]string{"Cause": r.Cause, "See": r.See, "InAWS": r.InAWS, "Here": r.Here} {
			checkSentences(t, r.Reason+": "+name, text)
		}
		checkClause(t, r.Reason, r.Do)
	}
	for _, e := range STSErrors() {
		checkSentences(t, e.Code+": Cause", e.Cause)
		checkClause(t, e.Code, e.Do)
	}
}

func checkSentences(t *testing.T, name, text string) {
	t.Helper()
	if text == "" || !strings.ContainsAny(text[len(text)-1:], ".?)") || strings.Contains(text, "  ") || strings.Contains(text, "|\n") {
		t.Errorf("%s is no text: %q", name, text)
	}
	if strings.Count(text, "`")%2 != 0 {
		t.Errorf("%s has a backquote too many: %q", name, text)
	}
}

// checkClause keeps what completes a hint short.
func checkClause(t *testing.T, name, text string) {
	t.Helper()
	if text == "" || len(text) > 120 || text[0] < 'a' || text[0] > 'z' || strings.HasSuffix(text, ".") || strings.ContainsAny(text, "\n`") {
		t.Errorf("%s: Do is no short clause (%d bytes): %q", name, len(text), text)
	}
}
