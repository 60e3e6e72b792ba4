package inspection

import (
	"math"
	"testing"
	"time"
)

func TestWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", time.Millisecond: "0 s", time.Second: "1 s", 1999 * time.Millisecond: "1 s", 59 * time.Second: "59 s",
		time.Minute: "1 m", 61 * time.Second: "1 m 1 s", 192 * time.Second: "3 m 12 s", 5 * time.Minute: "5 m",
		time.Hour: "1 h", time.Hour + time.Second: "1 h", 2*time.Hour + 3*time.Minute + 4*time.Second: "2 h 3 m", 23*time.Hour + 59*time.Minute: "23 h 59 m",
		24 * time.Hour: "1 d", 25 * time.Hour: "1 d 1 h", 24*time.Hour + time.Minute: "1 d", 400 * 24 * time.Hour: "400 d",
		-192 * time.Second: "3 m 12 s", math.MaxInt64: "106751 d 23 h", math.MinInt64: "106751 d 23 h",
	} {
		if got := Words(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}
