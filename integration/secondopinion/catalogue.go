package main

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// catalogue are all mutations, in an order that does not change.
func catalogue() []mutation {
	all := slices.Concat(
		algMutations(), kidMutations(), typMutations(), extraMutations(), headerTextMutations(),
		issMutations(), audMutations(), timeMutations(), subjectMutations(), awsMutations(), payloadTextMutations(),
		segmentMutations(), tokenMutations(), signatureMutations(),
	)
	slices.SortFunc(all, func(a, b mutation) int { return strings.Compare(a.name, b.name) })
	return all
}

// order is what a token is to be.
type order struct {
	alg       string
	mutations []mutation
}

func (o order) names() []string {
	all := make([]string, len(o.mutations))
	for i, m := range o.mutations {
		all[i] = m.name
	}
	return all
}

// algorithms are those of good tokens.
func algorithms() []string { return []string{"ES384", "RS256"} }

// alone are orders of each mutation by itself, for each algorithm that it fits.
func alone(all []mutation) []order {
	var orders []order
	for _, m := range all {
		for _, alg := range algorithms() {
			if m.fits(alg) {
				orders = append(orders, order{alg, []mutation{m}})
			}
		}
	}
	return orders
}

// unsigned are orders of each mutation in a token that keeps the signature of the
// good one, so that a verifier which puts right what it reads before it checks the
// signature is found out.
func unsigned(all []mutation) []order {
	var orders []order
	at := slices.IndexFunc(all, func(m mutation) bool { return m.name == staleSignature })
	for _, o := range alone(all) {
		if m := o.mutations[0]; !m.meets(all[at]) {
			orders = append(orders, order{o.alg, []mutation{m, all[at]}})
		}
	}
	return orders
}

// Of the tokens that are drawn, goodPercent have no change; of the others so
// many have one alone, and so many of the rest have two.
const (
	goodPercent = 20
	onePercent  = 50
	twoPercent  = 60
)

// draw makes an order at random.
func draw(all []mutation, r *rand.Rand) order {
	o := order{alg: algorithms()[r.IntN(2)]}
	if r.IntN(100) < goodPercent {
		return o
	}
	n := 3
	if r.IntN(100) < onePercent {
		n = 1
	} else if r.IntN(100) < twoPercent {
		n = 2
	}
	for len(o.mutations) < n {
		m := all[r.IntN(len(all))]
		if m.fits(o.alg) && !slices.ContainsFunc(o.mutations, m.meets) {
			o.mutations = append(o.mutations, m)
		}
	}
	// As in the catalogue, so that what a token is does not depend on the order
	// in which its changes were drawn.
	slices.SortFunc(o.mutations, func(a, b mutation) int { return strings.Compare(a.name, b.name) })
	return o
}
