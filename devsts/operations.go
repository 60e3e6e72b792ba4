package devsts

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// Permissions that are checked beside an operation's own.
const (
	permGetToken = "sts:GetWebIdentityToken"
	permTagToken = "sts:TagGetWebIdentityToken"
)

// call is an authenticated call of one operation.
type call struct {
	role   *role
	region string
	form   form
	now    time.Time // for what is in the token: the true time and the offset
}

// service is one version of one AWS API.
type service struct {
	name       string // as in the scope of a signature
	namespace  string // of its XML
	operations map[string]func(*Server, call) (result, *apiError)
	// unsigned are those that a client calls without credentials.
	unsigned map[string]func(*Server, context.Context, form) (result, *apiError)
}

// services maps the parameter Version, which tells the two APIs apart on one
// listener.
func services() map[string]service {
	return map[string]service{
		"2011-06-15": {
			name: "sts", namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
			operations: map[string]func(*Server, call) (result, *apiError){
				"GetWebIdentityToken": (*Server).getWebIdentityToken,
				"GetCallerIdentity":   (*Server).getCallerIdentity,
			},
			unsigned: map[string]func(*Server, context.Context, form) (result, *apiError){
				"AssumeRoleWithWebIdentity": (*Server).assumeRoleWithWebIdentity,
			},
		},
		"2010-05-08": {
			name: "iam", namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
			operations: map[string]func(*Server, call) (result, *apiError){
				"GetOutboundWebIdentityFederationInfo": (*Server).getFederationInfo,
				"EnableOutboundWebIdentityFederation":  (*Server).enableFederation,
				"DisableOutboundWebIdentityFederation": (*Server).disableFederation,
			},
		},
	}
}

// getWebIdentityToken follows the STS API reference page GetWebIdentityToken.
func (s *Server) getWebIdentityToken(c call) (result, *apiError) {
	p, bad := readTokenParams(c.form)
	if bad != nil {
		return nil, bad
	}
	if len(p.tags) > 0 && c.role.denied(permTagToken) {
		return nil, errAccessDenied(c.role.callerARN(), permTagToken)
	}
	if !c.role.account.enabled.Load() {
		return nil, errFederationDisabled()
	}
	if p.duration > s.sessionEnd(c.role, c.now).Sub(c.now) {
		return nil, errSessionEscalation()
	}
	token, err := s.token(c, p)
	if err != nil {
		return nil, errInternal(err)
	}
	if token == "" {
		return nil, errPayloadSize()
	}
	return result{
		{name: "WebIdentityToken", value: token},
		{name: "Expiration", value: stamp(c.now.Truncate(time.Second).Add(p.duration))},
	}, nil
}

// stamp writes a time as the query protocol does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// token signs the claims of a call; it is empty when the payload is too large.
func (s *Server) token(c call, p tokenParams) (string, error) {
	issuer, err := s.issuerURL(c.role.account)
	if err != nil {
		return "", err
	}
	payload, err := compactJSON(tokenClaims(issuer, c.region, c.role, p, c.now, s.sessionEnd(c.role, c.now)))
	if err != nil {
		return "", err
	}
	if len(payload) > s.maxPayload {
		return "", nil
	}
	g, err := c.role.account.keys.current(s.now())
	if err != nil {
		return "", err
	}
	key, err := g.signingKey(p.algorithm)
	if err != nil {
		return "", err
	}
	head, err := compactJSON(header{Kid: key.KeyID, Typ: "JWT", Alg: key.Algorithm})
	if err != nil {
		return "", fmt.Errorf("minting a token: %w", err)
	}
	return signCompact(g, p.algorithm, head, payload)
}

// getCallerIdentity follows the STS API reference page GetCallerIdentity. No
// permission is needed for it, as at AWS.
func (s *Server) getCallerIdentity(c call) (result, *apiError) {
	return result{
		{name: "Arn", value: c.role.callerARN()},
		{name: "UserId", value: c.role.uniqueID() + ":" + c.role.sessionName()},
		{name: "Account", value: c.role.account.ID},
	}, nil
}

// getFederationInfo follows the IAM API reference page
// GetOutboundWebIdentityFederationInfo.
func (s *Server) getFederationInfo(c call) (result, *apiError) {
	if !c.role.account.enabled.Load() {
		return nil, errFeatureDisabled()
	}
	res, bad := s.issuerIdentifier(c)
	if bad != nil {
		return nil, bad
	}
	return append(res, field{name: "JwtVendingEnabled", value: strconv.FormatBool(true)}), nil
}

func (s *Server) enableFederation(c call) (result, *apiError) {
	if !c.role.account.enabled.CompareAndSwap(false, true) {
		return nil, errFeatureEnabled()
	}
	return s.issuerIdentifier(c)
}

// disableFederation stops issuing. The issuer's keys stay published, since
// tokens from before stay good.
func (s *Server) disableFederation(c call) (result, *apiError) {
	if !c.role.account.enabled.CompareAndSwap(true, false) {
		return nil, errFeatureDisabled()
	}
	return nil, nil
}

func (s *Server) issuerIdentifier(c call) (result, *apiError) {
	issuer, err := s.issuerURL(c.role.account)
	if err != nil {
		return nil, errInternal(err)
	}
	return result{{name: "IssuerIdentifier", value: issuer}}, nil
}
