package signing

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// The times in docs/spiffe.md are those that follow from the rotation.
func TestTimesOfThePage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "spiffe.md"))
	if err != nil {
		t.Fatal(err)
	}
	duration := `([0-9][0-9a-z.]*)`
	rows := regexp.MustCompile(`(?m)^\| `+duration+` \| `+duration+` \| `+duration+` \| `+duration+` \|$`).FindAllStringSubmatch(string(page), -1)
	if len(rows) < 5 {
		t.Errorf("the page has %d rows", len(rows))
	}
	for _, row := range rows {
		var said [4]time.Duration
		for i, text := range row[1:] {
			if said[i], err = time.ParseDuration(text); err != nil {
				t.Fatal(err)
			}
		}
		s, err := newSchedule(said[0])
		if err != nil {
			t.Fatal(err)
		}
		if s.lead != said[1] || s.maxAge != said[2] || s.refresh != said[3] {
			t.Errorf("the page has %v, the schedule is %v, %v, %v", said, s.lead, s.maxAge, s.refresh)
		}
	}
}
