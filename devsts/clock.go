package devsts

import "time"

// SetClockOffset makes tokens (iat, exp, original_session_exp and Expiration)
// as if the clock stood offset away from the true time: ahead of it, or behind
// it when offset is negative. Zero ends that. The age of a request's signature
// is still judged by the true time, so that SDKs can call.
func (s *Server) SetClockOffset(offset time.Duration) { s.offset.Store(int64(offset)) }

// ClockOffset returns what SetClockOffset has set.
func (s *Server) ClockOffset() time.Duration { return time.Duration(s.offset.Load()) }

// tokenTime is what the clock shows to tokens at the given true time.
func (s *Server) tokenTime(now time.Time) time.Time { return now.Add(s.ClockOffset()) }
