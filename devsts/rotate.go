package devsts

import (
	"fmt"
	"time"
)

// Rotate makes an account sign with new keys at once, whose kids have the next
// number. Its old keys stay published unless withdraw is true. The account is
// named by its ID, its issuer's UUID or URL.
func (s *Server) Rotate(account string, withdraw bool) error {
	a, err := s.findAccount(account)
	if err != nil {
		return err
	}
	return a.keys.rotate(time.Time{}, withdraw)
}

// RotateWithOverlap rotates as a careful issuer does: the new keys are published
// at once, so that everybody can fetch them, but the account signs with the old
// ones until overlap has passed on the clock of Config.Now. The old keys stay
// published until Withdraw. An overlap of zero is Rotate; a negative one is an
// error.
func (s *Server) RotateWithOverlap(account string, overlap time.Duration) error {
	if overlap < 0 {
		return fmt.Errorf("rotating keys: an overlap of %v is negative", overlap)
	}
	a, err := s.findAccount(account)
	if err != nil {
		return err
	}
	return a.keys.rotate(s.now().Add(overlap), false)
}

// Withdraw takes an account's old keys out of its key set: all but those that
// sign at the moment, and those of a rotation whose overlap has not passed.
func (s *Server) Withdraw(account string) error {
	a, err := s.findAccount(account)
	if err != nil {
		return err
	}
	return a.keys.withdraw(s.now())
}
