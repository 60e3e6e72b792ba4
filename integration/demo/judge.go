package main

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// outcome is what came of a request.
type outcome struct {
	status    string // such as "403 Forbidden"
	code      int
	took      time.Duration
	challenge []string
	decisions []stack.Decision
	arrived   []*http.Request
}

// judge returns what is not as expected.
func (want expectation) judge(got outcome) []string {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if got.code != want.status {
		fault("the status is %d, not %d", got.code, want.status)
	}
	var challenge []string
	if want.challenge != "" {
		challenge = []string{want.challenge}
	}
	if !slices.Equal(got.challenge, challenge) {
		fault("WWW-Authenticate is %q, not %q", got.challenge, challenge)
	}
	if len(got.decisions) != 1 {
		fault("the gateway logged %d decisions, not one", len(got.decisions))
	}
	for _, d := range got.decisions {
		if d.Message != want.decision || d.Reason != want.reason || want.rule != "" && d.Rule != want.rule {
			fault("the log says %s %s %s, not %s %s %s", d.Message, d.Reason, d.Rule, want.decision, want.reason, want.rule)
		}
	}
	return append(faults, want.judgeArrivals(got.arrived)...)
}

func (want expectation) judgeArrivals(arrived []*http.Request) []string {
	if want.upstream == nil {
		if len(arrived) > 0 {
			return []string{"the upstream saw the request"}
		}
		return nil
	}
	if len(arrived) != 1 {
		return []string{fmt.Sprintf("the upstream saw %d requests, not one", len(arrived))}
	}
	var faults []string
	for name, value := range want.upstream {
		var values []string
		if value != "" {
			values = []string{value}
		}
		if got := arrived[0].Header.Values(name); !slices.Equal(got, values) {
			faults = append(faults, fmt.Sprintf("the upstream saw %s %q, not %q", name, got, values))
		}
	}
	slices.Sort(faults)
	return faults
}
