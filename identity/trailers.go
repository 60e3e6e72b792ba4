package identity

import (
	"errors"
	"io"
	"net/http"
	"sync"
)

// mayHaveTrailers reports whether trailers may arrive behind the body of r.
// In HTTP/1 only a chunked body has them (RFC 9112, section 7.1.2); in HTTP/2
// and 3 any body may, one with a Content-Length too.
func mayHaveTrailers(r *http.Request) bool {
	if r.Body == nil || r.Body == http.NoBody {
		return false
	}
	return r.ProtoMajor != 1 || r.ContentLength < 0 || len(r.TransferEncoding) > 0 || r.Trailer != nil
}

// scrubbedBody removes managed trailers as they arrive. net/http puts what
// follows a chunked body into the server's Request.Trailer in the Read or Close
// that finds the end, names that were never announced too when the map is
// there; shallow copies of the request share that map.
type scrubbedBody struct {
	io.ReadCloser
	request *http.Request // Trailer may be set on it later
	trailer http.Header   // what its copies share
	managed names

	// mu keeps the Close of one goroutine and the Read of another from working
	// on the trailers at once. Close holds it throughout, Read only after the
	// inner Read came back, so Close can still wake a Read that waits. Thus
	// several bodies on top of one another need no lock in common.
	mu     sync.Mutex
	closed bool // and scrubbed: no more trailers arrive
}

// Read removes the trailers before the reader learns that the body has ended,
// since that is when a proxy looks at them.
func (b *scrubbedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.scrub()
	}
	return n, err
}

// Close removes the trailers that the inner Close found while it looked for the
// end of the body: a handler may put another body in place of this one and
// forward the request with the trailers it has.
func (b *scrubbedBody) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	err := b.ReadCloser.Close()
	b.scrub()
	b.closed = true
	return err
}

func (b *scrubbedBody) scrub() {
	if b.closed {
		return
	}
	b.managed.scrub(b.trailer)
	b.managed.scrub(b.request.Trailer)
}
