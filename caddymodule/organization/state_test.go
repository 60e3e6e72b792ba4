package organization

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const org = "o-abc1234567"

func TestState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	s, err := OpenState(path, org, true, noon) // there is none: that is the beginning
	must(t, err)
	must(t, s.Note(id(1), issuer(id(1)), noon.Add(-24*time.Hour)))
	must(t, s.Note(id(2), issuer(id(2)), noon.Add(-24*time.Hour-time.Second)))
	must(t, s.Note(id(3), issuer(id(3)), noon.Add(time.Hour)))
	must(t, s.Note(id(4), "http://issuer.example", noon))
	must(t, s.Note(id(5), issuer(id(5)), noon))
	must(t, s.Close())
	whole := read(t, path)
	write(t, path, strings.TrimSuffix(whole, "\n")) // as a run that was killed leaves it

	s, err = OpenState(path, org, true, noon)
	must(t, err)
	if len(s.Known) != 1 || s.Known[id(1)] != issuer(id(1)) {
		t.Errorf("known are %v", s.Known)
	}
	must(t, s.Close())
	write(t, path, whole)
	if s, err = OpenState(path, org, true, noon); err != nil || len(s.Known) != 2 || s.Known[id(5)] == "" {
		t.Errorf("the control: %v, %v", s, err)
	}
	must(t, s.Close())
	if s, err = OpenState(path, org, false, noon); err != nil || len(s.Known) != 0 || strings.Contains(read(t, path), "account") {
		t.Errorf("without resuming: %v, %v", s, err)
	}
	must(t, s.Remove())
	if read(t, path) != "" || len(left(t, filepath.Dir(path))) != 0 {
		t.Error("the file is still there")
	}
}

func TestStateOfSomethingElse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	for text, says := range map[string]string{
		"{\"organization\":\"o-other12345\"}\n": "is about o-other12345, and the credentials are of o-abc1234567",
		"[\n]\n":                                "is no state file",
		"precious":                              "is no state file",
	} {
		write(t, path, text)
		if _, err := OpenState(path, org, true, noon); err == nil || !strings.Contains(err.Error(), says) || read(t, path) != text {
			t.Errorf("%q: %v; now %q", text, err, read(t, path))
		}
	}
	write(t, path, "")
	s, err := OpenState(path, org, true, noon)
	must(t, err)
	must(t, s.Close())
}
