package site

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/remedy"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// rows are the cells of each row of the tables of a text.
func rows(text string) (list [][]string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "| ") {
			cells := strings.Split(strings.Trim(line, "|"), "|")
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			list = append(list, cells)
		}
	}
	return list
}

var quoted = regexp.MustCompile("`([a-z_]+)`")

// The page has every reason that the code has, and none that it lacks, and so has
// the picture.
func TestRequestPageHasTheReasons(t *testing.T) {
	page := stacktest.ReadPage(t, "docs/request.md").Text
	before, _, found := strings.Cut(page, "## What is logged")
	if !found {
		t.Fatal("the page does not say what is logged")
	}
	told := []string{"internal_error"} // in its own words, below
	if !strings.Contains(before, "is `internal_error`") {
		t.Error("the page lacks internal_error")
	}
	for _, row := range rows(before) {
		for _, reason := range quoted.FindAllStringSubmatch(row[len(row)-1], -1) {
			told = append(told, reason[1])
		}
	}
	picture, err := os.ReadFile(filepath.Join(root, "docs/request-life.svg"))
	must(t, err)
	words := regexp.MustCompile(`[a-z]+_[a-z_]+`).FindAllString(string(picture), -1)
	for _, r := range remedy.All() {
		if !slices.Contains(told, r.Reason) {
			t.Errorf("docs/request.md lacks %s", r.Reason)
		}
		if !slices.Contains(words, r.Reason) && r.Reason != "overloaded" && r.Reason != "expired" {
			t.Errorf("docs/request-life.svg lacks %s", r.Reason)
		}
	}
	for _, word := range append(told, words...) {
		if _, there := remedy.Of(word); !there && word != "aws_jwt_authorize" {
			t.Errorf("%s is no reason of a refusal", word)
		}
	}
	for _, word := range []string{">401 too_large", "expired", "overloaded<"} {
		if !strings.Contains(string(picture), word) {
			t.Errorf("docs/request-life.svg lacks %q", word)
		}
	}
}

// The order of the checks of a token is the verifier's own.
func TestRequestPageHasTheChecksInOrder(t *testing.T) {
	keys, err := verifier.NewRemoteKeySets(verifier.RemoteConfig{})
	must(t, err)
	defer keys.Close()
	v, err := verifier.New(verifier.Config{
		Organization: &verifier.Organization{IDs: []string{"o-abc1234567"}},
		Audiences:    []string{"https://orders.example.com"},
		RemoteKeys:   keys,
	})
	must(t, err)
	part := base64.RawURLEncoding.EncodeToString
	token := part([]byte(`{"alg":"ES384","kid":"k"}`)) + "." +
		part([]byte(`{"iss":"https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws"}`)) + "." + part(make([]byte, 96))
	var made []string
	for _, check := range v.Explain(t.Context(), token, verifier.ExplainOptions{Offline: true}).Checks {
		made = append(made, check.Name)
	}
	_, verify, _ := strings.Cut(stacktest.ReadPage(t, "docs/request.md").Text, "## 4. Verify")
	verify, _, _ = strings.Cut(verify, "\n## ")
	var told []string
	for _, row := range rows(verify)[1:] {
		if row[0] != "" {
			told = append(told, row[0])
		}
	}
	if !slices.Equal(told, made) {
		t.Errorf("the page has the checks\n%q, made are\n%q", told, made)
	}
}
