package ledger

// Query selects entries.
type Query struct {
	Limit   int
	Before  uint64 // the Next of the page before; 0 begins with the newest
	Result  string // "" is any
	Reason  string // "" is any
	Account string // "" is any; of a token that was not verified it is what that says
}

// Page is a part of the entries, the newest first.
type Page struct {
	Decisions []Entry `json:"decisions"`
	Next      uint64  `json:"next,omitempty"` // for Before; absent on the last page
}

// Page returns the entries that a query selects.
func (l *Ledger) Page(q Query) Page {
	entries, more := l.Entries(q.Before, q.Limit, func(e *Entry) bool {
		return (q.Result == "" || string(e.Result) == q.Result) && (q.Reason == "" || e.Reason == q.Reason) &&
			(q.Account == "" || e.AccountID == q.Account)
	})
	page := Page{Decisions: entries}
	if entries == nil {
		page.Decisions = []Entry{}
	}
	if more {
		page.Next = entries[len(entries)-1].ID
	}
	return page
}
