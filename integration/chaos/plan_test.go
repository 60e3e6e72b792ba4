package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func texts(plan []event) []string {
	var all []string
	for _, each := range plan {
		all = append(all, each.String())
	}
	return all
}

func TestPlanOfASeed(t *testing.T) {
	for seed := range uint64(20) {
		first, second := makePlan(seed, 2*time.Minute, makeIssuers()), makePlan(seed, 2*time.Minute, makeIssuers())
		if !slices.Equal(texts(first), texts(second)) {
			t.Errorf("seed %d has two plans", seed)
		}
		if other := makePlan(seed+1, 2*time.Minute, makeIssuers()); slices.Equal(texts(first), texts(other)) {
			t.Errorf("seeds %d and %d have one plan", seed, seed+1)
		}
	}
}

// A plan leaves nothing behind, and is in order.
func TestPlanEndsWell(t *testing.T) {
	for seed := range uint64(200) {
		for _, length := range []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 5 * time.Minute} {
			name := fmt.Sprintf("seed %d for %v", seed, length)
			inForce, file, last := basic, writeFile{}, time.Duration(0)
			broken := map[string]bool{}
			for _, each := range makePlan(seed, length, makeIssuers()) {
				if each.at < last || each.at > length {
					t.Errorf("%s: %v is out of order", name, each)
				}
				last = each.at
				switch a := each.action.(type) {
				case breakIssuer:
					if broken[a.name] {
						t.Errorf("%s: %v is broken twice", name, each)
					}
					broken[a.name] = true
				case mendIssuer:
					delete(broken, a.name)
				case writeFile:
					file = a
				case loadConfig:
					if (a.flaw == badFile) != (file.damage != noDamage) {
						t.Errorf("%s: %v while the file is %q", name, each, file.damage)
					}
					if a.flaw == noFlaw {
						inForce = a.to
					}
				case restartGateway:
					if a.config != inForce || file.damage != noDamage {
						t.Errorf("%s: %v with %v, and the file is %q", name, each, a.config, file.damage)
					}
				}
			}
			if len(broken) > 0 || inForce != basic || file != (writeFile{}) {
				t.Errorf("%s leaves %v, %v and %v", name, broken, inForce, file)
			}
		}
	}
}

// Two minutes have everything.
func TestPlanIsWhole(t *testing.T) {
	for seed := range uint64(50) {
		all := strings.Join(texts(makePlan(seed, 2*time.Minute, makeIssuers())), "\n")
		wanted := []string{
			"rotates its keys and withdraws", "publishes new keys", "withdraws its old keys", "is killed", "is asked to end",
			"without listed", "as JSON", "file loses", "frozen", "with an invented issuer", "with an unknown kid",
		}
		for _, f := range append(flaws, badFile) {
			wanted = append(wanted, "must fail: "+string(f))
		}
		for _, d := range damages {
			wanted = append(wanted, "becomes bad: "+string(d))
		}
		for _, f := range faults() {
			wanted = append(wanted, "fault "+f.kind)
		}
		for _, want := range wanted {
			if !strings.Contains(all, want) {
				t.Errorf("seed %d has no %q", seed, want)
			}
		}
	}
}

// In a lull nothing but the long outage keeps the gateway from fetching.
func TestPlanHasLulls(t *testing.T) {
	for seed := range uint64(100) {
		plan := makePlan(seed, 2*time.Minute, makeIssuers())
		began := map[string]time.Duration{}
		for _, each := range plan {
			begin, end := each.at, each.at
			switch a := each.action.(type) {
			case breakIssuer:
				began[a.name] = each.at
				continue
			case mendIssuer:
				begin = began[a.name]
				if end-begin > maxStale {
					continue
				}
			case freezeSTS:
				end += a.span
			case restartGateway:
				end += a.pause
			default:
				continue
			}
			if beforeLull(begin, end) != end-begin {
				t.Errorf("seed %d: %v lies in a lull, from %v on", seed, each, begin)
			}
		}
	}
}
