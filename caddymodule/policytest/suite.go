package policytest

import (
	"io"
	"os"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// defaultNow is the gateway's clock where a file has no now.
var defaultNow = time.Date(2026, 4, 21, 8, 0, 0, 0, time.UTC)

// suite is one file, read.
type suite struct {
	*reader
	config said
	cases  []*testCase // those with faults, too
}

// testCase is one case, with what it takes from its file.
type testCase struct {
	name    string
	line    int
	faulty  bool
	now     time.Time
	request request

	noToken       bool
	authorization *string        // instead of a token
	header        map[string]any // of the token, without defaults
	claims        map[string]any // without defaults

	want want
}

// suiteReader reads one file.
type suiteReader struct {
	claimReader
	open    func(name string) ([]byte, error) // reads a file beside this one
	reasons []string
}

func parseSuite(text []byte, reasons []string, open func(string) ([]byte, error)) *suite {
	s := &suite{reader: new(reader)}
	r := suiteReader{newClaimReader(s.reader), open, reasons}
	root := r.document(text)
	if root == nil {
		return s
	}
	members := r.members(root, "the file", "config", "now", "request", "claims_file", "claims", "cases")
	if config, ok := members["config"]; ok {
		s.config = said{r.text(config, "config"), config.Line}
	}
	base := testCase{now: defaultNow, request: defaultRequest()}
	if claimsFile, ok := members["claims_file"]; ok {
		base.claims = r.claimsFile(claimsFile)
	}
	r.shared(members, &base)
	list, ok := members["cases"]
	if !ok || list.Kind != yaml.SequenceNode || len(list.Content) == 0 {
		line := root.Line
		if ok {
			line = list.Line
		}
		r.fault(line, "cases: a list of at least one case is wanted")
		return s
	}
	first := make(map[string]int, len(list.Content))
	for i, n := range list.Content {
		s.cases = append(s.cases, r.testCase(n, i, base, first))
	}
	return s
}

// shared reads what files and cases both have.
func (r suiteReader) shared(members map[string]*yaml.Node, c *testCase) {
	if n, ok := members["now"]; ok {
		now, err := time.Parse(time.RFC3339, r.text(n, "now"))
		if err != nil {
			r.fault(n.Line, "now: it is not a time such as 2026-04-21T08:00:00Z")
		}
		c.now = now
	}
	if n, ok := members["request"]; ok {
		c.request = r.request(n, c.request)
	}
	if n, ok := members["claims"]; ok {
		c.claims = merge(c.claims, r.claims(n))
	}
}

// claimsFile reads a payload, which is JSON.
func (r suiteReader) claimsFile(n *yaml.Node) map[string]any {
	name := r.text(n, "claims_file")
	if name == "" {
		r.fault(n.Line, "claims_file: it has no name")
		return nil
	}
	text, err := r.open(name)
	if err != nil {
		r.fault(n.Line, "claims_file: %v", err)
		return nil
	}
	claims, err := awstoken.ParseObject(text)
	if err != nil {
		r.fault(n.Line, "claims_file: %s: %v", name, err)
		return nil
	}
	for _, claim := range timeClaims {
		if problem := timeProblem(claims[claim]); problem != "" {
			r.fault(n.Line, "claims_file: %s: %s: %s", name, claim, problem)
		}
	}
	return claims
}

// openBeside reads a file by a path that is relative to that of another.
func openBeside(file string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) { return readFile(beside(file, name)) }
}

func beside(file, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(file), name)
}

// readFile reads one byte more than is allowed at most, so that document sees it.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, MaxFileSize+1))
}
