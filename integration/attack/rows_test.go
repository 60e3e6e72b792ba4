package attack

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// rows are the threats of docs/threat-model.md, in its order.
var rows = slices.Concat(formRows, issuerRows, keyRows, reloadRows, policyRows, headerRows, assertionRows, operationRows)

// fewestProbes is how many probes there are at least.
const fewestProbes = 2000

func TestRows(t *testing.T) {
	for _, row := range rows {
		t.Run(row.id, func(t *testing.T) {
			t.Parallel()
			t.Cleanup(func() { closeGates(t) })
			for _, probe := range row.probes() {
				t.Run(probe.name, probe.run)
			}
		})
	}
}

func TestEachProbeIsWhole(t *testing.T) {
	count := 0
	for _, row := range rows {
		names := make(map[string]bool)
		for _, probe := range row.probes() {
			count++
			if names[probe.name] {
				t.Errorf("%s: two probes are called %q", row.id, probe.name)
			}
			names[probe.name] = true
			outcomes := 0
			for _, there := range []bool{probe.status != 0, probe.disarmed != nil, probe.script != nil} {
				if there {
					outcomes++
				}
			}
			if outcomes != 1 {
				t.Errorf("%s/%s: it has %d of status, disarmed and script, not one", row.id, probe.name, outcomes)
			}
		}
		if len(names) == 0 {
			t.Errorf("%s: no probe", row.id)
		}
	}
	t.Logf("%d probes", count)
	if count < fewestProbes {
		t.Errorf("%d probes, want %d at least", count, fewestProbes)
	}
}

// The page that people read and the rows that are run are the same.
func TestThreatModelPage(t *testing.T) {
	root, err := stack.Root()
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "threat-model.md"))
	if err != nil {
		t.Fatal(err)
	}
	// Operators' doors are not callers': the page names other tests of theirs.
	threats, _, found := strings.Cut(string(page), "## The operator's own doors")
	if !found {
		t.Error("the page has no section on the operator's own doors")
	}
	var onPage, run []string
	for _, match := range regexp.MustCompile(`(?m)^\| ([A-Z]\d+) \|`).FindAllStringSubmatch(threats, -1) {
		onPage = append(onPage, match[1])
	}
	for _, row := range rows {
		run = append(run, row.id)
	}
	if !slices.Equal(onPage, run) {
		t.Errorf("the page has %v, the suite runs %v", onPage, run)
	}
}
