package devsts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// checkShape compares JSON text with the Go type that it is meant for and
// reports unknown fields, repeated names and values of the wrong type, each
// with its path. encoding/json alone gives no path for an unknown field, none
// with an index for a wrong type, and lets a repeated name pass.
func checkShape(raw []byte, target any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	s := &shape{dec: dec}
	if err := s.value(reflect.TypeOf(target).Elem(), ""); err != nil {
		return fmt.Errorf("reading configuration: %w", noEOF(err))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		s.fault("", "there is something behind the JSON object")
	}
	return errors.Join(s.faults...)
}

type shape struct {
	dec    *json.Decoder
	faults []error
}

func (s *shape) fault(path, format string, args ...any) {
	if path == "" {
		path = "configuration"
	}
	s.faults = append(s.faults, fmt.Errorf("%s: %s", path, fmt.Sprintf(format, args...)))
}

// value consumes one JSON value. The error is one of syntax; a value that does
// not fit is a fault, and the walk goes on behind it.
func (s *shape) value(t reflect.Type, path string) error {
	tok, err := s.dec.Token()
	if err != nil {
		return err
	}
	switch d, _ := tok.(json.Delim); d {
	case '{':
		return s.object(t, path)
	case '[':
		return s.array(t, path)
	}
	if t != nil {
		if want := wantScalar(t, tok); want != "" {
			s.fault(path, "want %s", want)
		}
	}
	return nil
}

func (s *shape) object(t reflect.Type, path string) error {
	if t != nil && t.Kind() != reflect.Struct && t.Kind() != reflect.Map {
		s.fault(path, "want %s", kindName(t))
		t = nil
	}
	seen := map[string]bool{}
	for s.dec.More() {
		tok, err := s.dec.Token()
		if err != nil {
			return err
		}
		name, _ := tok.(string)
		sub := path + "." + name
		if path == "" {
			sub = name
		}
		if seen[name] {
			s.fault(sub, "stands here twice")
		}
		seen[name] = true
		elem, known := member(t, name)
		if !known {
			s.fault(sub, "unknown field")
		}
		if err := s.value(elem, sub); err != nil {
			return err
		}
	}
	_, err := s.dec.Token()
	return err
}

func (s *shape) array(t reflect.Type, path string) error {
	var elem reflect.Type
	switch {
	case t == nil:
	case t.Kind() == reflect.Slice:
		elem = t.Elem()
	default:
		s.fault(path, "want %s", kindName(t))
	}
	for i := 0; s.dec.More(); i++ {
		if err := s.value(elem, fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
	}
	_, err := s.dec.Token()
	return err
}

// member gives the type of the named member; a nil type means that anything
// fits, because a fault above it was reported already.
func member(t reflect.Type, name string) (reflect.Type, bool) {
	if t == nil {
		return nil, true
	}
	if t.Kind() == reflect.Map {
		return t.Elem(), true
	}
	for f := range t.Fields() {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == name && tag != "-" {
			return f.Type, true
		}
	}
	return nil, false
}

// wantScalar says what t wants when tok does not fit it, and "" when it does.
func wantScalar(t reflect.Type, tok json.Token) string {
	switch v := tok.(type) {
	case string:
		if t.Kind() == reflect.String {
			return ""
		}
	case bool:
		if t.Kind() == reflect.Bool {
			return ""
		}
	case json.Number:
		if _, err := v.Int64(); err == nil && t.Kind() == reflect.Int {
			return ""
		}
	}
	return kindName(t)
}

func kindName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Slice:
		return "an array"
	default:
		return "an object"
	}
}

// noEOF words the bare io.EOF of text that ends in the middle of a value.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
