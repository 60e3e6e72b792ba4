package devsts

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"maps"
	"sync"
	"time"
)

// sessionGrace is how long an ended session is remembered, so that its
// credentials are told apart from those that never were.
const sessionGrace = time.Hour

// sessionTable holds the sessions that AssumeRoleWithWebIdentity has begun, by
// access key ID. The zero value is empty.
type sessionTable struct {
	mu    sync.Mutex
	byKey map[string]*role
}

// find returns the session of an access key.
func (t *sessionTable) find(keyID string) (*role, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r, ok := t.byKey[keyID]
	return r, ok
}

// add remembers a session, and forgets those that ended long before now.
func (t *sessionTable) add(r *role, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.byKey, func(_ string, old *role) bool { return now.Sub(old.ends) > sessionGrace })
	if t.byKey == nil {
		t.byKey = map[string]*role{}
	}
	t.byKey[r.AccessKeyID] = r
}

// beginSession begins a session of a role for a federated caller: a copy of it
// with credentials of its own, until ends.
func (s *Server) beginSession(r *role, name, federatedProvider string, now, ends time.Time) *role {
	session := &role{Role: r.Role, account: r.account, ends: ends}
	session.AccessKeyID, session.SecretAccessKey, session.SessionToken = newCredentials()
	session.SessionName = name
	session.Claims = maps.Clone(r.Claims)
	if session.Claims == nil {
		session.Claims = map[string]string{}
	}
	session.Claims["federated_provider"] = federatedProvider
	s.sessions.add(session, now)
	return session
}

// newCredentials makes temporary credentials of AWS's form: the key IDs of STS
// begin with ASIA, as the IAM User Guide has it under "Unique identifiers".
func newCredentials() (keyID, secret, token string) {
	var b [10 + 30 + 192]byte
	_, _ = rand.Read(b[:]) // never fails, says crypto/rand
	return "ASIA" + base32.StdEncoding.EncodeToString(b[:10]),
		base64.StdEncoding.EncodeToString(b[10:40]),
		base64.StdEncoding.EncodeToString(b[40:])
}

// sessionEnd is when the session of a caller ends, by the clock of tokens,
// which shows now.
func (s *Server) sessionEnd(r *role, now time.Time) time.Time {
	if r.ends.IsZero() {
		return now.Add(r.session())
	}
	return s.tokenTime(r.ends)
}
