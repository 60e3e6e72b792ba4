package metrics

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// dashboard is what is looked at of Grafana's JSON.
type dashboard struct {
	Title         string
	UID           string
	SchemaVersion int
	Panels        []panel
	Templating    struct{ List []variable }
}

type source struct{ Type, UID string }

type panel struct {
	ID                       int
	Type, Title, Description string
	Datasource               source
	GridPos                  struct{ H, W, X, Y int }
	Targets                  []struct {
		Datasource                source
		Expr, LegendFormat, RefID string
	}
}

type variable struct {
	Name, Type, AllValue, Definition string
	Datasource                       source
	IncludeAll                       bool
}

func readDashboard(t *testing.T) dashboard {
	t.Helper()
	text, err := os.ReadFile(deployed(t, "grafana", "caddy-awsjwt.json"))
	must(t, err)
	var d dashboard
	must(t, json.Unmarshal(text, &d))
	return d
}

// substituted is a query as Grafana sends it, for a graph whose steps are 10 s
// and with "All" for the variables.
func (d dashboard) substituted(query string) string {
	replace := []string{"$__rate_interval", "10s"}
	for _, v := range d.Templating.List {
		replace = append(replace, "$"+v.Name, v.AllValue)
	}
	return strings.NewReplacer(replace...).Replace(query)
}

// The dashboard is one that Grafana can import: nothing in it is of one
// installation.
func TestDashboard(t *testing.T) {
	d := readDashboard(t)
	if d.Title == "" || d.UID == "" || d.SchemaVersion < 30 || len(d.Panels) < 10 {
		t.Errorf("title %q, UID %q, schema %d, %d panels", d.Title, d.UID, d.SchemaVersion, len(d.Panels))
	}
	if first := d.Templating.List[0]; first.Name != "datasource" || first.Type != "datasource" {
		t.Errorf("the first variable is %+v", first)
	}
	want, ids, taken := source{"prometheus", "${datasource}"}, make(map[int]bool), make(map[[2]int]string)
	for _, p := range d.Panels {
		if ids[p.ID] || p.ID == 0 || p.Title == "" || p.Description == "" || p.Datasource != want || len(p.Targets) == 0 {
			t.Errorf("panel %d %q: description %q, data source %v", p.ID, p.Title, p.Description, p.Datasource)
		}
		ids[p.ID] = true
		refs := make(map[string]bool)
		for _, target := range p.Targets {
			if refs[target.RefID] || target.LegendFormat == "" || target.Datasource != want || strings.Contains(d.substituted(target.Expr), "$") {
				t.Errorf("panel %q: target %+v", p.Title, target)
			}
			refs[target.RefID] = true
		}
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("%q lies on %q, or outside", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
	for _, v := range d.Templating.List[1:] {
		if v.Type != "query" || v.Datasource != want || v.AllValue == "" || !v.IncludeAll {
			t.Errorf("variable %+v", v)
		}
	}
}
