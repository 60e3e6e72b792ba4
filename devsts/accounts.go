package devsts

import (
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// defaultSession is the length of a role's session, as IAM has it by default.
const defaultSession = time.Hour

// account is an Account while the server runs.
type account struct {
	Account
	enabled   atomic.Bool
	keys      keyRing
	fetches   fetchCounter
	roles     []*role
	providers []*provider
}

func newAccount(c Account) (*account, error) {
	a := &account{Account: c}
	a.enabled.Store(!c.FederationDisabled)
	for _, r := range c.Roles {
		a.roles = append(a.roles, &role{Role: r, account: a})
	}
	for _, p := range c.OIDCProviders {
		provider, err := newProvider(p)
		if err != nil {
			return nil, err
		}
		a.providers = append(a.providers, provider)
	}
	return a, nil
}

// role is a Role while the server runs, or one session of it: a copy with the
// credentials that AssumeRoleWithWebIdentity gave.
type role struct {
	Role
	account *account
	// ends is when such a session ends, by the true clock. It is zero for the
	// credentials of the configuration, whose session begins with each call.
	ends time.Time
}

// session is how long a session of the configuration's credentials lasts.
func (r *role) session() time.Duration {
	if r.SessionSeconds == 0 {
		return defaultSession
	}
	return time.Duration(r.SessionSeconds) * time.Second
}

func (r *role) sessionName() string {
	if r.SessionName == "" {
		return "devsts"
	}
	return r.SessionName
}

// name is the last part of the ARN, behind the path.
func (r *role) name() string {
	return r.ARN[strings.LastIndexByte(r.ARN, '/')+1:]
}

// callerARN is the session's ARN, which has no path, as at AWS. It occurs in
// GetCallerIdentity and in messages, never in a token.
func (r *role) callerARN() string {
	return "arn:" + r.partition() + ":sts::" + r.account.ID + ":assumed-role/" + r.name() + "/" + r.sessionName()
}

// partition is the second part of the ARN, such as aws or aws-cn.
func (r *role) partition() string { return strings.Split(r.ARN, ":")[1] }

// uniqueID is a role ID of IAM's form that stays the same between starts.
func (r *role) uniqueID() string {
	sum := sha256.Sum256([]byte(r.ARN))
	return "AROA" + base32.StdEncoding.EncodeToString(sum[:])[:17]
}

func (r *role) denied(permission string) bool {
	return slices.Contains(r.Deny, permission)
}
