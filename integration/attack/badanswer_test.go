package attack

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
)

// k2: whatever an issuer's server answers, its callers are told 503 within the
// timeout, for a bounded amount of memory. The control is the same issuer with
// the same token, once its server answers rightly.
func k2() (probes []probe) {
	for n, kind := range devsts.FaultKinds() {
		probes = append(probes, probe{name: "devsts " + strings.ReplaceAll(string(kind), "_", " "), script: func(t *testing.T) { sick().fault(t, n, kind) }})
	}
	for n, each := range badAnswers {
		probes = append(probes, probe{name: each.name, script: func(t *testing.T) { sick().answer(t, n) }})
	}
	return probes
}

// badAnswers are answers of a server that devsts does not give.
var badAnswers = []struct {
	name   string
	answer http.HandlerFunc
}{
	{"a gigabyte", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"keys":[`)
		piece := bytes.Repeat([]byte(" "), 1<<20)
		for range 1 << 10 {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
		_, _ = io.WriteString(w, `]}`)
	}},
	{"a gigabyte, compressed", gzipBomb},
	{"a gigabyte of header", hijacked("HTTP/1.1 200 OK\r\n", "X-Filler: "+strings.Repeat("x", 1000)+"\r\n", 1<<20)},
	{"interim answers without end", hijacked("", "HTTP/1.1 100 Continue\r\n\r\n", 1<<40)},
	{"chunks without end", hijacked("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1;"+strings.Repeat("x", 1000)+"\r\n \r\n", 1<<40)},
	{"no http", hijacked("\x00\x01\x02 220 smtp ready\r\n\r\n", "", 0)},
	{"a length that it does not keep", hijacked("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{\"keys\":[]}", "", 0)},
	{"two lengths", hijacked("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 11\r\n\r\n{\"keys\":[]}", "", 0)},
	{"one byte too many", func(w http.ResponseWriter, r *http.Request) { says(padded(512<<10+1))(w, r) }},
	{"nesting", says(`{"keys":` + strings.Repeat("[", 500_000))},
	{"nothing", says("")},
	{"no content", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }},
	{"a part", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusPartialContent)
		says(ordersKeys())(w, r)
	}},
	{"the keys with another status", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		says(ordersKeys())(w, r)
	}},
	{"the keys in an encoding that nobody asked for", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "br")
		says(`{"keys":[}`)(w, r)
	}},
}

// padded is the right key document with white space up to a size, in bytes.
func padded(size int) string { return ordersKeys() + strings.Repeat(" ", size-len(ordersKeys())) }

// hijacked writes a text, and another one as often as may be.
func hijacked(first, again string, times int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer connection.Close()
		_, err = io.WriteString(connection, first)
		for range times {
			if err != nil {
				return
			}
			_, err = io.WriteString(connection, again)
		}
		if tcp, ok := connection.(*net.TCPConn); ok {
			_ = tcp.CloseWrite()
		}
	}
}

// gzipBomb sends a gigabyte of spaces, compressed (RFC 1952): one compressed
// piece again and again.
func gzipBomb(w http.ResponseWriter, _ *http.Request) {
	var piece bytes.Buffer
	deflate, err := flate.NewWriter(&piece, flate.BestSpeed)
	if err != nil {
		panic(err)
	}
	_, _ = deflate.Write(bytes.Repeat([]byte(" "), 1<<20))
	_ = deflate.Flush()
	w.Header().Set("Content-Encoding", "gzip")
	_, _ = w.Write([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255})
	for range 1 << 10 {
		if _, err := w.Write(piece.Bytes()); err != nil {
			return
		}
	}
	_, _ = w.Write([]byte{1, 0, 0, 255, 255})
}

// sickbed has an issuer for each bad answer, and a gateway that trusts all.
type sickbed struct {
	sts       *devsts.Server
	publisher *publisher
	admin     string
	site      string
}

// mostWait is how long a bad answer may take, on a machine with other work to
// do. The timeout of the fetch is a second.
const mostWait = 8 * time.Second

var sick = sync.OnceValue(func() *sickbed {
	s := &sickbed{publisher: newPublisher(nil)}
	kinds := devsts.FaultKinds()
	s.sts = startSTS(len(kinds))
	lines := []string{"aws_jwt {", "audience orders.internal", "jwks {", "timeout 1s", "cooldown 10ms", "persist off", "}"}
	for n := range kinds {
		lines = append(lines, "issuer "+urlOf(s.sts, accountID(n))+" "+accountID(n))
	}
	for n := range badAnswers {
		lines = append(lines, "issuer "+s.publisher.publish(strconv.Itoa(n), ordersKeys())+" 111122223333")
	}
	s.admin = mustFreeAddress()
	s.site = "global admin " + s.admin + "\n" + strings.Join(append(lines, "}", "reverse_proxy UPSTREAM"), "\n")
	return s
})

// refuses asserts that a token is answered 503 in time, for little memory, and
// that it passes once the fault is over.
func (s *sickbed) refuses(t *testing.T, token string, mend func()) {
	t.Helper()
	a := administered{gateOf(t, s.site), s.admin}
	before, began := a.peak(t), time.Now()
	answer := a.refuses(t, h1, call(token), http.StatusServiceUnavailable, "keys_unavailable")
	if took := time.Since(began); took > mostWait {
		t.Errorf("it took %v", took)
	}
	if answer.header.Get("Retry-After") != "1" || answer.header.Get("WWW-Authenticate") != "" {
		t.Errorf("answered with %v", answer.header)
	}
	atMost(t, "the bad answer", before, a.peak(t), 64)
	mend()
	eventually(t, "the token passes when the fault is over", func() bool {
		answer, err := a.sendH1(h1, call(token))
		return err == nil && answer.status == http.StatusOK
	})
	a.passes(t, h1, call(token))
}

// fault is a probe of one kind of devsts's. unknown_kinds is good for those who
// judge key by key.
func (s *sickbed) fault(t *testing.T, n int, kind devsts.FaultKind) {
	account := accountID(n)
	f := devsts.Fault{Issuer: account, Kind: kind}
	if kind == devsts.FaultDelay {
		f.Delay = time.Minute
	}
	if _, err := s.sts.SigningKey(account, devsts.RS256); err != nil { // so that no fetch waits for it
		t.Fatal(err)
	}
	if err := s.sts.SetFault(f); err != nil {
		t.Fatal(err)
	}
	token := mintOf(t, s.sts, account)
	if kind == devsts.FaultUnknownKinds {
		gateOf(t, s.site).passes(t, h1, call(token))
		return
	}
	s.refuses(t, token, func() {
		if err := s.sts.ClearFaults(account); err != nil {
			t.Error(err)
		}
	})
}

// answer is a probe of one of badAnswers. The gigabytes must not have been sent.
func (s *sickbed) answer(t *testing.T, n int) {
	path := fmt.Sprintf("/%d", n) + keysPath
	s.publisher.page(path, badAnswers[n].answer)
	mended := says(ordersKeys())
	if badAnswers[n].name == "one byte too many" {
		mended = says(padded(512 << 10))
	}
	s.refuses(t, mintAt(s.publisher.issuer(strconv.Itoa(n)), nil), func() { s.publisher.page(path, mended) })
}
