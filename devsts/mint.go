package devsts

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// defaultRegion is source_region where no signature names one.
const defaultRegion = "us-east-1"

// errNoAccount tells a wrong name from other errors.
var errNoAccount = errors.New("is no account ID, issuer UUID or issuer URL; GET / of the management listener lists them")

// findAccount takes an account ID, an issuer's UUID or an issuer's URL.
func (s *Server) findAccount(name string) (*account, error) {
	if a, ok := s.byID[name]; ok {
		return a, nil
	}
	uuid := name
	if base := s.base.Load(); base != nil {
		uuid = strings.TrimPrefix(name, *base+"/")
	}
	if a, ok := s.byIssuer[uuid]; ok {
		return a, nil
	}
	return nil, fmt.Errorf("finding an account: %q %w", name, errNoAccount)
}

// findRole takes a role's ARN, its access key ID or, if only one role has it,
// its name.
func (s *Server) findRole(name string) (*role, error) {
	var found []*role
	for _, a := range s.accounts {
		for _, r := range a.roles {
			if name == r.ARN || name == r.AccessKeyID && name != "" {
				return r, nil
			}
			if name == r.name() {
				found = append(found, r)
			}
		}
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("finding a role: %d roles have the name, ARN or access key %q", len(found), name)
	}
	return found[0], nil
}

// IssuerURL returns the issuer (iss) of an account, which is named by its ID or
// by its issuer's UUID. It fails while the base URL is not set.
func (s *Server) IssuerURL(account string) (string, error) {
	a, err := s.findAccount(account)
	if err != nil {
		return "", err
	}
	return s.issuerURL(a)
}

// SigningKey returns the key that an account signs with at the moment. alg is
// RS256 or ES384. The account is named by its ID, its issuer's UUID or URL.
func (s *Server) SigningKey(account, alg string) (SigningKey, error) {
	g, err := s.signingGeneration(account)
	if err != nil {
		return SigningKey{}, err
	}
	return g.signingKey(alg)
}

// GoodClaims returns the claims that a call by a role would get at this moment:
// the given audiences, 300 seconds, no request tags, source_region us-east-1.
// The role is named by its ARN, its access key ID or its name. The map is the
// caller's to change; what is particular to AWS is the map[string]any under
// "https://sts.amazonaws.com/", and iat and exp are int64.
func (s *Server) GoodClaims(role string, audience ...string) (map[string]any, error) {
	if len(audience) == 0 {
		return nil, errors.New("building claims: no audience")
	}
	r, err := s.findRole(role)
	if err != nil {
		return nil, err
	}
	issuer, err := s.issuerURL(r.account)
	if err != nil {
		return nil, err
	}
	p := tokenParams{audiences: audience, duration: defaultDuration * time.Second}
	now := s.tokenTime(s.now())
	return tokenClaims(issuer, defaultRegion, r, p, now, s.sessionEnd(r, now)), nil
}

// Mint signs claims with an account's key, without asking whether they make
// sense. The header is that of a real token, changed by header: a nil value
// removes a parameter. The header's alg chooses the key and the way to sign
// (see SignRaw); without one it is ES384. kid is the signing key's unless header
// has another one.
func (s *Server) Mint(account string, header, claims map[string]any) (string, error) {
	alg := ES384
	if name, ok := header["alg"].(string); ok {
		alg = name
	}
	keyAlg := ES384
	if len(alg) > 0 && (alg[0] == 'R' || alg[0] == 'P') {
		keyAlg = RS256
	}
	g, err := s.signingGeneration(account) // once, since an overlap may end meanwhile
	if err != nil {
		return "", err
	}
	key, err := g.signingKey(keyAlg)
	if err != nil {
		return "", err
	}
	key.Algorithm = alg
	head, err := compactJSON(goodHeader(key, header))
	if err != nil {
		return "", err
	}
	payload, err := compactJSON(claims)
	if err != nil {
		return "", err
	}
	return signCompact(g, alg, head, payload)
}

// SignRaw signs the bytes of a header and a payload as they are with an
// account's key, so that a test can sign what is no JSON. alg decides how,
// whatever the header says: RS, PS or ES with 256, 384 or 512, where ES signs
// with the P-384 key and only the hash varies. AWS itself uses RS256 and ES384;
// the others are there to be refused.
func (s *Server) SignRaw(account, alg string, header, payload []byte) (string, error) {
	g, err := s.signingGeneration(account)
	if err != nil {
		return "", err
	}
	return signCompact(g, alg, header, payload)
}

func (s *Server) signingGeneration(account string) (*generation, error) {
	a, err := s.findAccount(account)
	if err != nil {
		return nil, err
	}
	return a.keys.current(s.now())
}
