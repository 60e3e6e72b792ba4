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
			t.Parallel()
			for _, p := range every {
				t.Run(string(p), func(t *testing.T) { eventsEnd(t, p) })
			}
		}},
		{name: "a call in both directions ends with its token", script: callEnds},
		{name: "a download that nobody reads ends", script: func(t *testing.T) {
			t.Parallel()
			for _, p := range every {
				t.Run(string(p), func(t *testing.T) { downloadEnds(t, p) })
			}
		}},
		{name: "an ended stream is no failure of the upstream", script: endIsNoFailure},
		{name: "what is over is not served by error routes", script: overIsOver},
		{
			name: "error routes find no upgrade", by: onlyH1, attack: handshake(bearer()), control: call(mint(nil)),
			site:     strings.Replace(webSocketSite, "reverse_proxy UPSTREAM", "reverse_proxy 127.0.0.1:1\nhandle_errors {\n\treverse_proxy UPSTREAM\n}", 1),
			disarmed: all(trueIdentity, has("Upgrade", "")), intact: trueIdentity,
		},
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

// slack is how much a busy machine may be late.
const slack = 4 * time.Second

// Two streams begin with a token of a few seconds: one ends with it, the other,
// at a site that differs in a line, goes on.
func eventsEnd(t *testing.T, p protocol) {
	t.Parallel()
	ending, lasting := newGate(t, streamSite), newGate(t, lastingSite)
	token, end := mintShort()
	ends, lasts := ending.tickUntil(t, p, token, end.Add(slack)), lasting.tickUntil(t, p, token, end.Add(slack))
	if last := <-ends; last.Before(end.Add(-slack/2)) || last.After(end.Add(slack)) {
		t.Errorf("the stream ended %v after its token", last.Sub(end))
	}
	if last := <-lasts; last.Before(end.Add(slack)) {
		t.Errorf("without max_stream the stream ended, too, %v after its token", last.Sub(end))
	}
}

// tickUntil opens a stream of events, and says when it read one last, until a
// time at most.
func (g *gate) tickUntil(t *testing.T, p protocol, token string, until time.Time) <-chan time.Time {
	t.Helper()
	g.upstream.SetAnswer(ticks)
	request, err := http.NewRequest(http.MethodGet, scheme(p)+"://"+g.address(p)+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := g.keptAlive(t, p).Do(request)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v", response, err)
	}
	last := make(chan time.Time, 1)
	go func() {
		last <- lastRead(response.Body, until)
		_ = response.Body.Close()
	}()
	return last
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

// callEnds is a call as gRPC makes them: over HTTP/2 to the upstream, with both
// sides writing. What the client writes after the end arrives nowhere.
func callEnds(t *testing.T) {
	t.Parallel()
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
			token, end := mintShort()
			until <- end.Add(slack)
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
			response, err := g.keptAlive(t, h2c).Do(request)
			if err != nil || response.StatusCode != http.StatusOK {
				t.Fatalf("%v, %v", response, err)
			}
			defer response.Body.Close()
			if last := <-heard; last.Before(end.Add(slack)) == lasts || last.Before(end.Add(-slack/2)) {
				t.Errorf("the upstream heard the last word %v after the end of the token", last.Sub(end))
			}
		})
	}
}
