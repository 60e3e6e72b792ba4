package policytest

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxShown is how much of a text from outside is shown, and maxLine how much of
// a line that quotes such texts among words of others, in bytes.
const (
	maxShown = 128
	maxLine  = 1024
)

const ellipsis = "…"

// quoted shows a text from outside, cut and escaped.
func quoted(s string) string { return strconv.Quote(cut(s, maxShown)) }

// cut never splits a character.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := limit - len(ellipsis)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + ellipsis
}

// plain cuts a text, and escapes what a terminal would obey or turn round, or a
// reader take for the end of a line.
func plain(s string, limit int) string { return escape(cut(s, limit)) }

func escape(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }) && utf8.ValidString(s) {
		return s
	}
	var out strings.Builder
	for i, r := range s {
		_, size := utf8.DecodeRuneInString(s[i:])
		if strconv.IsPrint(r) && (r != utf8.RuneError || size > 1) {
			out.WriteRune(r)
			continue
		}
		escaped := strconv.Quote(s[i : i+size])
		out.WriteString(escaped[1 : len(escaped)-1])
	}
	return out.String()
}
