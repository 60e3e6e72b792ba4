package caddymodule

import (
	"net/http"
	"strconv"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/ledger"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/remedy"
)

func adminDecisions(_ http.ResponseWriter, r *http.Request) (any, error) {
	values, err := adminQuery(r, "limit", "before", "reason", "result", "account")
	if err != nil {
		return nil, err
	}
	limit, err := pageSize(values)
	if err != nil {
		return nil, err
	}
	result, err := oneOf(values, "result", []string{string(ledger.Refused), string(ledger.Audited)})
	if err != nil {
		return nil, err
	}
	reason, err := oneOf(values, "reason", reasonNames())
	if err != nil {
		return nil, err
	}
	account := values.Get("account")
	if account != "" && !awstoken.IsAccountID(account) {
		return nil, badRequest("account: %s is not 12 digits", quoteForeign(account))
	}
	var before uint64
	if text := values.Get("before"); text != "" {
		if before, err = strconv.ParseUint(text, 10, 64); err != nil || before == 0 {
			return nil, badRequest("before: %s is not the id of a decision", quoteForeign(text))
		}
	}
	return decisions.Page(ledger.Query{Limit: limit, Before: before, Result: result, Reason: reason, Account: account}), nil
}

func reasonNames() []string {
	var names []string
	for _, each := range remedy.All() {
		names = append(names, each.Reason)
	}
	return names
}
