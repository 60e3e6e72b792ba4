package devsts

import (
	"net/http"
	"sync"
)

// throttleTable counts the calls of each action that are still to be throttled.
// The zero value throttles none.
type throttleTable struct {
	mu   sync.Mutex
	left map[string]int
}

// Throttle has the next calls of an action, such as AssumeRole or ListAccounts,
// answered as AWS answers a caller who makes too many. It adds nothing to what
// was said before: a later number takes the place of an earlier one, and 0 ends
// it.
func (s *Server) Throttle(action string, calls int) {
	s.throttles.mu.Lock()
	defer s.throttles.mu.Unlock()
	if s.throttles.left == nil {
		s.throttles.left = map[string]int{}
	}
	s.throttles.left[action] = calls
}

// throttled reports whether a call is, and counts it.
func (s *Server) throttled(action string) bool {
	s.throttles.mu.Lock()
	defer s.throttles.mu.Unlock()
	if s.throttles.left[action] <= 0 {
		return false
	}
	s.throttles.left[action]--
	return true
}

// errThrottling is the query protocol's, with STS's and IAM's words.
func errThrottling() *apiError {
	return newError(http.StatusBadRequest, "Throttling", "Rate exceeded")
}

// throttleCommand is POST /throttle of the management listener.
func (s *Server) throttleCommand(q query) (any, error) {
	calls, err := q.number("calls")
	if err != nil {
		return nil, err
	}
	action := q.text("action")
	if action == "" || calls == 0 {
		return nil, badQuery("action and calls are needed, such as action=AssumeRole&calls=5")
	}
	s.Throttle(action, calls)
	return map[string]any{"action": action, "calls": calls}, nil
}
