package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// stage is what runs.
type stage struct {
	places
	directory string
	binaries  string
	sts       *stack.STS
	back      *upstream

	mu       sync.Mutex
	gateways []*stack.Gateway // the last one runs, or is to
	stopping bool             // whether it is to end
	up       chan struct{}    // closed while it listens
}

// openStage starts everything. The stage must be closed even when there is an error.
func openStage(ctx context.Context, binaries string) (s *stage, err error) {
	s = &stage{binaries: binaries, up: make(chan struct{})}
	s.population = makeIssuers()
	if s.directory, err = os.MkdirTemp("", "caddy-awsjwt-chaos-"); err != nil {
		return s, fmt.Errorf("making a temporary directory: %w", err)
	}
	if s.binaries == "" {
		s.binaries = filepath.Join(s.directory, "bin")
		if err := stack.Build(ctx, s.binaries, "caddy-awsjwt", "devsts"); err != nil {
			return s, err
		}
	}
	if s.binaries, err = filepath.Abs(s.binaries); err != nil {
		return s, fmt.Errorf("finding the programs: %w", err)
	}
	if err := s.startSTS(ctx); err != nil {
		return s, err
	}
	s.base = s.sts.BaseURL
	if s.back, err = startUpstream(); err != nil {
		return s, err
	}
	s.upstream = s.back.address
	if s.gateway, err = stack.FreeAddress(); err != nil {
		return s, err
	}
	if s.admin, err = stack.FreeAddress(); err != nil {
		return s, err
	}
	s.issuersFile = filepath.Join(s.directory, "issuers.json")
	if err := s.writeIssuers("", noDamage); err != nil {
		return s, err
	}
	return s, s.startGateway(ctx, basic)
}

func (s *stage) startSTS(ctx context.Context) error {
	text, err := stsConfig(s.issuers)
	if err != nil {
		return err
	}
	file := filepath.Join(s.directory, "sts.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return fmt.Errorf("writing the configuration of devsts: %w", err)
	}
	s.sts, err = stack.StartSTSContext(ctx, s.binaries, s.directory, "-config", file)
	return err
}

// startGateway starts the gateway and waits until it listens.
func (s *stage) startGateway(ctx context.Context, c config) error {
	g, err := stack.StartGatewayContext(ctx, s.binaries, s.directory, s.gateway, s.caddyfile(c, noFlaw))
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gateways, s.stopping = append(s.gateways, g), false
	close(s.up)
	return nil
}

// stopGateway ends the gateway by a signal, and waits for its end.
func (s *stage) stopGateway(kill bool) error {
	s.mu.Lock()
	s.up, s.stopping = make(chan struct{}), true
	s.mu.Unlock()
	g := s.running()
	if !kill {
		return g.Stop()
	}
	return g.EndBy(syscall.SIGKILL)
}

// running is the gateway that runs, or was the last to.
func (s *stage) running() *stack.Gateway {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gateways[len(s.gateways)-1]
}

// awaitGateway waits until the gateway listens.
func (s *stage) awaitGateway(ctx context.Context) {
	s.mu.Lock()
	up := s.up
	s.mu.Unlock()
	select {
	case <-up:
	case <-ctx.Done():
	}
}

// crashed says that a program ended by itself.
func (s *stage) crashed() error {
	s.mu.Lock()
	stopping := s.stopping
	s.mu.Unlock()
	for _, p := range []struct {
		name  string
		ended <-chan struct{}
		due   bool
	}{{"the gateway", s.running().Ended(), stopping}, {"devsts", s.sts.Ended(), false}} {
		select {
		case <-p.ended:
			if !p.due {
				return fmt.Errorf("running: %s has ended by itself", p.name)
			}
		default:
		}
	}
	return nil
}

// close ends everything. The directory goes, too, unless it is wanted.
func (s *stage) close(keep bool) error {
	var faults []error
	if len(s.gateways) > 0 {
		faults = append(faults, s.running().Stop())
	}
	if s.back != nil {
		faults = append(faults, s.back.close())
	}
	if s.sts != nil {
		_ = s.sts.Signal(syscall.SIGCONT) // in case it was left frozen
		faults = append(faults, s.sts.Stop())
	}
	if s.directory != "" && !keep {
		faults = append(faults, os.RemoveAll(s.directory))
	}
	return errors.Join(faults...)
}
