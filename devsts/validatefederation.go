package devsts

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// The limits of CreateOpenIDConnectProvider, as its IAM API reference page gives
// them.
const (
	maxProviderURL = 255
	maxClientIDs   = 100
	maxClientID    = 255
)

// providers validates the identity providers of an account.
func (f *faults) providers(path string, list []OIDCProvider) {
	urls := map[string]string{}
	for i, p := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		if err := checkProviderURL(p.URL, p.AllowLoopback); err != nil {
			f.add(at+".url", "%q %w", p.URL, err)
		}
		if len(p.URL) > maxProviderURL {
			f.add(at+".url", "has more than %d characters", maxProviderURL)
		}
		f.unique(urls, at+".url", p.URL)
		if len(p.ClientIDs) == 0 || len(p.ClientIDs) > maxClientIDs {
			f.add(at+".client_ids", "%d are not 1 to %d", len(p.ClientIDs), maxClientIDs)
		}
		for n, id := range p.ClientIDs {
			if id == "" || utf8.RuneCountInString(id) > maxClientID {
				f.add(fmt.Sprintf("%s.client_ids[%d]", at, n), "is not of 1 to %d characters", maxClientID)
			}
		}
	}
}

// trust validates a role's trust policy against the providers of its account.
func (f *faults) trust(path string, policy []TrustStatement, providers []OIDCProvider) {
	for i, s := range policy {
		at := fmt.Sprintf("%s[%d]", path, i)
		n := slices.IndexFunc(providers, func(p OIDCProvider) bool { return p.URL == s.Provider })
		if n < 0 {
			f.add(at+".provider", "%q is not one of the account's oidc_providers", s.Provider)
			continue
		}
		f.condition(at+".condition", s.Condition, conditionKeys(providers[n]))
	}
}

func (f *faults) condition(path string, condition map[string]map[string][]string, keys []string) {
	count := 0
	for _, operator := range slices.Sorted(maps.Keys(condition)) {
		at := path + "." + operator
		if operator != operatorEquals && operator != operatorLike {
			f.add(at, "is not one of %s, %s", operatorEquals, operatorLike)
		}
		for _, key := range slices.Sorted(maps.Keys(condition[operator])) {
			count++
			if !slices.Contains(keys, key) {
				f.add(at+"."+key, "is not one of %s", strings.Join(keys, ", "))
			}
			if values := condition[operator][key]; len(values) == 0 || slices.Contains(values, "") {
				f.add(at+"."+key, "has no value, or an empty one")
			}
		}
	}
	if count == 0 {
		f.add(path, "at least one key is required; \"*\" under StringLike trusts every token of the provider")
	}
}
