package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Gateway is a running caddy-awsjwt.
type Gateway struct {
	*process
	Address string // host:port that the Caddyfile has it listen on
}

// StartGateway runs caddy-awsjwt with the Caddyfile and waits until it listens
// on the address. Caddy's storage is in the directory.
func StartGateway(binaries, directory, address, caddyfile string, environment ...string) (*Gateway, error) {
	return StartGatewayContext(context.Background(), binaries, directory, address, caddyfile, environment...)
}

// StartGatewayContext is StartGateway for as long as the context lasts; once it
// has returned, the context does not matter.
func StartGatewayContext(ctx context.Context, binaries, directory, address, caddyfile string, environment ...string) (*Gateway, error) {
	file := filepath.Join(directory, "Caddyfile")
	if err := os.WriteFile(file, []byte(caddyfile), 0o600); err != nil {
		return nil, fmt.Errorf("writing Caddyfile: %w", err)
	}
	p, err := start(directory, environment, filepath.Join(binaries, "caddy-awsjwt"), "run", "--adapter", "caddyfile", "--config", file)
	if err != nil {
		return nil, err
	}
	if err := p.await(ctx, func() error { return listens(address) }); err != nil {
		return nil, err
	}
	return &Gateway{p, address}, nil
}

// Decision is a line that the aws_jwt handler logged.
type Decision struct {
	Level   string `json:"level"`
	Logger  string `json:"logger"`
	Message string `json:"msg"`
	Reason  string `json:"reason"`
	Rule    string `json:"rule"`
	Hint    string `json:"hint"`
	Status  int    `json:"status"`

	fields map[string]any
}

// Field returns a field of the line by name, or nil.
func (d Decision) Field(name string) any { return d.fields[name] }

// Decisions returns the lines of the aws_jwt handler that say what became of a
// request, oldest first.
func (g *Gateway) Decisions() []Decision {
	decisions, _ := g.DecisionsFrom(0)
	return decisions
}

// DecisionsFrom returns the decisions from a line of the log on, and the line
// to go on from.
func (g *Gateway) DecisionsFrom(first int) ([]Decision, int) {
	lines := g.logFrom(first)
	var decisions []Decision
	for _, line := range lines {
		var d Decision
		if json.Unmarshal([]byte(line), &d) != nil || d.Logger != "http.handlers.aws_jwt" ||
			!slices.Contains([]string{"refused", "allowed", "audited", "anonymous"}, d.Message) {
			continue
		}
		if json.Unmarshal([]byte(line), &d.fields) == nil {
			decisions = append(decisions, d)
		}
	}
	return decisions, first + len(lines)
}

// Decision waits for the decision that is logged after the first n. The line
// may well come after the answer that it is about.
func (g *Gateway) Decision(n int) (Decision, error) {
	for deadline := time.Now().Add(decideWithin); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if decisions := g.Decisions(); len(decisions) > n {
			return decisions[n], nil
		}
	}
	return Decision{}, fmt.Errorf("waiting for decision %d: none was logged within %v", n, decideWithin)
}

// decideWithin is how long a decision's line may take to be read.
const decideWithin = 10 * time.Second
