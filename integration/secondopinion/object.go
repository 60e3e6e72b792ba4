package main

import (
	"encoding/json"
	"slices"
	"strings"
)

// object is a JSON object as it is written: names and values are JSON texts, a
// name may occur twice, and the order counts.
type object []member

type member struct {
	name, value string
}

// quote writes a string as JSON.
func quote(s string) string {
	text, _ := json.Marshal(s) // a string never fails
	return string(text)
}

func (o object) text() string {
	members := make([]string, len(o))
	for i, m := range o {
		members[i] = m.name + ":" + m.value
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (o object) index(name string) int {
	return slices.IndexFunc(o, func(m member) bool { return m.name == quote(name) })
}

// value is the JSON text that a name stands for, null if it is not there.
func (o object) value(name string) string {
	if i := o.index(name); i >= 0 {
		return o[i].value
	}
	return "null"
}

func (o *object) set(name, value string) {
	if i := o.index(name); i >= 0 {
		(*o)[i].value = value
		return
	}
	o.last(quote(name), value)
}

func (o *object) drop(name string) {
	*o = slices.DeleteFunc(*o, func(m member) bool { return m.name == quote(name) })
}

// rename writes a name in another way, which is a JSON text.
func (o *object) rename(name, text string) {
	if i := o.index(name); i >= 0 {
		(*o)[i].name = text
	}
}

// first and last add a member. Its name is a JSON text.
func (o *object) first(name, value string) { *o = slices.Insert(*o, 0, member{name, value}) }
func (o *object) last(name, value string)  { *o = append(*o, member{name, value}) }
