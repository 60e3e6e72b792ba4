package awstoken

import "time"

// Type is the type of an attribute, named as CEL names it.
type Type string

// The types of attributes, with the Go type that [Attribute.Value] returns.
const (
	String     Type = "string"              // string
	StringList Type = "list(string)"        // []string
	Timestamp  Type = "timestamp"           // time.Time
	StringMap  Type = "map(string, string)" // map[string]string
	DynMap     Type = "map(string, dyn)"    // map[string]any
)

// Attribute is one row of the table: a path, and what it means.
type Attribute struct {
	Path  string // as policies and placeholders spell it, such as "aws_token.org.id"
	Type  Type
	Claim string // where AWS puts it
	Doc   string // one sentence

	get getter
}

// getter reads an attribute. That of a string has text as well, which makes no
// interface of it.
type getter struct {
	value func(*Token) any
	text  func(*Token) string
}

func value(get func(*Token) any) getter { return getter{value: get} }

func text(get func(*Token) string) getter {
	return getter{func(t *Token) any { return get(t) }, get}
}

// Value returns the attribute of t, and whether t has it. The value of an
// absent attribute is the empty value of its type.
func (a Attribute) Value(t *Token) (value any, present bool) {
	value = a.get.value(t)
	switch v := value.(type) {
	case string:
		return v, v != ""
	case []string:
		return v, len(v) > 0
	case time.Time:
		return v, !v.IsZero()
	case map[string]string:
		return v, len(v) > 0
	case map[string]any:
		return v, len(v) > 0
	}
	return value, false
}

// Attributes returns the table, in the order of the documentation.
func Attributes() []Attribute {
	return append([]Attribute(nil), attributes...)
}

// LookupAttribute finds an attribute by its path, which is compared exactly.
func LookupAttribute(path string) (Attribute, bool) {
	a, ok := attributeByPath[path]
	return a, ok
}

var attributeByPath = func() map[string]Attribute {
	m := make(map[string]Attribute, len(attributes))
	for _, a := range attributes {
		m[a.Path] = a
	}
	return m
}()
