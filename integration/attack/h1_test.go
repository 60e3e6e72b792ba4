package attack

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// patience is how long a connection may take for one probe.
const patience = 10 * time.Second

// dial connects as the protocol has it.
func (g *gate) dial(p protocol) (net.Conn, error) {
	if !p.tls() {
		connection, err := net.DialTimeout("tcp", g.address(p), patience)
		if err != nil {
			return nil, err
		}
		return connection, connection.SetDeadline(time.Now().Add(patience))
	}
	alpn := "http/1.1"
	if p == h2 {
		alpn = "h2"
	}
	connection, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", g.address(p), tlsConfig(alpn))
	if err != nil {
		return nil, err
	}
	if got := connection.ConnectionState().NegotiatedProtocol; got != alpn {
		return nil, fmt.Errorf("dialling: the gateway speaks %q, not %s", got, alpn)
	}
	return connection, connection.SetDeadline(time.Now().Add(patience))
}

func tlsConfig(alpn ...string) *tls.Config {
	return &tls.Config{RootCAs: certificate().Pool(), NextProtos: alpn}
}

// sendH1 writes the request as it stands, on a connection of its own.
func (g *gate) sendH1(p protocol, r request) (answer, error) {
	connection, err := g.dial(p)
	if err != nil {
		return answer{}, err
	}
	defer connection.Close()
	if _, err := io.WriteString(connection, r.h1(g.address(p))); err != nil {
		return answer{}, nil // it was cut off, which is an answer, too
	}
	return readH1(bufio.NewReader(connection), r.methodOr())
}

func readH1(in *bufio.Reader, method string) (answer, error) {
	response, err := http.ReadResponse(in, &http.Request{Method: method})
	for err == nil && response.StatusCode == http.StatusContinue {
		response, err = http.ReadResponse(in, &http.Request{Method: method})
	}
	if err != nil {
		return answer{}, nil
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, fmt.Errorf("reading the body of status %d: %w", response.StatusCode, err)
	}
	return answer{response.StatusCode, response.Header, string(body)}, nil
}

// h1 is the request in HTTP/1.1.
func (r request) h1(address string) string {
	if r.raw != "" {
		return strings.ReplaceAll(r.raw, "HOST", address)
	}
	host := r.host
	if host == "" {
		host = address
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%s %s HTTP/1.1\r\nHost: %s\r\n", r.methodOr(), r.targetOr(), host)
	for _, f := range r.fields {
		fmt.Fprintf(&out, "%s: %s\r\n", f.name, f.value)
	}
	switch {
	case r.chunked || r.trailer != nil:
		out.WriteString("Transfer-Encoding: chunked\r\n\r\n")
		if r.body != "" {
			fmt.Fprintf(&out, "%x\r\n%s\r\n", len(r.body), r.body)
		}
		out.WriteString("0\r\n")
		for _, f := range r.trailer {
			fmt.Fprintf(&out, "%s: %s\r\n", f.name, f.value)
		}
		out.WriteString("\r\n")
	case r.body != "":
		fmt.Fprintf(&out, "Content-Length: %d\r\n\r\n%s", len(r.body), r.body)
	default:
		out.WriteString("\r\n")
	}
	return out.String()
}
