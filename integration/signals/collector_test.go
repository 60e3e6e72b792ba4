package signals

import (
	"bytes"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// spans is a receiver of OTLP over HTTP, which Caddy's exporter speaks unless it
// is told otherwise, that keeps each byte.
type spans struct {
	url string

	mu  sync.Mutex
	raw bytes.Buffer
	all []*tracepb.Span
	err error
}

func newCollector(t *testing.T) *spans {
	t.Helper()
	s := new(spans)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// environment has the gateway export to the collector without delay.
func (s *spans) environment() []string {
	return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + s.url, "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "OTEL_BSP_SCHEDULE_DELAY=50"}
}

func (s *spans) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	s.raw.Write(body)
	var request collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &request)
	}
	if err != nil {
		s.err = err
	}
	for _, resource := range request.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			s.all = append(s.all, scope.Spans...)
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// received returns the spans so far, and the bytes that they came in.
func (s *spans) received(t *testing.T) ([]*tracepb.Span, []byte) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		t.Fatal(s.err)
	}
	return append([]*tracepb.Span(nil), s.all...), bytes.Clone(s.raw.Bytes())
}

// attributesOf returns a span's name, attributes and status, for comparison.
func attributesOf(s *tracepb.Span) map[string]any {
	all := map[string]any{"name": s.Name}
	for _, each := range s.Attributes {
		switch each.Key {
		case "aws_jwt.cached":
			all[each.Key] = each.Value.GetBoolValue()
		default:
			all[each.Key] = each.Value.GetStringValue()
		}
	}
	if code := s.Status.GetCode(); code != tracepb.Status_STATUS_CODE_UNSET {
		all["status"] = code.String()
	}
	return all
}

func id(of []byte) string { return hex.EncodeToString(of) }
