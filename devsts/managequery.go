package devsts

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// query holds the parameters of a management command. What is not given is
// empty, or zero.
type query struct{ values url.Values }

// queryError is a mistake in a command.
type queryError struct{ err error }

func (e *queryError) Error() string { return e.err.Error() }
func (e *queryError) Unwrap() error { return e.err }

func badQuery(format string, args ...any) error {
	return &queryError{fmt.Errorf(format, args...)}
}

// readQuery refuses what it does not know, so that a misspelt parameter does
// not pass for one that was left out.
func readQuery(r *http.Request, known []string) (query, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return query{}, badQuery("reading the query: %w", err)
	}
	for name, list := range values {
		if !slices.Contains(known, name) {
			if len(known) == 0 {
				return query{}, badQuery("%s: unknown; this command has no parameters", name)
			}
			return query{}, badQuery("%s: unknown; the parameters are %s", name, strings.Join(known, ", "))
		}
		if len(list) > 1 {
			return query{}, badQuery("%s: given %d times; give it once", name, len(list))
		}
	}
	return query{values}, nil
}

func (q query) text(name string) string { return q.values.Get(name) }

func (q query) flag(name string) (bool, error) {
	text := q.text(name)
	if text == "" {
		return false, nil
	}
	on, err := strconv.ParseBool(text)
	if err != nil {
		return false, badQuery("%s: %q is not 1 or 0", name, text)
	}
	return on, nil
}

// number reads a whole number above zero.
func (q query) number(name string) (int, error) {
	text := q.text(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n <= 0 {
		return 0, badQuery("%s: %q is not a whole number above zero", name, text)
	}
	return n, nil
}

// span reads a time above zero.
func (q query) span(name string) (time.Duration, error) {
	text := q.text(name)
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, badQuery("%s: %q is not a time above zero, such as 300ms, 10s or 5m", name, text)
	}
	return d, nil
}

// offset reads a time of either sign, which must be there. A + that was not
// escaped arrives as a space.
func (q query) offset(name string) (time.Duration, error) {
	d, err := time.ParseDuration(strings.TrimPrefix(q.text(name), " "))
	if err != nil {
		return 0, badQuery("%s: %q is not a time, such as -10m or 1h, or 0 for the true time", name, q.text(name))
	}
	return d, nil
}
