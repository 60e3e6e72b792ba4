package inspection

import (
	"fmt"
	"time"
)

// Words writes a duration in the two greatest units that it has: "3 m 12 s",
// "2 h 3 m", "5 m", "1 d". It rounds towards zero; what is under a second is
// "0 s". A negative one is written as its length.
func Words(d time.Duration) string {
	seconds := int64(d / time.Second)
	if seconds < 0 {
		seconds = -seconds
	}
	units := []struct {
		name    string
		seconds int64
	}{{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}}
	for n, unit := range units {
		count := seconds / unit.seconds
		if count == 0 {
			continue
		}
		words := fmt.Sprintf("%d %s", count, unit.name)
		if n+1 < len(units) {
			next := units[n+1]
			if rest := seconds % unit.seconds / next.seconds; rest > 0 {
				words += fmt.Sprintf(" %d %s", rest, next.name)
			}
		}
		return words
	}
	return "0 s"
}
