package identity

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// template is a field's value before its placeholders are filled in.
type template []part

// part is literal text, an attribute or another placeholder: the first of them
// that is not empty.
type part struct {
	literal   string
	attribute *awstoken.Reference
	name      string // of a placeholder that is no attribute
}

// parseTemplate reads the value of a [Header]. Its error joins every fault.
func parseTemplate(text string) (template, error) {
	if text == "" {
		return nil, errors.New("it is empty")
	}
	p := templateParser{rest: text}
	if text[0] == ' ' || text[len(text)-1] == ' ' {
		p.fail("it begins or ends with a space")
	}
	for p.rest != "" {
		p.next()
	}
	p.endLiteral()
	return p.template, errors.Join(p.faults...)
}

type templateParser struct {
	rest     string
	literal  strings.Builder
	template template
	faults   []error
}

func (p *templateParser) fail(format string, args ...any) {
	p.faults = append(p.faults, fmt.Errorf(format, args...))
}

// next reads a placeholder or one byte of literal text.
func (p *templateParser) next() {
	c := p.rest[0]
	switch {
	case escapedBrace(p.rest):
		c = p.rest[1]
		p.rest = p.rest[1:]
	case c == '{':
		p.placeholder()
		return
	case c == '}':
		p.fail(`it closes a brace that it does not open; a literal brace is written \}`)
	case !isPrintable(c):
		p.fail("it holds the byte 0x%02X, which is not printable ASCII, outside of a placeholder", c)
	}
	p.literal.WriteByte(c)
	p.rest = p.rest[1:]
}

func (p *templateParser) placeholder() {
	p.endLiteral()
	name, rest, ok := cutPlaceholder(p.rest)
	if !ok {
		p.fail(`it opens a brace and does not close it; a literal brace is written \{`)
		p.rest = ""
		return
	}
	p.rest = rest
	switch {
	case name == "":
		p.fail("it holds an empty placeholder")
	case len(name) >= len("aws_token") && strings.EqualFold(name[:len("aws_token")], "aws_token"):
		reference, err := awstoken.ParseReference(name)
		if err != nil {
			p.faults = append(p.faults, err)
		}
		p.template = append(p.template, part{attribute: &reference})
	case strings.TrimSpace(name) != name:
		p.fail("the placeholder {%s} begins or ends with a space", name)
	default:
		p.template = append(p.template, part{name: name})
	}
}

func (p *templateParser) endLiteral() {
	if p.literal.Len() > 0 {
		p.template = append(p.template, part{literal: p.literal.String()})
		p.literal.Reset()
	}
}

// cutPlaceholder returns the name of the placeholder that text begins with, and
// what follows. A second opening brace is taken for a missing closing one.
func cutPlaceholder(text string) (name, rest string, ok bool) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case escapedBrace(text[i:]):
			i++
		case text[i] == '{':
			return "", "", false
		case text[i] == '}':
			return b.String(), text[i+1:], true
		}
		b.WriteByte(text[i])
	}
	return "", "", false
}

func escapedBrace(text string) bool {
	return len(text) > 1 && text[0] == '\\' && (text[1] == '{' || text[1] == '}')
}

// expand fills in the placeholders. What they hold is encoded and never read as
// a template. Spaces that are left at the ends, beside an empty placeholder,
// are the template's own and mean nothing: they are cut.
func (t template) expand(token *awstoken.Token, lookup func(string) string) string {
	if len(t) == 1 {
		return t[0].text(token, lookup)
	}
	var out strings.Builder
	for _, p := range t {
		out.WriteString(p.text(token, lookup))
	}
	return strings.Trim(out.String(), " ")
}

func (t template) asks() bool {
	return slices.ContainsFunc(t, func(p part) bool { return p.name != "" })
}

func (p part) text(token *awstoken.Token, lookup func(string) string) string {
	switch {
	case p.literal != "":
		return p.literal
	case p.attribute != nil:
		return attributeText(*p.attribute, token)
	case lookup != nil:
		return encode(lookup(p.name), "")
	}
	return ""
}

// attributeText does not leave lists to [awstoken.Reference.Text], whose commas
// inside of elements are encoded already.
func attributeText(attribute awstoken.Reference, token *awstoken.Token) string {
	if value, ok := attribute.String(token); ok {
		return encode(value, "")
	}
	if list, ok := attribute.Value(token).([]string); ok {
		return encodeList(list)
	}
	return encode(attribute.Text(token), "")
}
