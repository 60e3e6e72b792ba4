package attack

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// streamSite ends streams; without the line max_stream they last.
const streamSite = `
	aws_jwt {
		issuer ISSUER 111122223333
		audience orders.internal
		leeway 0s
		max_stream 1h
	}
	reverse_proxy UPSTREAM`

var lastingSite = strings.Replace(streamSite, "max_stream 1h", "", 1)

// streams are the probes of row H7 for what lasts without an upgrade.
func streams() []probe {
	return []probe{
		{name: "events end with their token", script: func(t *testing.T) {
			for _, p := range every {
				t.Run(string(p), func(t *testing.T) { eventsEnd(t, p) })
			}
		}},
		{name: "a call in both directions ends with its token", script: callEnds},
	}
}

// ticks answers with server-sent events until nobody takes them.
func ticks(_ stack.Arrival, connection net.Conn, _ *bufio.Reader) error {
	_, err := io.WriteString(connection, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
	for ; err == nil; time.Sleep(50 * time.Millisecond) {
		_, err = io.WriteString(connection, "data: tick\n\n")
	}
	return err
}

// Each stream begins with a token of a few seconds. At the site with max_stream
// it ends then; at the one without it goes on.
func eventsEnd(t *testing.T, p protocol) {
	t.Parallel()
	gates := []*gate{newGate(t, streamSite), newGate(t, lastingSite)}
	token, end := mintUntil(shortLife)
	last := make(chan time.Time)
	for _, g := range gates {
		g.upstream.SetAnswer(ticks)
		client := g.client(p)
		request, err := http.NewRequest(http.MethodGet, scheme(p)+"://"+g.address(p)+"/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := client.Do(request)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%v, %v", response, err)
		}
		go func() {
			last <- lastRead(response.Body, end.Add(2*time.Second))
			_ = response.Body.Close()
		}()
	}
	first, second := <-last, <-last
	if second.Before(first) {
		first, second = second, first
	}
	if early := end.Sub(first); early > time.Second {
		t.Errorf("a stream ended %v before its token", early)
	}
	if !first.Before(end.Add(2*time.Second)) || second.Before(end.Add(2*time.Second)) {
		t.Errorf("the streams ended %v and %v after their token; want one soon after it and the other not", first.Sub(end), second.Sub(end))
	}
}

// lastRead reads until nothing comes any more or a time is over, and says when
// it read last.
func lastRead(from io.Reader, until time.Time) time.Time {
	var last time.Time
	buffer := make([]byte, 1<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			last = time.Now()
		}
		if err != nil || last.After(until) {
			return last
		}
	}
}

// client speaks the protocol and no other.
func (g *gate) client(p protocol) *http.Client {
	transport := &http.Transport{Protocols: new(http.Protocols)}
	switch p {
	case h1, h1TLS:
		transport.Protocols.SetHTTP1(true)
	case h2c:
		transport.Protocols.SetUnencryptedHTTP2(true)
	case h2:
		transport.Protocols.SetHTTP2(true)
	}
	transport.TLSClientConfig = tlsConfig()
	return &http.Client{Transport: transport}
}

// callEnds is a call as gRPC makes them: over HTTP/2 to the upstream, with both
// sides writing. What the client writes after the end arrives nowhere.
func callEnds(t *testing.T) {
	for _, lasts := range []bool{false, true} {
		t.Run(fmt.Sprint("lasts ", lasts), func(t *testing.T) {
			t.Parallel()
			until, heard := make(chan time.Time, 1), make(chan time.Time, 1)
			upstream := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_ = http.NewResponseController(w).Flush()
				heard <- lastRead(r.Body, <-until)
			}))
			upstream.Config.Protocols = new(http.Protocols)
			upstream.Config.Protocols.SetUnencryptedHTTP2(true)
			upstream.Start()
			defer upstream.Close()
			site := streamSite
			if lasts {
				site = lastingSite
			}
			g := newGate(t, strings.Replace(site, "UPSTREAM", "h2c://"+upstream.Listener.Addr().String(), 1))
			token, end := mintUntil(shortLife)
			until <- end.Add(2 * time.Second)
			body, speaker := io.Pipe()
			request, err := http.NewRequest(http.MethodPost, "http://"+g.gateway.Address+"/call", body)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", "Bearer "+token)
			go func() {
				for _, err := io.WriteString(speaker, "word"); err == nil; _, err = io.WriteString(speaker, "word") {
					time.Sleep(50 * time.Millisecond)
				}
			}()
			defer speaker.Close()
			response, err := g.client(h2c).Do(request)
			if err != nil || response.StatusCode != http.StatusOK {
				t.Fatalf("%v, %v", response, err)
			}
			defer response.Body.Close()
			if last := <-heard; last.Before(end.Add(2*time.Second)) == lasts || last.Before(end.Add(-time.Second)) {
				t.Errorf("the upstream heard the last word %v after the end of the token", last.Sub(end))
			}
		})
	}
}
