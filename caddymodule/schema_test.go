package caddymodule

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// The schema of the decision log knows the reasons that there are, and no others.
func TestSchemaKnowsTheReasons(t *testing.T) {
	text, err := os.ReadFile("../docs/decision-log.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs struct {
			Reason       struct{ Enum []string } `json:"reason"`
			PolicyReason struct{ Enum []string } `json:"policyReason"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	var all, ofPolicy []string
	for reason, answer := range answers {
		all = append(all, reason)
		if answer == insufficientScope {
			ofPolicy = append(ofPolicy, reason)
		}
	}
	for _, each := range []struct{ got, want []string }{{schema.Defs.Reason.Enum, all}, {schema.Defs.PolicyReason.Enum, ofPolicy}} {
		slices.Sort(each.got)
		slices.Sort(each.want)
		if !slices.Equal(each.got, each.want) {
			t.Errorf("the schema has %v, the module %v", each.got, each.want)
		}
	}
}

// The page on the decision log names each of the loggers where it sends them.
func TestPageNamesTheLoggers(t *testing.T) {
	page, err := os.ReadFile("../docs/decision-log.md")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, each := range []string{logConfig, logKeys, logStreams, logClock, logSigning} {
		names = append(names, "http.handlers.aws_jwt."+each)
	}
	list := strings.Join(names, " ")
	for _, line := range []string{"\t\texclude " + list + "\n", "\t\tinclude " + list + "\n"} {
		if strings.Count(string(page), line) != 1 {
			t.Errorf("the page lacks %q", line)
		}
	}
}
