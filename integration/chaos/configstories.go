package main

import (
	"slices"
	"time"
)

// The stories about configurations and about the gateway itself. They say what
// they change, and leave what others have changed.

// load loads the configuration after a change.
func (p *planner) load(at time.Duration, change func(*config)) bool {
	asJSON, ok := p.rand.IntN(3) == 0, p.take("gateway", at, at+500*time.Millisecond)
	if !ok {
		return false
	}
	p.add(at, func(s *scene) []action {
		change(&s.config)
		return append(s.mendFile(), loadConfig{to: s.config, asJSON: asJSON})
	})
	return true
}

// mendFile makes the issuers file good, if it is not: with a bad one neither a
// load nor a start succeeds, and who does either looks after it first.
func (s *scene) mendFile() []action {
	if s.damage == noDamage {
		return nil
	}
	s.damage = noDamage
	return []action{writeFile{missing: s.missing}}
}

// sameLoad loads what is in force already.
func (p *planner) sameLoad(at time.Duration) bool { return p.load(at, func(*config) {}) }

// otherSettings changes how keys are fetched, which makes new key sets: they
// begin with what is stored.
func (p *planner) otherSettings(at time.Duration) bool {
	const span = time.Second
	return beforeLull(at, at+span) == span && p.load(at, func(c *config) { c.otherTTL = !c.otherTTL })
}

func (p *planner) anotherPolicy(at time.Duration) bool {
	next := pick(p, policies[1:])
	until := at + p.between(2*time.Second, 6*time.Second)
	if !p.take("policy", at, until) || !p.load(at, func(c *config) { c.policy = next }) {
		return false
	}
	p.add(until, func(s *scene) []action {
		s.config.policy = allowAll
		return append(s.mendFile(), loadConfig{to: s.config})
	})
	return true
}

// removal takes an issuer out of the configuration, and puts it back.
func (p *planner) removal(at time.Duration) bool {
	i := p.anIssuer(func(i *issuer) bool { return i.source == listed && i.mayGo })
	until := at + p.between(4*time.Second, 9*time.Second)
	if !p.take("removal", at, until) || !p.load(at, func(c *config) { c.without = i.name }) {
		return false
	}
	p.add(until, func(s *scene) []action {
		s.config.without = ""
		return append(s.mendFile(), loadConfig{to: s.config})
	})
	return true
}

// flawedLoad loads a configuration that fails, once or twice. What of it comes
// before the flaw differs from the one in force, in either direction, so that it
// is seen if it should ever be in force. The exception is a port that is taken: by
// then Caddy has begun to serve.
func (p *planner) flawedLoad(at time.Duration, f flaw) bool {
	lax, asJSON, more := p.rand.IntN(2) == 0, f != badSyntax && p.rand.IntN(3) == 0, p.rand.IntN(2)
	if !p.take("gateway", at, at+500*time.Millisecond) {
		return false
	}
	p.add(at, func(s *scene) []action {
		to := s.config
		if f != takenPort {
			to = config{policy: denyWrites, without: "listed-3", otherTTL: !s.config.otherTTL}
			if lax && s.config != basic {
				to = basic
			}
		}
		failing := loadConfig{to: to, flaw: f, asJSON: asJSON}
		return append(s.mendFile(), slices.Repeat([]action{failing}, 1+more)...)
	})
	return true
}

// restart ends the gateway and starts it again with the same storage. The last
// third has none, so that one process sees much before it is looked at.
func (p *planner) restart(at time.Duration, kill bool) bool {
	pause := p.between(0, 1500*time.Millisecond)
	down := pause + time.Second
	if at > p.length*2/3 || beforeLull(at, at+down) < down || at < p.busy["restart"] || !p.take("gateway", at, at+down) {
		return false
	}
	p.busy["restart"] = at + 8*time.Second
	p.add(at, func(s *scene) []action {
		return append(s.mendFile(), restartGateway{kill: kill, pause: pause, config: s.config})
	})
	return true
}

// blackoutRestart restarts while no issuer can be reached, and for a while after.
func (p *planner) blackoutRestart(at time.Duration) bool {
	span := p.between(5*time.Second, 8*time.Second)
	until := at + span
	if at < p.busy["faults of "+everyIssuer] || until > p.length-tail || beforeLull(at, until) < span ||
		!p.restart(at+time.Second, p.rand.IntN(2) == 0) {
		return false
	}
	p.take("faults of "+everyIssuer, at, until)
	f := pick(p, []fault{{kind: "error", status: 503}, {kind: "hang"}, {kind: "reset"}})
	f.document = "both"
	p.do(at, breakIssuer{everyIssuer, f})
	p.do(until, mendIssuer{everyIssuer})
	return true
}

// removalFromFile takes an issuer out of the issuers file, and puts it back.
func (p *planner) removalFromFile(at time.Duration) bool {
	i := p.anIssuer(func(i *issuer) bool { return i.source == inFile && i.mayGo })
	until := at + fileTime + p.between(3*time.Second, 6*time.Second)
	if !p.take("file", at, until+fileTime) {
		return false
	}
	p.add(at, func(s *scene) []action { s.missing = i.name; return []action{writeFile{missing: i.name}} })
	p.add(until, func(s *scene) []action { s.missing = ""; return []action{writeFile{}} })
	return true
}

// badIssuersFile is a bad version for some seconds.
func (p *planner) badIssuersFile(at time.Duration, d damage) bool {
	until := at + p.between(2*time.Second, 4*time.Second)
	if !p.take("file", at, until+fileTime) {
		return false
	}
	p.add(at, func(s *scene) []action { s.damage = d; return []action{writeFile{s.missing, d}} })
	p.add(until, (*scene).mendFile)
	return true
}

// loadOfBadFile loads a good configuration while the issuers file is bad.
func (p *planner) loadOfBadFile(at time.Duration) bool {
	d := pick(p, damages)
	if at < p.busy["gateway"] || !p.badIssuersFile(at, d) {
		return false
	}
	p.busy["gateway"] = at + time.Second
	p.add(at+500*time.Millisecond, func(s *scene) (actions []action) {
		if s.damage == noDamage { // another story has mended it
			s.damage = d
			actions = append(actions, writeFile{s.missing, d})
		}
		return append(actions, loadConfig{to: basic, flaw: badFile})
	})
	return true
}
