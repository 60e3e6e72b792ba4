package identity

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestBodiesThatMayHaveTrailers(t *testing.T) {
	body := func() io.ReadCloser { return io.NopCloser(strings.NewReader("a")) }
	for _, test := range []struct {
		name    string
		request http.Request
		want    bool
	}{
		{"HTTP/1 with a length", http.Request{ProtoMajor: 1, ContentLength: 1, Body: body()}, false},
		{"HTTP/1 with a length and announced trailers", http.Request{ProtoMajor: 1, ContentLength: 1, Body: body(), Trailer: http.Header{}}, true},
		{"HTTP/1 with a length that a handler made up", http.Request{ProtoMajor: 1, ContentLength: 1, Body: body(), TransferEncoding: []string{"chunked"}}, true},
		{"HTTP/1 chunked", http.Request{ProtoMajor: 1, ContentLength: -1, Body: body(), TransferEncoding: []string{"chunked"}}, true},
		{"HTTP/1 without a body", http.Request{ProtoMajor: 1, Body: http.NoBody}, false},
		{"HTTP/2 with a length", http.Request{ProtoMajor: 2, ContentLength: 1, Body: body()}, true},
		{"HTTP/2 without a body", http.Request{ProtoMajor: 2, Body: http.NoBody}, false},
		{"HTTP/3", http.Request{ProtoMajor: 3, ContentLength: -1, Body: body()}, true},
		{"no body", http.Request{ProtoMajor: 2}, false},
	} {
		before := test.request.Body
		new(Headers).Strip(&test.request)
		if wrapped := test.request.Body != before; wrapped != test.want {
			t.Errorf("%s: wrapped: %t", test.name, wrapped)
		}
	}
}

// lateBody does what net/http does: trailers appear in the map in the Read that
// finds the end, or in Close.
type lateBody struct {
	mu     sync.Mutex
	text   io.Reader
	end    error
	atEnd  func()
	closed bool
}

func (b *lateBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return 0, http.ErrBodyReadAfterClose
	}
	n, err := b.text.Read(p)
	if err == io.EOF {
		b.merge()
		err = b.end
	}
	return n, err
}

func (b *lateBody) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.merge()
	b.closed = true
	return errors.New("closing: from within")
}

func (b *lateBody) merge() {
	if b.atEnd != nil {
		b.atEnd()
		b.atEnd = nil
	}
}

// lateRequest has trailers that appear in a map which its copies share.
func lateRequest() (*http.Request, *lateBody) {
	trailer := http.Header{"X-Checksum": nil}
	body := &lateBody{text: strings.NewReader("hello"), end: io.EOF, atEnd: func() {
		trailer["X-Checksum"] = []string{"1"}
		trailer["X-Aws-Token-Sub"] = []string{"forged"}
		trailer["x_team"] = []string{"forged"}
	}}
	r := httptest.NewRequest(http.MethodPost, "/", body)
	r.Trailer = trailer
	return r, body
}

func wantChecksumAlone(t *testing.T, trailer http.Header) {
	t.Helper()
	if len(trailer) != 1 || trailer.Get("X-Checksum") != "1" {
		t.Errorf("got trailers %v, want X-Checksum alone", trailer)
	}
}

func TestTrailersAreScrubbedBeforeTheReaderSeesTheEnd(t *testing.T) {
	r, _ := lateRequest()
	copied := r.WithContext(r.Context())
	mustNew(t, Config{}).Strip(r, "X-Team")
	text, err := io.ReadAll(r.Body)
	if err != nil || string(text) != "hello" {
		t.Fatalf("read %q, %v", text, err)
	}
	wantChecksumAlone(t, copied.Trailer)
}

func TestTrailersAreScrubbedOnClose(t *testing.T) {
	r, _ := lateRequest()
	mustNew(t, Config{}).Strip(r, "X-Team")
	if err := r.Body.Close(); err == nil || err.Error() != "closing: from within" {
		t.Errorf("got %v, want the inner error", err)
	}
	wantChecksumAlone(t, r.Trailer)
}

func TestTrailersAreScrubbedOnCloseAfterAnEndThatWasNone(t *testing.T) {
	r, body := lateRequest()
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(body, 2), body}
	mustNew(t, Config{}).Strip(r, "X-Team")
	if text, err := io.ReadAll(r.Body); err != nil || string(text) != "he" {
		t.Fatalf("read %q, %v", text, err)
	}
	r.Body.Close()
	wantChecksumAlone(t, r.Trailer)
}

func TestTrailersSetLaterOnTheRequestAreScrubbed(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Body = &lateBody{text: strings.NewReader("a"), end: io.EOF, atEnd: func() {
		r.Trailer = http.Header{"X-Checksum": {"1"}, "X-Aws-Token-Sub": {"forged"}}
	}}
	r.ContentLength = -1
	new(Headers).Strip(r)
	if _, err := io.ReadAll(r.Body); err != nil {
		t.Fatal(err)
	}
	wantChecksumAlone(t, r.Trailer)
}

func TestTrailersOfCopiesAreScrubbedWhateverBecomesOfTheRequest(t *testing.T) {
	r, _ := lateRequest()
	new(Headers).Strip(r, "X-Team")
	copied := r.WithContext(r.Context())
	r.Trailer = nil
	if _, err := io.ReadAll(copied.Body); err != nil {
		t.Fatal(err)
	}
	wantChecksumAlone(t, copied.Trailer)
}

func TestTrailersOfNestedHandlers(t *testing.T) {
	r, _ := lateRequest()
	new(Headers).Strip(r)
	inner := r.WithContext(r.Context())
	mustNew(t, Config{Headers: []Header{{"X-Team", "a"}}}).Strip(inner)
	if _, err := io.ReadAll(inner.Body); err != nil {
		t.Fatal(err)
	}
	wantChecksumAlone(t, inner.Trailer)
}

func TestBodyPassesTextAndErrors(t *testing.T) {
	r, body := lateRequest()
	body.end = io.ErrUnexpectedEOF
	new(Headers).Strip(r)
	text, err := io.ReadAll(r.Body)
	if string(text) != "hello" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("read %q, %v", text, err)
	}
}

func TestCloseWakesARead(t *testing.T) {
	in, out := io.Pipe()
	defer out.Close()
	r := httptest.NewRequest(http.MethodPost, "/", in)
	new(Headers).Strip(r)
	done := make(chan error)
	go func() {
		_, err := r.Body.Read(make([]byte, 1))
		done <- err
	}()
	r.Body.Close()
	if err := <-done; err == nil {
		t.Error("Read came back without an error")
	}
}

// A transport may close a body in one goroutine while another reads it. Maps
// that are changed and walked at once end the process.
func TestReadAndCloseAtOnceUnderNestedHandlers(t *testing.T) {
	outerHeaders := mustNew(t, Config{Headers: []Header{{"X-Team", "a"}}})
	for range 500 {
		r, _ := lateRequest()
		new(Headers).Strip(r)
		r.Body = struct{ io.ReadCloser }{r.Body} // some other handler's
		outerHeaders.Strip(r)
		var both sync.WaitGroup
		both.Go(func() { _, _ = io.Copy(io.Discard, r.Body) })
		both.Go(func() { r.Body.Close() })
		both.Wait()
		if names := slices.Collect(keys(r.Trailer)); !slices.Equal(names, []string{"X-Checksum"}) {
			t.Fatalf("got trailers %q", names)
		}
	}
}
