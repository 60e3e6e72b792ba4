package verifier

import (
	"maps"
	"slices"
	"time"
)

// logChange tells of keys that came and went. It is called before they do.
func (s *remoteKeySet) logChange(keys map[string]Key) {
	log := s.owner.config.Logger.With("issuer", s.source.issuer)
	if s.keys == nil {
		log.Debug("fetched an issuer's keys", "kids", kidsOf(keys))
		return
	}
	var added, gone []string
	for id, k := range keys {
		if old, there := s.keys[id]; !there || old.fingerprint != k.fingerprint {
			added = append(added, quote(id))
		}
	}
	for id, old := range s.keys {
		if k, there := keys[id]; !there || old.fingerprint != k.fingerprint {
			gone = append(gone, quote(id))
		}
	}
	if len(added)+len(gone) == 0 {
		log.Debug("fetched an issuer's keys; they are the same")
		return
	}
	slices.Sort(added)
	slices.Sort(gone)
	log.Info("an issuer's keys changed", "new_kids", added, "withdrawn_kids", gone)
}

func kidsOf(keys map[string]Key) []string {
	ids := make([]string, 0, len(keys))
	for _, id := range slices.Sorted(maps.Keys(keys)) {
		ids = append(ids, quote(id))
	}
	return ids
}

// logFailure tells of a fetch that failed. Anybody can invent an issuer that an
// organization's template matches, so an unproven one is worth no error.
func (s *remoteKeySet) logFailure(now time.Time, err error) {
	config := s.owner.config
	log := config.Logger.With("issuer", s.source.issuer, "error", err, "next_try_after", config.Cooldown)
	switch {
	case s.owner.ctx.Err() != nil:
		log.Debug("a fetch of keys was given up: nobody uses them any more")
	case !s.trusted:
		log.Debug("fetching the keys of an issuer that was never seen good failed")
	case s.keys == nil:
		log.Error("fetching an issuer's keys failed; its tokens are answered 503")
	default:
		age := now.Sub(s.fetched)
		log.Error("fetching an issuer's keys failed; the last good ones serve on",
			"age", age.Round(time.Second), "serve_for", (config.MaxStale - age).Round(time.Second))
	}
}
