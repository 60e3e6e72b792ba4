package devsts

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// pending is a request in a bubble of synctest, where hours take no time and a
// goroutine that is left over fails the test. It is also what the answer is
// written to, which a test may read before it is whole.
type pending struct {
	leave context.CancelFunc // the client goes

	mu       sync.Mutex
	answer   *httptest.ResponseRecorder
	finished bool // the handler has returned or panicked
	aborted  bool // it has cut the connection
}

func (p *pending) Header() http.Header { return p.answer.Header() }

func (p *pending) WriteHeader(status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer.WriteHeader(status)
}

func (p *pending) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.answer.Write(b)
}

func (p *pending) Flush() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer.Flush()
}

// progress is how far a request has got.
type progress struct {
	finished, aborted, flushed bool
	status                     int
	body                       string
}

// look waits until nothing happens any more by itself.
func (p *pending) look() progress {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return progress{p.finished, p.aborted, p.answer.Flushed, p.answer.Code, p.answer.Body.String()}
}

func send(s *Server, d Document) *pending {
	ctx, leave := context.WithCancel(context.Background())
	p := &pending{answer: httptest.NewRecorder(), leave: leave}
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, path(ordersIssuer, d), nil)
	go func() {
		defer func() {
			err, _ := recover().(error)
			aborted := errors.Is(err, http.ErrAbortHandler)
			p.mu.Lock()
			defer p.mu.Unlock()
			p.finished, p.aborted = true, aborted
		}()
		s.Handler().ServeHTTP(p, r)
	}()
	synctest.Wait()
	return p
}

// bubbleServer is a server for such requests.
func bubbleServer(t *testing.T) *Server {
	t.Helper()
	s, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetBaseURL("http://127.0.0.1:8010"); err != nil {
		t.Fatal(err)
	}
	return s
}

func wantRight(t *testing.T, p *pending) {
	t.Helper()
	if got := p.look(); !got.finished || got.aborted || got.status != 200 || !strings.Contains(got.body, ordersIssuer) {
		t.Errorf("not the right answer: %+v", got)
	}
}

func wantWaiting(t *testing.T, p *pending) {
	t.Helper()
	if got := p.look(); got.finished || got.body != "" {
		t.Errorf("not waiting: %+v", got)
	}
}

func wantAborted(t *testing.T, p *pending) {
	t.Helper()
	if got := p.look(); !got.finished || !got.aborted {
		t.Errorf("not cut: %+v", got)
	}
}

func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := bubbleServer(t)
		wantRight(t, send(s, DocumentDiscovery)) // the control
		mustSet(t, s, Fault{Issuer: ordersAcc, Document: DocumentDiscovery, Kind: FaultDelay, Delay: 2 * time.Second})
		p := send(s, DocumentDiscovery)
		time.Sleep(2*time.Second - 1)
		wantWaiting(t, p)
		time.Sleep(time.Nanosecond)
		wantRight(t, p)

		gone := send(s, DocumentDiscovery)
		gone.leave()
		wantAborted(t, gone)

		early := send(s, DocumentDiscovery)
		if err := s.ClearFaults(ordersAcc); err != nil {
			t.Fatal(err)
		}
		wantRight(t, early)
	})
}

// TestHang: nothing is answered until the fault ends, in each of the ways that
// it can, or the client goes.
func TestHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := bubbleServer(t)
		hang := Fault{Issuer: ordersAcc, Kind: FaultHang}
		mustSet(t, s, hang)
		cleared, gone := send(s, DocumentDiscovery), send(s, DocumentDiscovery)
		time.Sleep(1000 * time.Hour)
		wantWaiting(t, cleared)
		gone.leave()
		wantAborted(t, gone)
		wantWaiting(t, cleared)
		if err := s.ClearFaults(""); err != nil {
			t.Fatal(err)
		}
		wantRight(t, cleared)

		hang.For = time.Minute
		mustSet(t, s, hang)
		expired := send(s, DocumentDiscovery)
		time.Sleep(time.Minute - 1)
		wantWaiting(t, expired)
		time.Sleep(time.Nanosecond)
		wantRight(t, expired)

		hang.For = 0
		mustSet(t, s, hang)
		replaced := send(s, DocumentDiscovery)
		mustSet(t, s, Fault{Issuer: ordersAcc, Kind: FaultError})
		if got := replaced.look(); !got.finished || got.status != 503 {
			t.Errorf("replaced by an error: %+v", got)
		}
		if n := s.Fetches().Total.Discovery; n != 4 {
			t.Errorf("counted %d times; those that waited count once", n)
		}
	})
}

func TestEndless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := bubbleServer(t)
		mustSet(t, s, Fault{Issuer: ordersAcc, Kind: FaultEndless})
		cleared, gone := send(s, DocumentKeys), send(s, DocumentKeys)
		time.Sleep(10 * time.Second)
		if got := cleared.look(); got.finished || got.status != 200 || !got.flushed || got.body != strings.Repeat(" ", 101) {
			t.Errorf("%+v", got)
		}
		gone.leave()
		wantAborted(t, gone)
		if got := cleared.look(); got.finished {
			t.Errorf("one client has gone, and the other's answer ended: %+v", got)
		}
		if err := s.ClearFaults(""); err != nil {
			t.Fatal(err)
		}
		wantAborted(t, cleared)
		wantRight(t, send(s, DocumentDiscovery)) // the control
	})
}

// TestWaitingOnWire: over a connection, whoever waits gets past the server's
// time-outs, and a client that goes ends the request.
func TestWaitingOnWire(t *testing.T) {
	e := start(t, DefaultConfig())
	var active atomic.Int32
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		active.Add(1)
		defer active.Add(-1)
		e.Handler().ServeHTTP(w, r)
	}))
	web.Config.ReadTimeout, web.Config.WriteTimeout = 50*time.Millisecond, 50*time.Millisecond
	web.Start()
	t.Cleanup(web.Close)
	url := web.URL + path(ordersIssuer, DocumentDiscovery)
	right := fetchPlainly(t, url)

	mustSet(t, e.Server, Fault{Issuer: ordersAcc, Kind: FaultDelay, Delay: 300 * time.Millisecond})
	begin := time.Now()
	f := fetchPlainly(t, url)
	if f.err != nil || f.status != 200 || !bytes.Equal(f.body, right.body) || time.Since(begin) < 300*time.Millisecond {
		t.Errorf("delay: %d %v after %v", f.status, f.err, time.Since(begin))
	}

	mustSet(t, e.Server, Fault{Issuer: ordersAcc, Kind: FaultHang})
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := http.DefaultClient.Do(r); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hang: %v", err)
	}
	for deadline := time.Now().Add(10 * time.Second); active.Load() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("hang: the request has outlived its client")
		}
	}

	mustSet(t, e.Server, Fault{Issuer: ordersAcc, Kind: FaultEndless})
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.ReadFull(resp.Body, make([]byte, 5)); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("endless: %d %v", resp.StatusCode, err)
	}
	if err := e.ClearFaults(""); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("endless, cleared: %q %v", rest, err)
	}
}
