package verifier

import (
	"fmt"
	"strings"
	"time"
)

// What Explain shows of each check: what was found, and what is wanted.

// shown is how many of a list are shown.
const shown = 5

func oneOf[S ~string](values []S) string {
	texts := make([]string, 0, shown+1)
	for n, value := range values {
		if n == shown {
			texts = append(texts, fmt.Sprintf("and %d more", len(values)-shown))
			break
		}
		texts = append(texts, string(value))
	}
	if len(texts) == 1 {
		return texts[0]
	}
	return "one of " + strings.Join(texts, ", ")
}

func quoteAll(values []string) string {
	texts := make([]string, 0, shown+1)
	for n, value := range values {
		if n == shown {
			texts = append(texts, fmt.Sprintf("and %d more", len(values)-shown))
			break
		}
		texts = append(texts, quote(value))
	}
	return strings.Join(texts, ", ")
}

func tellForm(a *attempt) (found, wanted string) {
	wanted = fmt.Sprintf("a JWT of three parts, at most %d KiB, signed with RS256 or ES384", MaxTokenSize>>10)
	if a.compact == nil {
		return fmt.Sprintf("%d bytes", len(a.token)), wanted
	}
	return fmt.Sprintf("%d bytes, %s, kid %s", len(a.token), a.compact.algorithm, quote(a.compact.keyID)), wanted
}

func tellIssuer(a *attempt) (found, wanted string) {
	return quote(a.claimed.Issuer), a.v.trust.wanted(a.claimed)
}

// wanted says whom to trust instead: the issuers of the token's own account, if
// there are any, for an account's issuer changes when it is made anew.
func (t *trust) wanted(claimed *unverified) string {
	if t == nil {
		return ""
	}
	var own []string
	total := 0
	for i := range t.all {
		total++
		for _, account := range i.Accounts {
			if account == claimed.AccountID {
				own = append(own, i.URL)
			}
		}
	}
	switch {
	case len(own) > 0:
		return fmt.Sprintf("%s, which is listed for account %s", oneOf(own), claimed.AccountID)
	case total == 1 && t.organization == nil:
		for i := range t.all {
			return i.URL
		}
	case total > 0 && t.organization == nil:
		return fmt.Sprintf("one of %d issuers that are listed", total)
	case total > 0:
		return fmt.Sprintf("one of %d issuers that are listed, or one of the form %s", total, t.organization.template())
	case t.organization != nil:
		return "an issuer of the form " + t.organization.template()
	}
	return ""
}

// all calls yield with each listed issuer, in no order.
func (t *trust) all(yield func(*issuer) bool) {
	for _, i := range t.listed {
		if !yield(i) {
			return
		}
	}
	if t.file == nil {
		return
	}
	for _, i := range t.file.version.Load().issuers {
		if !yield(i) {
			return
		}
	}
}

func (o *organization) template() string { return o.before + uuidMark + o.behind }

func tellAlgorithm(a *attempt) (found, wanted string) {
	return string(a.compact.algorithm), oneOf(a.from.Algorithms)
}

func tellKey(a *attempt) (found, wanted string) {
	return "kid " + quote(a.compact.keyID), fmt.Sprintf("a key of this issuer's for %s", a.compact.algorithm)
}

func tellClaimedAudience(a *attempt) (found, wanted string) {
	return a.tellAudience(a.claimed.audience)
}

func tellAudience(a *attempt) (found, wanted string) { return a.tellAudience(a.decoded.Audience) }

func (a *attempt) tellAudience(audience []string) (found, wanted string) {
	wanted = oneOf(a.from.Audiences)
	if a.v.singleAudience {
		wanted += ", and no other (single_audience)"
	}
	return quoteAll(audience), wanted
}

func tellClaimedExpiry(a *attempt) (found, wanted string) { return a.tellExpiry(a.claimed.expiry) }

func tellExpiry(a *attempt) (found, wanted string) { return a.tellExpiry(a.decoded.Expiry) }

func (a *attempt) tellExpiry(expiry time.Time) (found, wanted string) {
	now := a.v.now()
	return moment(expiry), fmt.Sprintf("after %s, with a leeway of %v", moment(now), a.v.leeway)
}

func tellStart(a *attempt) (found, wanted string) {
	found = "iat " + moment(a.decoded.IssuedAt)
	if !a.decoded.NotBefore.IsZero() {
		found += ", nbf " + moment(a.decoded.NotBefore)
	}
	return found, fmt.Sprintf("not after %s, with a leeway of %v", moment(a.v.now()), a.v.leeway)
}

func tellLifetime(a *attempt) (found, wanted string) {
	return a.decoded.Expiry.Sub(a.decoded.IssuedAt).String(), fmt.Sprintf("at most %v", a.v.maxLifetime)
}

func tellAccount(a *attempt) (found, wanted string) {
	wanted = "any, since the issuer is pinned to none"
	if len(a.from.Accounts) > 0 {
		wanted = oneOf(a.from.Accounts)
	}
	return a.decoded.AccountID, wanted
}

func tellSubject(a *attempt) (found, wanted string) {
	return quote(a.decoded.Subject), "an ARN of account " + a.decoded.AccountID
}

func tellOrganization(a *attempt) (found, wanted string) {
	if found = "none"; a.decoded.OrgID != "" {
		found = quote(a.decoded.OrgID)
	}
	return found, oneOf(a.from.orgs)
}

// tellClaims are what is shown of the checks of claims.
var tellClaims = map[string]func(*attempt) (found, wanted string){
	CheckAudience: tellAudience, CheckExpiry: tellExpiry, CheckStart: tellStart, CheckLifetime: tellLifetime,
	CheckAccount: tellAccount, CheckSubject: tellSubject, CheckOrganization: tellOrganization,
}

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }
