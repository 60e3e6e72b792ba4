package signing

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Published is what others hold signatures against.
type Published struct {
	JWKS       []byte // a JWK Set (RFC 7517, section 5), use: sig
	Bundle     []byte // a SPIFFE bundle, use: jwt-svid
	Algorithms []Algorithm
	MaxAge     time.Duration // how long it may be kept, in whole seconds
}

// bundle is the form of a SPIFFE bundle (SPIFFE Trust Domain and Bundle, section
// 4).
type bundle struct {
	Sequence int64 `json:"spiffe_sequence"`
	Refresh  int64 `json:"spiffe_refresh_hint"` // seconds
	keySet
}

type keySet struct {
	Keys []jwk `json:"keys"`
}

// Publish returns all keys that a signature may be of now, or will be before what
// was published is asked for again. There are keys of each of the algorithms in
// it. The error is an [*UnavailableError], unless ctx ended first.
func (s *Keys) Publish(ctx context.Context, algorithms ...Algorithm) (*Published, error) {
	snap, err := s.published(ctx, algorithms)
	if err != nil {
		return nil, err
	}
	d := snap.document
	p := &Published{Algorithms: d.algorithms(), MaxAge: s.schedule.maxAgeOf(s.config.Now().Sub(snap.read))}
	var plain keySet
	forSPIFFE := bundle{Sequence: d.sequence, Refresh: max(1, int64(p.MaxAge/time.Second))}
	for _, k := range d.keys {
		public, err := publicJWK(k.private.Public())
		if err != nil {
			return nil, err
		}
		public.KeyID = k.id
		public.Use = "jwt-svid"
		forSPIFFE.Keys = append(forSPIFFE.Keys, public)
		public.Use, public.Algorithm = "sig", string(k.algorithm)
		plain.Keys = append(plain.Keys, public)
	}
	if p.JWKS, err = json.Marshal(plain); err != nil {
		return nil, fmt.Errorf("writing the key set: %w", err)
	}
	if p.Bundle, err = json.Marshal(forSPIFFE); err != nil {
		return nil, fmt.Errorf("writing the bundle: %w", err)
	}
	return p, nil
}
