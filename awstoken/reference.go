package awstoken

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Reference is a path as placeholders and header templates spell it: one of
// the table, or one of the two tag maps with a key behind it. All that follows
// "principal_tags." or "request_tags." is the key, dots included.
type Reference struct {
	attribute Attribute
	key       string // of a tag, when there is one
}

// UnknownPathError says that the table lacks a path.
type UnknownPathError struct {
	Path    string
	Nearest string // the likeliest path that was meant, or ""
}

func (e *UnknownPathError) Error() string {
	if e.Nearest == "" {
		return fmt.Sprintf("there is no attribute %q", e.Path)
	}
	return fmt.Sprintf("there is no attribute %q; did you mean %q?", e.Path, e.Nearest)
}

// ParseReference reads a path such as aws_token.account.id or
// aws_token.principal_tags.cost-centre. The error is an [*UnknownPathError].
func ParseReference(path string) (Reference, error) {
	if a, ok := attributeByPath[path]; ok {
		return Reference{attribute: a}, nil
	}
	for _, tags := range []string{"aws_token.principal_tags", "aws_token.request_tags"} {
		if key, ok := strings.CutPrefix(path, tags+"."); ok && key != "" {
			return Reference{attribute: attributeByPath[tags], key: key}, nil
		}
	}
	known := make([]string, len(attributes))
	for i, a := range attributes {
		known[i] = a.Path
	}
	return Reference{}, &UnknownPathError{path, Nearest(path, known)}
}

// Path returns the reference as it is spelt, such as aws_token.principal_tags.team.
func (r Reference) Path() string {
	if r.key == "" {
		return r.attribute.Path
	}
	return r.attribute.Path + "." + r.key
}

// Value returns what the reference stands for in t: a string, a []string, a
// [time.Time] or a map. An absent one is the empty value of its type.
func (r Reference) Value(t *Token) any {
	value := r.attribute.get.value(t)
	if tags, ok := value.(map[string]string); ok && r.key != "" {
		return tags[r.key]
	}
	return value
}

// String returns the value of a reference to a string or to a tag, and whether it
// is one.
func (r Reference) String(t *Token) (value string, ok bool) {
	switch {
	case r.attribute.get.text != nil:
		return r.attribute.get.text(t), true
	case r.key == "":
		return "", false
	case r.attribute.Path == "aws_token.request_tags":
		return t.RequestTags[r.key], true
	}
	return t.PrincipalTags[r.key], true
}

// Text returns what a placeholder shows: "" when t lacks the attribute, a list
// joined with commas (a comma inside an element as %2C), a map as JSON, a
// timestamp as RFC 3339 in UTC.
func (r Reference) Text(t *Token) string {
	switch v := r.Value(t).(type) {
	case string:
		return v
	case []string:
		elements := make([]string, len(v))
		for i, element := range v {
			elements[i] = strings.ReplaceAll(element, ",", "%2C")
		}
		return strings.Join(elements, ",")
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.UTC().Format(time.RFC3339)
	case map[string]string:
		return jsonText(v, len(v))
	case map[string]any:
		return jsonText(v, len(v))
	}
	return ""
}

func jsonText(m any, size int) string {
	if size == 0 {
		return ""
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	// Maps of strings and of values that ParseObject made always encode.
	if err := enc.Encode(m); err != nil {
		return ""
	}
	return strings.TrimSuffix(text.String(), "\n")
}
