package main

import (
	"math/rand/v2"
	"strings"
)

// mutation is one change to a good token.
type mutation struct {
	name string

	// on names what the change is about, in words with spaces between them. A
	// token has no two changes about one thing, since the one would undo or
	// alter the other.
	on string

	// alg is the only algorithm for whose tokens the change makes sense, or empty.
	alg string

	change func(d *draft, r *rand.Rand)
}

func (m mutation) fits(alg string) bool { return m.alg == "" || m.alg == alg }

// meets reports whether two changes are about one thing.
func (m mutation) meets(other mutation) bool {
	for a := range strings.FieldsSeq(m.on) {
		for b := range strings.FieldsSeq(other.on) {
			if a == b {
				return true
			}
		}
	}
	return false
}

// place is one of a draft's objects.
type place func(d *draft) *object

func inHeader(d *draft) *object { return &d.header }
func inClaims(d *draft) *object { return &d.claims }
func inAWS(d *draft) *object    { return &d.aws }

// variant is a value that a member gets instead of its own, as a template.
type variant struct {
	label, value string
}

// values are mutations that give a member of an object another value, or add it.
func values(in place, name, on string, variants ...variant) []mutation {
	var all []mutation
	for _, v := range variants {
		all = append(all, mutation{name: name + ": " + v.label, on: on, change: func(d *draft, _ *rand.Rand) {
			o := in(d)
			o.set(name, d.fill(v.value, o.value(name)))
		}})
	}
	return all
}

// absent is the mutation that leaves a member out.
func absent(in place, name, on string) mutation {
	return mutation{name: name + ": absent", on: on, change: func(d *draft, _ *rand.Rand) { in(d).drop(name) }}
}

// names are mutations that write a member's name twice, in another case, in
// letters that fold to its own, or escaped. evil is what the second one says.
func names(in place, name, on, evil string) []mutation {
	upper := strings.ToUpper(name[:1]) + name[1:]
	escaped := `"` + `\u00` + hexOf(name[0]) + name[1:] + `"`
	all := []mutation{
		rename(in, name, on, "in another case", quote(upper)),
		rename(in, name, on, "escaped", escaped),
		second(in, name, on, "twice, the same", quote(name), "{value}", false),
		second(in, name, on, "twice, another one first", quote(name), evil, true),
		second(in, name, on, "twice, another one last", quote(name), evil, false),
		second(in, name, on, "twice, another one last and escaped", escaped, evil, false),
		second(in, name, on, "in another case first, with another value", quote(upper), evil, true),
		second(in, name, on, "in another case last, with another value", quote(upper), evil, false),
		second(in, name, on, "in another case last, with the same value", quote(upper), "{value}", false),
	}
	// encoding/json takes the long s for an s and the sign of kelvin for a k.
	folded := strings.NewReplacer("s", "\u017f", "k", "\u212a").Replace(name)
	if folded == name {
		return all
	}
	return append(all,
		rename(in, name, on, "in letters that fold to it", quote(folded)),
		second(in, name, on, "in folding letters last, with another value", quote(folded), evil, false))
}

func rename(in place, name, on, label, text string) mutation {
	return mutation{name: name + ": " + label, on: on, change: func(d *draft, _ *rand.Rand) { in(d).rename(name, text) }}
}

func second(in place, name, on, label, text, evil string, front bool) mutation {
	return mutation{name: name + ": " + label, on: on, change: func(d *draft, _ *rand.Rand) {
		o := in(d)
		value := d.fill(evil, o.value(name))
		if front {
			o.first(text, value)
		} else {
			o.last(text, value)
		}
	}}
}

func hexOf(b byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[b>>4], digits[b&15]})
}

// edits are mutations that add a step to how a token is written.
func edits(of, on string, steps func(d *draft) *[]edit, variants ...textVariant) []mutation {
	var all []mutation
	for _, v := range variants {
		all = append(all, mutation{name: of + ": " + v.label, on: on + " " + v.on, alg: v.alg, change: func(d *draft, _ *rand.Rand) {
			to := steps(d)
			*to = append(*to, v.change)
		}})
	}
	return all
}

// textVariant is a change to a text. on is what it is about besides.
type textVariant struct {
	label  string
	change edit
	on     string
	alg    string
}

// behind, before and around make edits of texts that they add.
func behind(text string) edit { return func(s string) string { return s + text } }
func before(text string) edit { return func(s string) string { return text + s } }

// instead makes an edit that leaves nothing of what was there.
func instead(text string) edit { return func(string) string { return text } }

// swap makes an edit that replaces a part.
func swap(from, to string) edit {
	return func(s string) string { return strings.Replace(s, from, to, 1) }
}

// inside makes an edit that adds a member to a JSON text.
func inside(member string) edit {
	return func(s string) string { return strings.TrimSuffix(s, "}") + "," + member + "}" }
}

// joined adds a second step to a change.
func joined(first func(*draft, *rand.Rand), steps func(*draft) *[]edit, then edit) func(*draft, *rand.Rand) {
	return func(d *draft, r *rand.Rand) {
		first(d, r)
		to := steps(d)
		*to = append(*to, then)
	}
}
