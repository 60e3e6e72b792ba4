package verifier

import (
	"context"
	"net/http"
	"time"
)

// maxPublished is how many keys of a document a record holds. A document of 512
// KiB could have tens of thousands that nobody uses.
const maxPublished = 4 * maxKeys

// fetchRecord is what a fetch met on its way. It goes with the fetch's context,
// so that a fetch that is looked at is the same as any other. A nil record
// takes nothing down.
type fetchRecord struct {
	now       func() time.Time
	visits    []Fetched
	discovery map[string]any // the discovery document
	published []publishedKey
	more      int // keys beyond maxPublished
}

// publishedKey is one member of a key document, and what became of it.
type publishedKey struct {
	text []byte
	key  Key
	err  error // why it is not used
}

type recordKey struct{}

func withRecord(ctx context.Context, r *fetchRecord) context.Context {
	return context.WithValue(ctx, recordKey{}, r)
}

// recordOf returns the record that a fetch is to keep, or nil.
func recordOf(ctx context.Context) *fetchRecord {
	r, _ := ctx.Value(recordKey{}).(*fetchRecord)
	return r
}

// visit notes that a document is being fetched, until the function that it
// returns is called.
func (r *fetchRecord) visit(location string) (end func()) {
	if r == nil {
		return func() {}
	}
	began, n := r.now(), len(r.visits)
	r.visits = append(r.visits, Fetched{Location: location})
	return func() { r.visits[n].Took = r.now().Sub(began) }
}

func (r *fetchRecord) discovered(document map[string]any) {
	if r != nil {
		r.discovery = document
	}
}

func (r *fetchRecord) judged(member []byte, k Key, err error) {
	switch {
	case r == nil:
	case len(r.published) == maxPublished:
		r.more++
	default:
		r.published = append(r.published, publishedKey{member, k, err})
	}
}

// took is how long all of the fetch took.
func (r *fetchRecord) took() (all time.Duration) {
	for _, visit := range r.visits {
		all += visit.Took
	}
	return all
}

// fault is an error of a fetch that says which kind of fault it is. Its text is
// that of the error.
type fault struct {
	code   ProbeCode
	status int // that was answered, of one for its status
	error
}

func (f *fault) Unwrap() error { return f.error }

func faulty(code ProbeCode, err error) error { return &fault{code: code, error: err} }

func statusFault(status int, err error) error {
	code := ProbeStatus
	if status >= http.StatusMultipleChoices && status < http.StatusBadRequest {
		code = ProbeRedirect
	}
	return &fault{code, status, err}
}
