package stacktest

import (
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
)

// A load passes if each request did; one that did not, among many, fails it.
func TestLoad(t *testing.T) {
	for name, bad := range map[string]func() (int, error){
		"":          nil,
		"a status":  func() (int, error) { return http.StatusForbidden, nil },
		"no answer": func() (int, error) { return 0, errors.New("connection reset") },
	} {
		load := NewLoad(t)
		var asked atomic.Int64
		load.Add(0, func() (int, error) {
			if asked.Add(1) == 10 && bad != nil {
				return bad()
			}
			return http.StatusOK, nil
		})
		load.GoesOn(t)
		var inner testing.T
		passed := load.End(&inner)
		want := asked.Load()
		if bad != nil {
			want--
		}
		if inner.Failed() != (bad != nil) || passed != want {
			t.Errorf("%q: failed %v, %d of %d passed", name, inner.Failed(), passed, asked.Load())
		}
	}
}
