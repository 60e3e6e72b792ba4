package devsts

import "sync/atomic"

// FetchCount says how often documents were asked for.
type FetchCount struct {
	Discovery int `json:"discovery"`
	Keys      int `json:"keys"`
}

// FetchCounts says how often documents were asked for since the start or the
// last reset, whatever the answer was. A request counts when it arrives, so a
// redirect that is followed counts twice, and so does a request that a client
// repeats by itself after a cut connection.
type FetchCounts struct {
	// Issuers has every account's count by the UUID of its issuer.
	Issuers map[string]FetchCount `json:"issuers"`
	// Unknown is for all UUIDs together that no account has.
	Unknown FetchCount `json:"unknown"`
	// Total is the sum of the above.
	Total FetchCount `json:"total"`
}

// Fetches returns how often documents were asked for.
func (s *Server) Fetches() FetchCounts {
	counts := FetchCounts{Issuers: make(map[string]FetchCount, len(s.accounts)), Unknown: s.unknown.count()}
	counts.Total = counts.Unknown
	for _, a := range s.accounts {
		c := a.fetches.count()
		counts.Issuers[a.IssuerID] = c
		counts.Total.Discovery += c.Discovery
		counts.Total.Keys += c.Keys
	}
	return counts
}

// ResetFetches sets all counts to zero.
func (s *Server) ResetFetches() {
	s.unknown.reset()
	for _, a := range s.accounts {
		a.fetches.reset()
	}
}

// fetchCounter counts the requests for one issuer's documents.
type fetchCounter struct{ discovery, keys atomic.Int64 }

func (c *fetchCounter) add(d Document) {
	if d == DocumentDiscovery {
		c.discovery.Add(1)
		return
	}
	c.keys.Add(1)
}

func (c *fetchCounter) count() FetchCount {
	return FetchCount{Discovery: int(c.discovery.Load()), Keys: int(c.keys.Load())}
}

func (c *fetchCounter) reset() {
	c.discovery.Store(0)
	c.keys.Store(0)
}
