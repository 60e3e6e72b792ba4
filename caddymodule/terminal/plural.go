package terminal

import "fmt"

// Plural counts in words: 1 key, 2 keys.
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
