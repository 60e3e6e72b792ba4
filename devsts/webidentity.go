package devsts

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// assumeRoleWithWebIdentity follows the STS API reference page
// AssumeRoleWithWebIdentity: a token of an identity provider becomes credentials
// of a role that trusts it.
func (s *Server) assumeRoleWithWebIdentity(ctx context.Context, f form) (result, *apiError) {
	p, bad := readWebIdentityParams(f)
	if bad != nil {
		return nil, bad
	}
	r, ok := s.roleByARN(p.roleARN)
	if !ok {
		return nil, errNotTrusted()
	}
	if p.duration > r.maxSession() {
		return nil, errValidation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	token, bad := readWebToken(p.token)
	if bad != nil {
		return nil, bad
	}
	provider, bad := s.verifyWebToken(ctx, r, token)
	if bad != nil {
		return nil, bad
	}
	if !trusts(r.Trust, provider.OIDCProvider, token) {
		return nil, errNotTrusted()
	}
	now := s.now()
	arn := provider.arn(r.partition(), r.account.ID)
	return sessionResult(s.beginSession(r, p.sessionName, arn, now, now.Truncate(time.Second).Add(p.duration)), token, arn), nil
}

// roleByARN finds a role. About one that does not exist AWS answers as about one
// that does not trust.
func (s *Server) roleByARN(arn string) (*role, bool) {
	for _, a := range s.accounts {
		for _, r := range a.roles {
			if r.ARN == arn {
				return r, true
			}
		}
	}
	return nil, false
}

// verifyWebToken makes the checks of a token against its provider, those that
// cost nothing before the fetches.
func (s *Server) verifyWebToken(ctx context.Context, r *role, t webToken) (*provider, *apiError) {
	if bad := s.checkOwnIssuer(r, t); bad != nil {
		return nil, bad
	}
	p, ok := r.account.findProvider(t.issuer)
	if !ok {
		return nil, errIdentityToken("No OpenIDConnect provider found in your account for " + t.issuer)
	}
	if bad := checkAudience(t, p.OIDCProvider); bad != nil {
		return nil, bad
	}
	now := s.now()
	if bad := checkIssuedAt(t, now); bad != nil {
		return nil, bad
	}
	if bad := checkExpiry(t, now); bad != nil {
		return nil, bad
	}
	key, err := p.findKey(ctx, t.kid)
	if err != nil {
		return nil, errProvider(err)
	}
	if err := t.verifySignature(key); err != nil {
		return nil, errIdentityToken("The web identity token that was passed could not be validated: " + err.Error())
	}
	return p, nil
}

// checkOwnIssuer refuses what GetWebIdentityToken gave in the role's own
// partition: "The JWTs from GetWebIdentityToken cannot be used for OpenID Connect
// (OIDC) federation into the same partition through AssumeRoleWithWebIdentity",
// IAM User Guide, "Federating AWS identities across AWS partitions".
func (s *Server) checkOwnIssuer(r *role, t webToken) *apiError {
	base := s.base.Load()
	if base == nil {
		return nil
	}
	uuid, ok := strings.CutPrefix(t.issuer, *base+"/")
	if issuer := s.byIssuer[uuid]; ok && issuer != nil && issuer.roles[0].partition() == r.partition() {
		return errIdentityToken("A token of GetWebIdentityToken cannot be used in the partition that issued it.")
	}
	return nil
}

// maxSession is the longest session of the role by AssumeRoleWithWebIdentity.
func (r *role) maxSession() time.Duration {
	if r.MaxSessionSeconds == 0 {
		return defaultSession
	}
	return time.Duration(r.MaxSessionSeconds) * time.Second
}

// errNotTrusted has AWS's code and message, which say nothing of the policy.
func errNotTrusted() *apiError {
	return newError(http.StatusForbidden, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
}

// sessionResult is the answer. Provider is the provider's ARN in every answer
// of AWS that people have published, though the API reference calls it the iss.
func sessionResult(session *role, t webToken, providerARN string) result {
	return result{
		{name: "SubjectFromWebIdentityToken", value: t.subject},
		{name: "Audience", value: t.audience},
		{name: "AssumedRoleUser", fields: result{
			{name: "Arn", value: session.callerARN()},
			{name: "AssumedRoleId", value: session.uniqueID() + ":" + session.sessionName()},
		}},
		{name: "Credentials", fields: result{
			{name: "SessionToken", value: session.SessionToken},
			{name: "SecretAccessKey", value: session.SecretAccessKey},
			{name: "Expiration", value: stamp(session.ends)},
			{name: "AccessKeyId", value: session.AccessKeyID},
		}},
		{name: "Provider", value: providerARN},
	}
}
