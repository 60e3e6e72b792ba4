package celpolicy

// What a hint says of mistakes must not make a refusal dear: the token is the
// caller's, and a configuration may list thousands of accounts. So these bound
// what is looked at, and what lies beyond goes without its hint. AWS allows 50
// tags, with keys of 128 characters.
const (
	// maxLooks bounds the comparisons for all that one refusal says.
	maxLooks = 256

	// lookBytes is how much of a text one comparison covers; a longer one counts
	// as several.
	lookBytes = 64

	// maxReadsLooked is how many of a rule's reads are asked about.
	maxReadsLooked = 32

	// maxWantedLooked is how many wanted values are compared with what was found.
	maxWantedLooked = 100

	// maxKeysShown is how many keys of maps are sorted for one value.
	maxKeysShown = 100

	// maxPartsBytes is how long a rule may be whose parts are compiled with it.
	maxPartsBytes = 1024
)

// looks counts the comparisons made for a hint. The zero looks has made none.
type looks struct{ made int }

// take reports whether text may be compared with n others, and counts it if so.
func (l *looks) take(text string, n int) bool {
	cost := n * (1 + len(text)/lookBytes)
	if l.made+cost > maxLooks {
		return false
	}
	l.made += cost
	return true
}
