package celpolicy

import (
	"fmt"
	"math/rand/v2"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// generatedRules hold, fail or do neither, depending on the token.
var generatedRules = []string{
	`aws_token.principal_tags.team == "orders"`,
	`aws_token.principal_tags["team"] in ["orders", "billing"] && request.method == "GET"`,
	`has(aws_token.principal_tags.env) && aws_token.principal_tags.env != "prod"`,
	`!has(aws_token.federated_provider) || aws_token.principal_tags.env == "prod" && request.method == "GET"`,
	`request.path.startsWith("/v1/")`,
	`request.path == "/v1/orders" || aws_token.request_tags.job == "nightly"`,
	`in_ou(aws_token.org.ou_path, "ou-ab12-1") && (request.method == "GET" || aws_token.jti == "1")`,
	`aws_token.original_session_exp > request.time`,
	`aws_token.principal_tags.all(k, k.startsWith("t"))`,
	`aws_token.principal_tags.exists(k, aws_token.principal_tags[k] == "prod") && aws_token.jti != "2"`,
	`aws_token.claims.level == 5 || bool(aws_token.claims.flag)`,
	`aws_token.claims.flag && aws_token.jti == "1"`,
	`arn_like(aws_token.sub, "arn:aws:iam::*:role/*") || ip_in(request.remote_ip, "10.0.0.0/8")`,
	`aws_token.principal_tags[?"team"].orValue("none") == "none"`,
	`true`,
	`1 / 0 == 1 || aws_token.jti == "1"`,
}

// generate makes a policy, a token and a request out of a few choices each.
func generate(random *rand.Rand) (Config, *awstoken.Token, Request) {
	often := func() bool { return random.IntN(3) > 0 }
	pick := func(texts ...string) string { return texts[random.IntN(len(texts))] }
	rules := func(kind string) (list []Rule) {
		for i := range random.IntN(4) {
			r := Rule{Expression: pick(generatedRules...), Shadow: !often()}
			if often() {
				r.Name = fmt.Sprint(kind, "-", i)
			}
			list = append(list, r)
		}
		return list
	}
	cfg := Config{Deny: rules("d"), Allow: rules("a")}
	if !often() {
		cfg.Accounts = []string{"111111111111"}
	}
	if !often() {
		cfg.PrincipalTags = map[string][]string{"team": {"orders"}}
	}
	t := &awstoken.Token{
		AccountID: pick("111111111111", "222222222222", "111111111111"), ID: pick("1", "2", "3"),
		Subject: pick("", "arn:aws:iam::111111111111:role/x"), FederatedProvider: pick("", "x"),
		OUPath:        [][]string{nil, {"o-a/r-b/ou-ab12-1/"}, {"o-a/r-b/ou-ab12-12/"}}[random.IntN(3)],
		PrincipalTags: map[string]string{}, Other: map[string]any{},
	}
	if often() {
		t.PrincipalTags[pick("team", "Team", "team")] = pick("orders", "Orders ", "billing")
	}
	if often() {
		t.PrincipalTags["env"] = pick("prod", "test")
	}
	if !often() {
		t.RequestTags = map[string]string{pick("job", "team"): pick("nightly", "orders")}
	}
	if often() {
		t.OriginalSessionExpiry = testTime.AddDate(0, 0, random.IntN(3)-1)
		t.Other["flag"] = random.IntN(2) == 0
	}
	return cfg, t, Request{
		Method: pick("GET", "POST"), EscapedPath: pick("/v1/orders", "/v1/x", "/v2", "/v1//x"),
		RemoteIP: pick("10.1.2.3", "192.0.2.1", ""), Time: testTime,
	}
}
