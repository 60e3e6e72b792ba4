package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// request is one that somebody sends to the gateway.
type request struct {
	path       string // names it, in the upstream and in the gateway's log
	from       *issuer
	team       string
	generation int // of the key
	spoilt     spoil
	kind       string // how it is counted
	site       string
	method     string
	body       int // its length
	token      string
	connection string // what kind it goes over
	probing    bool   // over one that was held ready for a load
}

var requests atomic.Int64

// newRequest makes a request with a token, by any method.
func newRequest(t token, site, kind string) *request {
	r := &request{
		path: "/r/" + strconv.FormatInt(requests.Add(1), 10), from: t.from, team: t.team, generation: t.generation,
		kind: kind, site: site, method: http.MethodGet, token: t.raw,
	}
	if anyOf([]bool{true, false, false}) {
		r.method, r.body = http.MethodPost, anyOf([]int{0, 10, 2000, 20000})
	}
	return r
}

func (r *request) String() string {
	return fmt.Sprintf("%s %s%s (%s, %d bytes), a token of %s, team %s, key %d, over %s", r.method, r.site, r.path, r.kind, r.body, r.from.name, r.team, r.generation, r.connection)
}

// answer is what came of a request.
type answer struct {
	status  int
	account string // that the upstream saw, as what follows
	subject string
	token   string
	length  string
}

// exchange sends a request once.
type exchange func(ctx context.Context, r *request) (answer, error)

const answerWithin = 15 * time.Second

// httpClient makes an exchange over connections that are kept, or over a fresh
// one for each request.
func httpClient(gateway string, keep bool) (exchange, *http.Transport) {
	transport := &http.Transport{
		DisableCompression: true, DisableKeepAlives: !keep,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, gateway)
		},
	}
	client := &http.Client{Transport: transport, Timeout: answerWithin}
	connection := "a fresh connection"
	if keep {
		connection = "a kept connection"
	}
	return func(ctx context.Context, r *request) (answer, error) {
		r.connection = connection
		out, err := r.build(ctx, gateway)
		if err != nil {
			return answer{}, err
		}
		response, err := client.Do(out)
		if err != nil {
			return answer{}, err
		}
		defer func() { _ = response.Body.Close() }()
		return readAnswer(response)
	}, transport
}

// build makes the request for the network.
func (r *request) build(ctx context.Context, gateway string) (*http.Request, error) {
	var body io.Reader
	if r.method == http.MethodPost {
		body = strings.NewReader(strings.Repeat("x", r.body))
	}
	out, err := http.NewRequestWithContext(ctx, r.method, "http://"+gateway+r.path, body)
	if err != nil {
		return nil, fmt.Errorf("building a request: %w", err)
	}
	out.Host = r.site
	out.Header.Set("Authorization", "Bearer "+r.token)
	out.Header.Set("X-Aws-Token-Sub", "forged")
	return out, nil
}

func readAnswer(response *http.Response) (answer, error) {
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return answer{}, fmt.Errorf("reading an answer: %w", err)
	}
	return answer{
		status: response.StatusCode, account: response.Header.Get(sawAccount), subject: response.Header.Get(sawSubject),
		token: response.Header.Get(sawToken), length: response.Header.Get(sawLength),
	}, nil
}

// faults says what is wrong with an answer to a request that passed.
func (a answer) faults(r *request) string {
	want := answer{a.status, r.from.account, r.from.roleARN(r.team), "false", strconv.Itoa(r.body)}
	if a == want {
		return ""
	}
	return fmt.Sprintf("the upstream saw %+v, not %+v", a, want)
}
