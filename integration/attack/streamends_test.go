package attack

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// briefSite ends whatever lasts for a second.
var briefSite = strings.Replace(streamSite, "max_stream 1h", "max_stream 1s", 1)

// A handler that is stuck in writing looks at no context: it is the connection,
// or the stream, that ends. The control reads as late and gets all.
func downloadEnds(t *testing.T, p protocol) {
	t.Parallel()
	const size = 64 << 20 // more than sockets hold
	directory := t.TempDir()
	file, err := os.Create(filepath.Join(directory, "file"))
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Truncate(size); err != nil {
		t.Fatal(err)
	}
	_ = file.Close()
	fileSite := func(site string) string {
		return strings.Replace(site, "reverse_proxy UPSTREAM", "root * "+directory+"\nfile_server", 1)
	}
	bodies := make(map[bool]io.ReadCloser)
	for lasts, site := range map[bool]string{false: briefSite, true: lastingSite} {
		g := newGate(t, fileSite(site))
		request, err := http.NewRequest(http.MethodGet, scheme(p)+"://"+g.address(p)+"/file", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+mint(nil))
		response, err := g.keptAlive(t, p).Do(request)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%v, %v", response, err)
		}
		bodies[lasts] = response.Body
	}
	time.Sleep(slack)
	for lasts, body := range bodies {
		n, err := io.Copy(io.Discard, body)
		_ = body.Close()
		if (err == nil && n == size) != lasts {
			t.Errorf("lasts %v: read %d bytes, %v", lasts, n, err)
		}
	}
}

// hangs leaves requests for /slow without an answer until the client is gone.
func hangs(a stack.Arrival, connection net.Conn, in *bufio.Reader) error {
	if strings.Contains(a.Line, "/slow") {
		_, err := in.ReadByte()
		return err
	}
	_, err := io.WriteString(connection, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
	return err
}

// An upstream whose request was ended is not marked as down, or one slow request
// would shut out everybody else.
func endIsNoFailure(t *testing.T) {
	t.Parallel()
	g := newGate(t, strings.Replace(briefSite, "reverse_proxy UPSTREAM", "reverse_proxy UPSTREAM {\n\tfail_duration 1m\n}", 1))
	for _, p := range every {
		g.upstream.SetAnswer(hangs)
		if a := g.send(t, p, call(mint(nil)).to("/slow")); a.status == http.StatusOK {
			t.Fatalf("%s: the slow request was answered", p)
		}
		g.passes(t, p, call(mint(nil)))
	}
	// The control: an upstream that does fail is marked.
	g.upstream.SetAnswer(func(stack.Arrival, net.Conn, *bufio.Reader) error { return io.EOF })
	g.send(t, h1, call(mint(nil)))
	g.upstream.SetAnswer(nil)
	if a := g.send(t, h1, call(mint(nil))); a.status != http.StatusServiceUnavailable {
		t.Errorf("an upstream that broke off is still asked: status %d", a.status)
	}
}

// A request whose time runs out while a proxy looks for an upstream reaches none
// by way of an error route. Without max_stream it does.
func overIsOver(t *testing.T) {
	t.Parallel()
	elsewhere := func(site string) string {
		return strings.Replace(site, "reverse_proxy UPSTREAM",
			"reverse_proxy 127.0.0.1:1 {\n\tlb_try_duration 3s\n}\nhandle_errors {\n\treverse_proxy UPSTREAM\n}", 1)
	}
	over, control := newGate(t, elsewhere(briefSite)), newGate(t, elsewhere(lastingSite))
	for _, p := range every {
		if a := over.send(t, p, call(mint(nil))); a.status == http.StatusOK {
			t.Errorf("%s: what was over was answered", p)
		}
		if seen := over.upstream.Seen(); len(seen) > 0 {
			t.Errorf("%s: the upstream saw %+v", p, seen)
		}
	}
	control.passes(t, h1, call(mint(nil)))
}
