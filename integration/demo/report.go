package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// introduction is the product in a few lines.
func (p *printer) introduction() {
	p.heading("caddy-awsjwt: AWS workloads call an API outside AWS without a shared secret")
	p.verbatim(`
workload on AWS ── gets a signed token of its role from AWS STS (here: a local STS)
  └─ request with the token ──▶ gateway ── verifies it, asks the policy
                                  └─ request with X-Aws-Token-… headers ──▶ upstream, the API`)
	p.line("")
}

// request shows what is sent, the token by its claims alone.
func (p *printer) request(c check, r *http.Request) error {
	line := r.Method + " " + r.URL.Path
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		p.field("sent", line+" without a token")
		return nil
	}
	of, err := readClaims(token)
	if err != nil {
		return err
	}
	kind := "a token that role " + c.role + " got from STS (AWS SDK for Go):"
	if c.team != "" {
		kind = "a token of role " + c.role + ", changed afterwards:"
	}
	p.field("sent", line+" with "+kind)
	for _, claim := range of.lines() {
		p.field("", "  "+claim)
	}
	for name, value := range c.headers {
		p.field("", "and with a forged header  "+name+": "+value)
	}
	p.field("", c.notes...)
	return nil
}

// outcome shows the answer, what arrived upstream and what the log says.
func (p *printer) outcome(got outcome) {
	p.field("answer", fmt.Sprintf("%s, after %.1f ms", got.status, got.took.Seconds()*1000))
	for _, challenge := range got.challenge {
		p.field("", "WWW-Authenticate: "+challenge)
	}
	if len(got.arrived) == 0 {
		p.field("upstream", "saw nothing")
	}
	for _, r := range got.arrived {
		p.field("upstream", requestLines(r)...)
	}
	for _, d := range got.decisions {
		p.field("log", decisionLines(d)...)
	}
}

func decisionLines(d stack.Decision) []string {
	first := d.Message
	if d.Reason != "" {
		first += ", reason " + d.Reason
	}
	if d.Rule != "" {
		first += ", rule " + d.Rule
	}
	if d.Hint == "" {
		return []string{first}
	}
	return []string{first, "hint: " + d.Hint}
}

// verdict ends a check.
func (p *printer) verdict(c check, faults []string) {
	if len(faults) == 0 {
		p.paintedField(green, "ok", c.meaning)
		return
	}
	p.paintedField(red, "FAILED", faults...)
}

// total ends the checks.
func (p *printer) total(failed []string) {
	p.line("")
	verdict := p.paint(green, "ok")
	if len(failed) > 0 {
		verdict = p.paint(red, "FAILED")
	}
	p.line(fmt.Sprintf("%s: %d of %d requests went as expected, after %.1f s", verdict,
		len(checks)-len(failed), len(checks), time.Since(p.began).Seconds()))
}
