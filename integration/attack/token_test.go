package attack

import "encoding/json"

// namespace is where AWS puts what is particular to it.
const namespace = "https://sts.amazonaws.com/"

// parts are what a token is made of, to be changed before it is signed.
type parts struct {
	header map[string]any // on top of a real token's; nil removes a parameter
	claims map[string]any
	aws    map[string]any // the claims in the namespace
}

// mint signs the orders role's good claims after a change; nil changes nothing.
// Whatever it signs is a canary.
func mint(change func(*parts)) string { return mintAs(ordersAccount, change) }

// mintAs does so with the key of an account, for the account's own role.
func mintAs(account string, change func(*parts)) string {
	p := goodParts(account)
	if change != nil {
		change(p)
	}
	token, err := issuers().Mint(account, p.header, p.claims)
	if err != nil {
		panic(err)
	}
	return canaries.note(token)
}

func goodParts(account string) *parts {
	claims, err := issuers().GoodClaims(roles[account], audience)
	if err != nil {
		panic(err)
	}
	return &parts{map[string]any{}, claims, claims[namespace].(map[string]any)}
}

// mintRaw signs the bytes of a header and a payload as they are.
func mintRaw(algorithm, header, payload string) string {
	token, err := issuers().SignRaw(ordersAccount, algorithm, []byte(header), []byte(payload))
	if err != nil {
		panic(err)
	}
	return canaries.note(token)
}

// goodHeader and goodPayload are a good token's, as text to be spoilt.
func goodHeader() string {
	key, err := issuers().SigningKey(ordersAccount, "ES384")
	if err != nil {
		panic(err)
	}
	return text(map[string]any{"alg": "ES384", "kid": key.KeyID, "typ": "JWT"})
}

func goodPayload() string { return text(goodParts(ordersAccount).claims) }

func text(v any) string {
	encoded, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}
