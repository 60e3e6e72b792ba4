package policytest

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// MaxFileSize is the largest file that is read, in bytes.
const MaxFileSize = 4 << 20

// document reads the one YAML document of a text. It returns nil after a fault.
func (r *reader) document(text []byte) *yaml.Node {
	if len(text) > MaxFileSize {
		r.fault(1, "the file is larger than %d bytes", MaxFileSize)
		return nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var doc, next yaml.Node
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF):
		r.fault(1, "the file is empty")
		return nil
	case err != nil:
		r.syntaxFault(text, err)
		return nil
	}
	switch err := decoder.Decode(&next); {
	case err == nil:
		r.fault(next.Line, "a second document begins: a file is one")
		return nil
	case !errors.Is(err, io.EOF):
		r.syntaxFault(text, err)
		return nil
	}
	root := doc.Content[0]
	if r.checkPlain(root, 1); r.count > 0 {
		return nil
	}
	return root
}

var (
	syntaxLine  = regexp.MustCompile(`^line (\d+): `)
	tabbedLine  = regexp.MustCompile(`(?m)^ *\t[ \t]*[^ \t\r\n#]`)
	controlByte = regexp.MustCompile(`[\x00-\x08\x0B\x0C\x0E-\x1F\x7F]`)
	anchorName  = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
)

// syntaxFault finds the line of a fault that the YAML library did not tell, or
// told as the one before.
func (r *reader) syntaxFault(text []byte, err error) {
	problem := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if told := syntaxLine.FindStringSubmatch(problem); told != nil {
		line, _ = strconv.Atoi(told[1]) // its digits are few: they count lines of the file
		problem = strings.TrimPrefix(problem, told[0])
		// What the library's parser says, and not its scanner, counts from 0.
		if strings.HasPrefix(problem, "did not find expected ") {
			line++
		}
	}
	switch anchor := anchorName.FindStringSubmatch(problem); {
	case anchor != nil:
		line = lineOf(text, bytes.Index(text, []byte("*"+anchor[1])))
		problem = "anchors and aliases are not read"
	case strings.Contains(problem, "control characters"):
		if at := controlByte.FindIndex(text); at != nil {
			line = lineOf(text, at[0])
		}
	case strings.Contains(problem, "cannot start any token"):
		if at := tabbedLine.FindIndex(text); at != nil && lineOf(text, at[0]) == line {
			problem = "the line is indented with a tab: YAML wants spaces"
		}
	}
	last := lineOf(text, len(bytes.TrimRight(text, "\r\n \t")))
	r.fault(min(line, last), "reading YAML: %s", problem)
}

// lineOf is the line in which an offset stands.
func lineOf(text []byte, offset int) int {
	return 1 + bytes.Count(text[:max(offset, 0)], []byte("\n"))
}
