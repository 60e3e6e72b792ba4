// Package attack holds the attacks of docs/threat-model.md against the built
// gateway: raw connections on one side, an upstream that keeps every byte on
// the other. Each row of that page is a row here, each row has probes, and
// beside each probe stands a control that differs from it in one property and
// passes.
//
//	go test ./integration/attack                       # all
//	go test ./integration/attack -run 'TestRows/H2'    # one row
//	go test ./integration/attack -run 'TestRows/H2/one.line/h2c'
package attack
