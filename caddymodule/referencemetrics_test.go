package caddymodule

import (
	"fmt"
	"strings"
	"testing"
)

const metricsHead = `# Metrics

Made from the registered collectors; write it anew with ''make docs''. [metrics.md](../metrics.md) says what each is for.

| name | type | labels | help |
|---|---|---|---|
`

// docs/reference/metrics.md has what a scrape says of each metric.
func TestReferenceMetrics(t *testing.T) {
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(metricsHead, "''", "`"))
	for _, family := range families(t) {
		var labels []string
		for _, pair := range family.GetMetric()[0].GetLabel() {
			label := "`" + pair.GetName() + "`"
			switch values := closedSets[strings.TrimPrefix(family.GetName(), "caddy_aws_jwt_")+" "+pair.GetName()]; {
			case values != nil:
				label += ": `" + strings.Join(sorted(values), "`, `") + "`"
			case pair.GetName() == "reason":
				label += ": empty, or one of [these](../errors.md)"
			default:
				label += ": from the configuration"
			}
			labels = append(labels, label)
		}
		fmt.Fprintf(&b, "| [`%s`](../metrics.md#%s) | %s | %s | %s |\n", family.GetName(), family.GetName(),
			strings.ToLower(family.GetType().String()), strings.Join(labels, "<br>"), escaped(family.GetHelp()))
	}
	checkReference(t, "metrics.md", b.String())
}
