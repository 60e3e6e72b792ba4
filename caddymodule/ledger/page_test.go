package ledger

import (
	"slices"
	"testing"
)

// Each part of a query leaves out what differs in it alone.
func TestPage(t *testing.T) {
	l, _ := newLedger(10)
	audited := Entry{Result: Audited, Reason: "policy_denied", AccountID: "111122223333"}
	l.Add(refused("expired"))
	l.Add(audited)
	audited.Result, audited.Status = Refused, 403
	l.Add(audited)
	audited.AccountID = "444455556666"
	l.Add(audited)
	for name, tt := range map[string]struct {
		query Query
		want  []uint64
		next  uint64
	}{
		"all":          {Query{Limit: 4}, []uint64{4, 3, 2, 1}, 0},
		"the newest":   {Query{Limit: 2}, []uint64{4, 3}, 3},
		"the next":     {Query{Limit: 2, Before: 3}, []uint64{2, 1}, 0},
		"a result":     {Query{Limit: 4, Result: "audited"}, []uint64{2}, 0},
		"a reason":     {Query{Limit: 4, Reason: "policy_denied"}, []uint64{4, 3, 2}, 0},
		"an account":   {Query{Limit: 4, Account: "111122223333"}, []uint64{3, 2}, 0},
		"all of these": {Query{Limit: 4, Result: "refused", Reason: "policy_denied", Account: "111122223333"}, []uint64{3}, 0},
		"none":         {Query{Limit: 4, Reason: "unknown_key"}, nil, 0},
	} {
		page := l.Page(tt.query)
		if got := ids(page.Decisions); !slices.Equal(got, tt.want) || page.Next != tt.next || page.Decisions == nil {
			t.Errorf("%s: %v, next %d; want %v, %d", name, got, page.Next, tt.want, tt.next)
		}
	}
}
