package caddymodule

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/signing"
	"github.com/caddy-awsjwt/caddy-awsjwt/celpolicy"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// texts are what constants of a closed set are spelt as.
func texts[S ~string](set ...S) (all []string) {
	for _, each := range set {
		all = append(all, string(each))
	}
	return all
}

// closedSets are the values of labels, where neither the table of reasons nor
// the configuration has them.
var closedSets = map[string][]string{
	"requests_total result":           append(texts(allowed, audited, anonymous), refusedResult),
	"rule_decisions_total effect":     texts(celpolicy.EffectAllow, celpolicy.EffectDeny),
	"shadow_decisions_total would":    {wouldAllow, wouldRefuse},
	"cache_lookups_total result":      {"hit", "miss"},
	"jwks_fetches_total result":       texts(verifier.FetchResults()...),
	"assertions_total result":         {"minted", "reused", "failed"},
	"signing_key_checks_total result": texts(signing.Results()...),
	"issuers state":                   texts(verifier.KeyStates()...),
	"requests_total reason":           nil,
	"rule_decisions_total rule":       nil,
	"shadow_decisions_total rule":     nil,
}

// families are what a scrape shows of each metric.
func families(t *testing.T) []*dto.MetricFamily {
	t.Helper()
	ruleDecisionsTotal.WithLabelValues("page", "allow")
	shadowDecisionsTotal.WithLabelValues("page", wouldAllow)
	registry := prometheus.NewRegistry()
	if err := registerMetrics(registry); err != nil {
		t.Fatal(err)
	}
	all, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// docs/metrics.md has the metrics that there are, with their types and labels.
func TestMetricsPage(t *testing.T) {
	text, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := make(map[string]string)
	for _, section := range strings.Split(string(text), "\n## ")[1:] {
		name, body, _ := strings.Cut(section, "\n")
		sections[strings.Trim(name, "`")] = strings.TrimSpace(body)
	}
	for _, family := range families(t) {
		body, there := sections[family.GetName()]
		delete(sections, family.GetName())
		kind, _, _ := strings.Cut(body, " ")
		if !there || !strings.EqualFold(strings.Trim(kind, ".,"), family.GetType().String()) || !strings.Contains(body, "\nUse it to") && !strings.Contains(body, "\nUse it before") {
			t.Errorf("%s: the page says %.60q", family.GetName(), body)
		}
		name := strings.TrimPrefix(family.GetName(), "caddy_aws_jwt_")
		var labels, told []string
		for _, pair := range family.GetMetric()[0].GetLabel() {
			labels = append(labels, pair.GetName())
			values, known := closedSets[name+" "+pair.GetName()]
			if want := sorted(values); !known || values != nil && !slices.Equal(valuesTold(body, pair.GetName()), want) {
				t.Errorf("%s: the values of %s are %q, the page says %q", name, pair.GetName(), want, valuesTold(body, pair.GetName()))
			}
		}
		for _, line := range regexp.MustCompile("(?m)^- `(\\w+)`:").FindAllStringSubmatch(body, -1) {
			told = append(told, line[1])
		}
		if !slices.Equal(sorted(told), sorted(labels)) || (len(labels) == 0) != strings.Contains(body, "no labels") {
			t.Errorf("%s: the labels are %q, the page says %q", name, labels, told)
		}
	}
	for name := range sections {
		t.Errorf("the page has %s, which there is not", name)
	}
}

// valuesTold are those that the page lists for a label.
func valuesTold(body, label string) (values []string) {
	line := regexp.MustCompile("(?m)^- `" + label + "`: (.*)$").FindStringSubmatch(body)
	if line == nil {
		return nil
	}
	for _, value := range regexp.MustCompile("`([^`]*)`").FindAllStringSubmatch(line[1], -1) {
		values = append(values, value[1])
	}
	return sorted(values)
}

func sorted(texts []string) []string {
	texts = slices.Clone(texts)
	slices.Sort(texts)
	return texts
}
