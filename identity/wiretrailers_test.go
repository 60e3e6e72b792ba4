package identity

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

const chunked = "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n%s\n5\nhello\n0\n%s\n"

func TestTrailersOverHTTP1(t *testing.T) {
	for _, test := range []struct {
		name, header, trailer string
		open, want            http.Header // trailers at the upstream
	}{
		{"none", "", "", nil, nil},
		{"innocent", "Trailer: X-Sum\n", "X-Sum: 1\n", http.Header{"X-Sum": {"1"}}, http.Header{"X-Sum": {"1"}}},
		{"announced", "Trailer: X-Sum, X-Aws-Token-Sub\n", "X-Sum: 1\nX-Aws-Token-Sub: forged\n",
			http.Header{"X-Sum": {"1"}, "X-Aws-Token-Sub": {"forged"}}, http.Header{"X-Sum": {"1"}}},
		{"announced in another spelling", "Trailer: X-Sum, x_team\n", "X-Sum: 1\nx_team: forged\n",
			http.Header{"X-Sum": {"1"}, "X_team": {"forged"}}, http.Header{"X-Sum": {"1"}}},
		{"not announced beside one that is", "Trailer: X-Sum\n", "X-Sum: 1\nX-Aws-Token-Sub: forged\nX-TEAM: forged\n",
			http.Header{"X-Sum": {"1"}, "X-Aws-Token-Sub": {"forged"}, "X-Team": {"forged"}}, http.Header{"X-Sum": {"1"}}},
		{"announced alone", "Trailer: X-Aws-Token-Sub\n", "X-Aws-Token-Sub: forged\n",
			http.Header{"X-Aws-Token-Sub": {"forged"}}, nil},
		{"announced alone, another sent", "Trailer: X-Aws-Token-Sub\n", "X-Team: forged\n",
			http.Header{"X-Aws-Token-Sub": nil, "X-Team": {"forged"}}, nil},
		{"not announced", "", "X-Aws-Token-Sub: forged\n", nil, nil},
	} {
		for _, h2cUpstream := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/h2c upstream %t", test.name, h2cUpstream), func(t *testing.T) {
				request := fmt.Sprintf(chunked, test.header, test.trailer)
				front, arrived := startFront(t, h2cUpstream, open)
				sendRaw(t, front, request)
				unstripped := test.open
				if h2cUpstream {
					unstripped = announcedOnly(unstripped, test.header)
				}
				if got := wait(t, arrived); got.body != "hello" || !sameTrailers(got.trailer, unstripped) {
					t.Errorf("the control: got %q with trailers %v, want %v", got.body, got.trailer, unstripped)
				}
				front, arrived = startFront(t, h2cUpstream, stripped(t))
				sendRaw(t, front, request)
				got := wait(t, arrived)
				if got.body != "hello" || !sameTrailers(got.trailer, test.want) {
					t.Errorf("got %q with trailers %v, want %v", got.body, got.trailer, test.want)
				}
				wantIdentity(t, got.header)
			})
		}
	}
}

// announcedOnly returns what net/http's HTTP/2 server lets its handler see of
// trailers.
func announcedOnly(trailers http.Header, announcement string) http.Header {
	announced := trailers.Clone()
	for key := range announced {
		if !strings.Contains(strings.ToLower(announcement), strings.ToLower(key)) {
			delete(announced, key)
		}
	}
	return announced
}

// sameTrailers takes a trailer that was announced and not sent for absent.
func sameTrailers(got, want http.Header) bool {
	sent := func(h http.Header) http.Header {
		result := http.Header{}
		for key, values := range h {
			if len(values) > 0 {
				result[key] = values
			}
		}
		return result
	}
	return reflect.DeepEqual(sent(got), sent(want))
}

// trailingBody sets trailers that were not announced when the body ends.
type trailingBody struct {
	io.Reader
	atEnd func()
}

func (b trailingBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		b.atEnd()
	}
	return n, err
}

func TestTrailersOverHTTP2(t *testing.T) {
	for _, test := range []struct {
		name            string
		announced, late http.Header
		length          int64
		open            http.Header
	}{
		{"innocent", http.Header{"X-Sum": {"1"}}, nil, -1, http.Header{"X-Sum": {"1"}}},
		{"announced", http.Header{"X-Sum": {"1"}, "X-Aws-Token-Sub": {"forged"}}, nil, -1,
			http.Header{"X-Sum": {"1"}, "X-Aws-Token-Sub": {"forged"}}},
		{"announced, with a length", http.Header{"X-Sum": {"1"}, "X_team": {"forged"}}, nil, 5,
			http.Header{"X-Sum": {"1"}, "X_team": {"forged"}}},
		{"not announced beside one that is", http.Header{"X-Sum": {"1"}}, http.Header{"X-Team": {"forged"}}, -1,
			http.Header{"X-Sum": {"1"}}}, // net/http drops it
	} {
		for _, h2cUpstream := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/h2c upstream %t", test.name, h2cUpstream), func(t *testing.T) {
				front, arrived := startFront(t, h2cUpstream, open)
				sendHTTP2(t, front, test.announced, test.late, test.length)
				// A body of known length has no trailers in HTTP/1, so the proxy loses them.
				lost := test.length >= 0 && !h2cUpstream
				if got := wait(t, arrived); !lost && !sameTrailers(got.trailer, test.open) {
					t.Errorf("the control: got trailers %v, want %v", got.trailer, test.open)
				}
				front, arrived = startFront(t, h2cUpstream, stripped(t))
				sendHTTP2(t, front, test.announced, test.late, test.length)
				got := wait(t, arrived)
				if want := (http.Header{"X-Sum": {"1"}}); got.body != "hello" || !lost && !sameTrailers(got.trailer, want) {
					t.Errorf("got %q with trailers %v, want %v", got.body, got.trailer, want)
				}
				wantIdentity(t, got.header)
			})
		}
	}
}

func sendHTTP2(t *testing.T, address string, announced, late http.Header, length int64) {
	t.Helper()
	transport := &http.Transport{Protocols: protocols(true)}
	defer transport.CloseIdleConnections()
	trailer := announced.Clone()
	body := trailingBody{bytes.NewReader([]byte("hello")), func() { maps.Copy(trailer, late) }}
	r, err := http.NewRequest(http.MethodPost, "http://"+address+"/", body)
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength, r.Trailer = length, trailer
	r.Header["x_team"] = []string{"admins"}
	response, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	if response.ProtoMajor != 2 {
		t.Errorf("the front answered with %s", response.Proto)
	}
	response.Body.Close()
}

// A handler that puts another body in place of the client's closes that one
// first, which brings in its trailers.
func TestTrailersOfABodyThatWasReplaced(t *testing.T) {
	strip := stripped(t)
	for _, test := range []struct {
		name    string
		prepare func(*http.Request)
		want    http.Header
	}{
		{"open", open, http.Header{"X-Sum": {"1"}, "X-Aws-Token-Sub": {"forged"}}},
		{"stripped", strip, http.Header{"X-Sum": {"1"}}},
	} {
		front, arrived := startFront(t, false, func(r *http.Request) {
			test.prepare(r)
			r.Body.Close()
			r.Body = io.NopCloser(strings.NewReader("other"))
		})
		sendRaw(t, front, fmt.Sprintf(chunked, "Trailer: X-Sum\n", "X-Sum: 1\nX-Aws-Token-Sub: forged\n"))
		if got := wait(t, arrived); got.body != "other" || !sameTrailers(got.trailer, test.want) {
			t.Errorf("%s: got %q with trailers %v, want %v", test.name, got.body, got.trailer, test.want)
		}
	}
}

// Without a copy in between, undeclared trailers reach the server's own request.
func TestTrailersOfTheServersOwnRequest(t *testing.T) {
	trailers := make(chan http.Header, 1)
	address := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		new(Headers).Strip(r)
		if _, err := io.ReadAll(r.Body); err != nil {
			t.Error(err)
		}
		trailers <- r.Trailer
	}))
	sendRaw(t, address, fmt.Sprintf(chunked, "", "X-Sum: 1\nX-Aws-Token-Sub: forged\n"))
	if got := <-trailers; !sameTrailers(got, http.Header{"X-Sum": {"1"}}) {
		t.Errorf("got %v", got)
	}
}
