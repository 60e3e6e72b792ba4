package metrics

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// scrapeEvery is how often Prometheus scrapes here, and evaluates rules.
const scrapeEvery = 200 * time.Millisecond

// prometheus is a real one.
type prometheus struct {
	t   *testing.T
	url string
}

// startPrometheus runs one that scrapes the target as the job "gateway", with
// these files of rules.
func startPrometheus(t *testing.T, target string, rules ...string) *prometheus {
	t.Helper()
	directory, address := t.TempDir(), stacktest.FreeAddress(t)
	text, err := json.Marshal(map[string]any{ // which is YAML, too
		"global":         map[string]any{"scrape_interval": scrapeEvery.String(), "scrape_timeout": scrapeEvery.String(), "evaluation_interval": scrapeEvery.String()},
		"rule_files":     rules,
		"scrape_configs": []map[string]any{{"job_name": "gateway", "static_configs": []map[string]any{{"targets": []string{target}}}}},
	})
	must(t, err)
	config := filepath.Join(directory, "prometheus.yml")
	must(t, os.WriteFile(config, text, 0o600))
	log, err := os.Create(filepath.Join(directory, "prometheus.log"))
	must(t, err)
	cmd := exec.Command(tool(t, "prometheus"), "--config.file="+config, "--storage.tsdb.path="+filepath.Join(directory, "data"),
		"--web.listen-address="+address, "--log.level=warn")
	cmd.Stdout, cmd.Stderr = log, log
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if said, _ := os.ReadFile(log.Name()); t.Failed() {
			t.Logf("prometheus: %s", said)
		}
		_ = log.Close()
	})
	p := &prometheus{t, "http://" + address}
	eventually(t, "Prometheus was ready", func() bool {
		response, err := http.Get(p.url + "/-/ready")
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
	return p
}

// sample is a series of an answer, with its last value.
type sample struct {
	labels map[string]string
	value  float64
}

// now asks for the value of an expression at this moment.
func (p *prometheus) now(expression string) []sample {
	p.t.Helper()
	var result []struct {
		Metric map[string]string
		Value  [2]any
	}
	p.ask("/api/v1/query", url.Values{"query": {expression}}, &result)
	samples := make([]sample, 0, len(result))
	for _, each := range result {
		samples = append(samples, sample{each.Metric, number(each.Value)})
	}
	return samples
}

// lately asks for the values of an expression in the last seconds, as a panel of
// Grafana does, and leaves out series without any.
func (p *prometheus) lately(expression string) (samples []sample) {
	p.t.Helper()
	var result []struct {
		Metric map[string]string
		Values [][2]any
	}
	end := time.Now()
	p.ask("/api/v1/query_range", url.Values{
		"query": {expression}, "step": {"1s"}, "start": {seconds(end.Add(-10 * time.Second))}, "end": {seconds(end)},
	}, &result)
	for _, each := range result {
		for i := len(each.Values) - 1; i >= 0; i-- {
			if value := number(each.Values[i]); !math.IsNaN(value) {
				samples = append(samples, sample{each.Metric, value})
				break
			}
		}
	}
	return samples
}

func seconds(at time.Time) string {
	return strconv.FormatFloat(float64(at.UnixMilli())/1000, 'f', 3, 64)
}

// number is the second part of a time and a value.
func number(pair [2]any) float64 {
	text, _ := pair[1].(string)
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return math.NaN()
	}
	return value
}

// ask asks the API, whose answer must be of the kind that holds series.
func (p *prometheus) ask(path string, query url.Values, result any) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url+path+"?"+query.Encode(), nil)
	must(p.t, err)
	response, err := http.DefaultClient.Do(request)
	must(p.t, err)
	defer response.Body.Close()
	var answer struct {
		Status, Error string
		Data          json.RawMessage
	}
	must(p.t, json.NewDecoder(response.Body).Decode(&answer))
	if answer.Status != "success" {
		p.t.Fatalf("Prometheus says of %s: %s", query, answer.Error)
	}
	var data struct{ Result json.RawMessage }
	if strings.HasPrefix(path, "/api/v1/query") {
		must(p.t, json.Unmarshal(answer.Data, &data))
		answer.Data = data.Result
	}
	must(p.t, json.Unmarshal(answer.Data, result))
}

func (s sample) String() string { return fmt.Sprintf("%v %v", s.labels, s.value) }
