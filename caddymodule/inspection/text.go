package inspection

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
)

// JSON writes the report in its JSON form, whole and indented.
func (r *Report) JSON(w io.Writer) error { return terminal.WriteJSON(w, r) }

// Text writes the report for a person. Text of the token's is quoted where it is
// more than a word, and cut at 128 bytes.
func (r *Report) Text(out io.Writer, s *terminal.Style) error {
	var w bytes.Buffer
	fmt.Fprintln(&w, r.headline(s))
	notes, problems := r.Notes, make([]string, 0, len(r.Problems))
	if r.expired {
		fmt.Fprintln(&w, s.Bad(s.Bold("expired:"))+" "+terminal.Sentence(notes[0]))
		notes = notes[1:]
	}
	if r.Header != nil {
		section(&w, s, "header", columns(s, r.Header.rows()))
	}
	section(&w, s, "attributes", columns(s, r.rows()))
	times := r.Times.lines()
	for n, line := range times {
		if strings.HasPrefix(line, "expired") {
			times[n] = s.Bad(line)
		}
	}
	section(&w, s, "times", times)
	notes = slices.Clone(notes)
	for n, note := range notes {
		notes[n] = terminal.Sentence(note)
	}
	if slices.ContainsFunc(r.rows(), func(row row) bool { return strings.HasSuffix(strings.TrimSuffix(row.value, `"`), "…") }) {
		notes = append(notes, "values are cut at 128 bytes; --json has them whole")
	}
	section(&w, s, "notes", notes)
	for _, p := range r.Problems {
		problems = append(problems, s.Bad(terminal.Sentence(p.Where+": "+p.Text)))
	}
	section(&w, s, "problems", problems)
	_, err := out.Write(w.Bytes())
	return err
}

// headline says loudly whether the token may be believed.
func (r *Report) headline(s *terminal.Style) string {
	switch {
	case r.Verdict == Verified:
		issuer, _ := r.Attributes["aws_token.iss"].(string)
		return s.Good(s.Bold("verified:")) + fmt.Sprintf(" by %s's key %s", terminal.Value(issuer), terminal.Value(r.KeyID))
	case r.Verdict == Refused:
		return s.Bad(s.Bold("refused:")) + " " + r.reason()
	case r.reason() != "":
		return s.Warn(s.Bold("not verified:")) + " it could not be told whether the token is genuine: " + r.reason()
	}
	return s.Warn(s.Bold("not verified:")) + " nobody has checked the signature, and anybody can write what follows"
}

func (r *Report) reason() string {
	if r.Reason != "" && r.Hint != "" {
		return terminal.Sentence(r.Reason + ": " + r.Hint)
	}
	return terminal.Sentence(r.Reason + r.Hint)
}

func section(w io.Writer, s *terminal.Style, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", s.Bold(title))
	for _, line := range lines {
		fmt.Fprintf(w, "  %s\n", line)
	}
}

// row is a line of two columns, both printable.
type row struct{ name, value string }

// maxColumn is how wide the first column may become, in characters.
const maxColumn = 56

func columns(s *terminal.Style, rows []row) (lines []string) {
	width := 0
	for _, each := range rows {
		if n := utf8.RuneCountInString(each.name); n <= maxColumn {
			width = max(width, n)
		}
	}
	for _, each := range rows {
		padding := max(width-utf8.RuneCountInString(each.name), 0)
		lines = append(lines, s.Dim(each.name)+strings.Repeat(" ", padding+2)+each.value)
	}
	return lines
}

func (h *Header) rows() (rows []row) {
	for _, each := range []row{{"alg", h.Algorithm}, {"kid", h.KeyID}, {"typ", h.Type}} {
		if each.value != "" {
			rows = append(rows, row{each.name, terminal.Value(each.value)})
		}
	}
	return rows
}

// rows are the attributes in the order of the documentation: a line for each
// element of a list, and for each key of a map.
func (r *Report) rows() (rows []row) {
	for _, a := range awstoken.Attributes() {
		switch value := r.Attributes[a.Path].(type) {
		case string:
			rows = append(rows, row{a.Path, terminal.Value(value)})
		case time.Time:
			rows = append(rows, row{a.Path, value.UTC().Format(time.RFC3339)})
		case []string:
			for _, element := range value {
				rows = append(rows, row{a.Path, terminal.Value(element)})
			}
		case map[string]string:
			for _, key := range slices.Sorted(maps.Keys(value)) {
				rows = append(rows, row{member(a.Path, key), terminal.Value(value[key])})
			}
		}
	}
	for _, name := range sortedNames(r.OtherClaims) {
		rows = append(rows, row{wholeObject + "[" + terminal.Quote(name) + "]", anyValue(r.OtherClaims[name])})
	}
	return rows
}

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// member spells a map's member as a policy does.
func member(path, key string) string {
	if identifier.MatchString(key) {
		return path + "." + terminal.Printable(key)
	}
	return path + "[" + terminal.Quote(key) + "]"
}

func anyValue(value any) string {
	if text, ok := value.(string); ok {
		return terminal.Value(text)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return "?"
	}
	return terminal.Printable(string(text))
}
