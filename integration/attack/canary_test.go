package attack

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// pieceLength is the length of the pieces that tokens are cut into. Whoever
// writes twice as many bytes of a token writes one of them.
const pieceLength = 16

// canarySet holds pieces of every token that the probes send, and looks for them
// in whatever the gateway writes.
type canarySet struct {
	mu      sync.Mutex
	pieces  map[string]bool
	outputs []output
}

type output struct{ where, text string }

var canaries = canarySet{pieces: make(map[string]bool)}

// note makes a token a canary, and returns it.
func (c *canarySet) note(token string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for part := range strings.SplitSeq(token, ".") {
		for ; len(part) >= pieceLength; part = part[pieceLength:] {
			if piece := part[:pieceLength]; isPeculiar(piece) {
				c.pieces[piece] = true
			}
		}
	}
	return token
}

// isPeculiar reports whether a piece is unlikely to be written for another
// reason, as one of few different characters may be.
func isPeculiar(piece string) bool {
	different := make(map[byte]bool)
	for i := range len(piece) {
		different[piece[i]] = true
	}
	return len(different) > 6
}

// search keeps what the gateway has written until the end, when all tokens are
// known.
func (c *canarySet) search(where string, texts ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, text := range texts {
		if text != "" {
			c.outputs = append(c.outputs, output{where, withoutOwn(text)})
		}
	}
}

// leaks says where pieces of tokens were found.
func (c *canarySet) leaks() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []string
	for _, out := range c.outputs {
		if piece := c.find(out.text); piece != "" {
			found = append(found, fmt.Sprintf("%s holds %q of a token", out.where, piece))
		}
	}
	return found
}

func (c *canarySet) find(text string) string {
	for i := 0; i+pieceLength <= len(text); i++ {
		if c.pieces[text[i:i+pieceLength]] {
			return text[max(0, i-8):min(len(text), i+pieceLength+8)]
		}
	}
	return ""
}

// jwt may be a JWT, and ownHeader is the header of one that the gateway has
// signed: its kid is a thumbprint.
var (
	jwt       = regexp.MustCompile(`eyJ[\w-]{103}\.[\w-]+\.[\w-]+`)
	ownHeader = regexp.MustCompile(`^\{"alg":"[ER]S256","kid":"[\w-]{43}","typ":"JWT"\}$`)
)

// withoutOwn is a text without what the gateway has signed, which begins like many
// a token.
func withoutOwn(text string) string {
	return jwt.ReplaceAllStringFunc(text, func(found string) string {
		header, err := base64.RawURLEncoding.DecodeString(found[:strings.IndexByte(found, '.')])
		if err == nil && ownHeader.Match(header) {
			return "(signed by the gateway)"
		}
		return found
	})
}
