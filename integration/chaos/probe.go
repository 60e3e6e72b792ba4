package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// probes are connections from before a load, over which requests are sent as
// soon as it has returned. The old configuration's server has accepted them, and
// what it still answers must be by the new rules. Most of them it closes without
// an answer, as Go's server does once it is shutting down; such requests are sent
// again at once.
type probes struct {
	trial *trial
	all   []*probe
}

type probe struct {
	gateway string
	conn    net.Conn // nil when it is of no more use
	in      *bufio.Reader
	state   string
	out     *request // of which the beginning was sent
	rest    []byte   // what is still to be sent
}

// The states that a connection is in when a load begins.
const (
	unused   = "a connection on which nothing was sent before the load"
	used     = "a connection that was used before the load"
	halfSent = "a connection on which half a request was sent before the load"
)

// probesEach is how many there are of each state.
const probesEach = 2

func (t *trial) readyProbes(ctx context.Context) (*probes, error) {
	p := &probes{trial: t}
	for range probesEach {
		for _, state := range []string{unused, used, halfSent} {
			conn, err := new(net.Dialer).DialContext(ctx, "tcp", t.gateway)
			if err != nil {
				p.close()
				return nil, fmt.Errorf("getting ready for a load: %w", err)
			}
			p.all = append(p.all, &probe{gateway: t.gateway, conn: conn, in: bufio.NewReader(conn), state: state})
		}
	}
	for _, each := range p.all {
		switch each.state {
		case used:
			if r := t.probeRequest(); r != nil {
				t.ask(ctx, each.send, r)
			}
		case halfSent:
			if r := t.probeRequest(); r != nil {
				if err := each.sendHalf(ctx, r); err != nil {
					p.close()
					return nil, err
				}
			}
		}
	}
	// What was not accepted by the old server the kernel would reset.
	sleep(ctx, 30*time.Millisecond)
	return p, nil
}

// fire sends a request over each at once.
func (p *probes) fire(ctx context.Context) error {
	var sending sync.WaitGroup
	for _, each := range p.all {
		r := each.out
		if r == nil {
			r = p.trial.probeRequest()
		}
		if r == nil {
			continue
		}
		r.probing = true
		sending.Go(func() { p.trial.ask(ctx, each.send, r) })
	}
	sending.Wait()
	return ctx.Err()
}

func (p *probes) close() {
	for _, each := range p.all {
		each.close()
	}
}

// send sends a request over the connection, or what is left of it; over a new
// one when that has failed once.
func (p *probe) send(ctx context.Context, r *request) (answer, error) {
	if p.conn == nil {
		send, transport := httpClient(p.gateway, false)
		defer transport.CloseIdleConnections()
		return send(ctx, r)
	}
	got, err := p.try(ctx, r)
	if err != nil {
		p.close()
	}
	return got, err
}

func (p *probe) try(ctx context.Context, r *request) (answer, error) {
	r.connection = p.state
	if p.out == nil {
		if err := p.encode(ctx, r); err != nil {
			return answer{}, err
		}
	}
	p.out = nil
	if err := p.conn.SetDeadline(time.Now().Add(answerWithin)); err != nil {
		return answer{}, fmt.Errorf("sending a request: %w", err)
	}
	if _, err := p.conn.Write(p.rest); err != nil {
		return answer{}, fmt.Errorf("sending a request: %w", err)
	}
	response, err := http.ReadResponse(p.in, nil)
	if err != nil {
		return answer{}, fmt.Errorf("reading an answer: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	return readAnswer(response)
}

// sendHalf sends the request's line, and what of its header comes to half.
func (p *probe) sendHalf(ctx context.Context, r *request) error {
	if err := p.encode(ctx, r); err != nil {
		return err
	}
	half := bytes.Index(p.rest, []byte("\r\n\r\n")) / 2
	if _, err := p.conn.Write(p.rest[:half]); err != nil {
		return fmt.Errorf("sending half a request: %w", err)
	}
	p.out, p.rest = r, p.rest[half:]
	return nil
}

func (p *probe) encode(ctx context.Context, r *request) error {
	out, err := r.build(ctx, p.gateway)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := out.Write(&text); err != nil {
		return fmt.Errorf("encoding a request: %w", err)
	}
	p.rest = text.Bytes()
	return nil
}

func (p *probe) close() {
	if p.conn != nil {
		_ = p.conn.Close()
		p.conn = nil
	}
}
