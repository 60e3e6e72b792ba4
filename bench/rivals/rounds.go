package main

import (
	"context"
	"errors"
	"time"
)

// pattern is how tokens come.
type pattern struct {
	key, title string
	count      func(options) int // of tokens
	once       bool              // none is sent twice
}

const known = "known" // the key of the tokens that are sent again and again

var patterns = []pattern{
	{"one", "one token", func(options) int { return 1 }, false},
	{known, "known tokens in turn", func(o options) int { return o.known }, false},
	{"new", "all-new tokens", func(o options) int { return o.fresh }, true},
}

// cell is where a result belongs.
type cell struct{ proxy, alg, pattern string }

// result is what one load told about one proxy.
type result struct {
	figures
	cpu      time.Duration // of the proxy, for each request that passed
	resident int64         // bytes, when the load was over
	others   float64       // share of the machine that others used meanwhile
	round    int
}

// results of a cell are in the order of the rounds.
type results map[cell][]result

const (
	warmUp = 1 // seconds of one token, for connections and compilers
	// rememberWithin is how long sending each known token once may take.
	rememberWithin = 15 // seconds
)

// trial is one load of one proxy.
type trial struct {
	proxy   *proxy
	alg     string
	pattern pattern
}

func (t trial) cell() cell { return cell{t.proxy.key, t.alg, t.pattern.key} }

// trials are those of a round: one proxy follows the other for each load, so
// that a machine that is slower for a while is so for all of them.
func trials(all []*proxy) (list []trial) {
	for _, alg := range []string{es384, rs256} {
		for _, how := range patterns {
			for _, p := range all {
				list = append(list, trial{p, alg, how})
			}
		}
	}
	return list
}

// measure runs all rounds. A load that a proxy did not live through is counted
// in failed, by the proxy's key.
func (s *stage) measure(ctx context.Context, o options, all []*proxy, say func(string, ...any)) (found results, failed map[string]int, err error) {
	found, failed = make(results), make(map[string]int)
	for round := range o.rounds {
		for _, t := range trials(all) {
			r, err := s.measureOne(ctx, o, t)
			if ctx.Err() != nil {
				return nil, nil, ctx.Err()
			}
			about := t.alg + ", " + t.pattern.title + ": " + t.proxy.name
			if err != nil {
				say("round %d of %d  %s: %v", round+1, o.rounds, about, err)
				failed[t.proxy.key]++
				continue
			}
			r.round = round
			say("round %d of %d  %-58s %8.0f/s  p99 %s", round+1, o.rounds, about, r.perSecond(), short(r.p99))
			found[t.cell()] = append(found[t.cell()], r)
		}
	}
	return found, failed, nil
}

// measureOne starts the proxy, warms it up and measures it.
func (s *stage) measureOne(ctx context.Context, o options, t trial) (found result, err error) {
	r, address, err := s.startProxy(ctx, t.proxy)
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, r.stop()) }()
	l := load{address: address, connections: o.connections, threads: max(1, len(s.clientCPUs)/2)}
	warm := l
	warm.tokens, warm.seconds = s.tokens[t.alg+patterns[0].key], warmUp
	if _, err := warm.run(ctx, s.script, s.clientCPUs); err != nil {
		return result{}, err
	}
	l.tokens, l.once, l.seconds = s.tokens[t.alg+t.pattern.key], t.pattern.once, o.seconds
	if t.proxy.remembers && t.pattern.key == known {
		first := l
		first.once, first.seconds = true, rememberWithin
		if _, err := first.run(ctx, s.script, s.clientCPUs); err != nil {
			return result{}, err
		}
	}
	before, err := s.look(r.pid)
	if err != nil {
		return result{}, err
	}
	if found.figures, err = l.run(ctx, s.script, s.clientCPUs); err != nil {
		return result{}, err
	}
	after, err := s.look(r.pid)
	if err != nil {
		return result{}, err
	}
	found.cpu = (after.proxy - before.proxy) / time.Duration(found.good())
	found.others = others(before, after, found.client)
	found.resident, err = resident(r.pid)
	return found, err
}
