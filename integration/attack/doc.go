// Package attack holds the attacks of docs/threat-model.md against the built
// gateway: raw connections on one side, an upstream that keeps every byte on
// the other. Each row of that page is a row here, each row has probes, and
// beside each probe stands a control that differs from it in one property and
// passes. rows_test.go has the rows in the page's order, by the lists in
// form_test.go, issuer_test.go, keys_test.go, reload_test.go, policy_test.go,
// header_test.go, assertion_test.go and operation_test.go; each list names the functions that make
// a row's probes.
//
//	go test ./integration/attack                       # all
//	go test ./integration/attack -run 'TestRows/H2'    # one row
//	go test ./integration/attack -run 'TestRows/H2/one.line/h2c'
package attack
