package stack

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
)

// Upstream is an HTTP/1.1 server that reads requests from raw connections and
// keeps every byte, so that nothing is tidied before it is looked at.
type Upstream struct {
	Address string

	listener net.Listener
	mu       sync.Mutex
	answer   Answer
	seen     []Arrival
	open     map[net.Conn]bool
	accepted int
}

// Answer answers a request on the connection that it came from; in holds what
// follows the request. An error ends the connection.
type Answer func(a Arrival, connection net.Conn, in *bufio.Reader) error

// Arrival is one request as it arrived.
type Arrival struct {
	Connection int // the upstream's connections, counted from 1

	Line    string      // such as "GET / HTTP/1.1"
	Header  http.Header // keys spelt as they came
	Body    string      // without chunk framing
	Trailer http.Header // keys spelt as they came
}

// Get returns the values of a header field or trailer, in any case.
func (a Arrival) Get(field string) []string {
	var values []string
	for _, header := range []http.Header{a.Header, a.Trailer} {
		for name, each := range header {
			if strings.EqualFold(name, field) {
				values = append(values, each...)
			}
		}
	}
	return values
}

// StartUpstream listens on a free port of loopback.
func StartUpstream() (*Upstream, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting upstream: %w", err)
	}
	u := &Upstream{Address: listener.Addr().String(), listener: listener, open: make(map[net.Conn]bool)}
	go u.accept()
	return u, nil
}

// SetAnswer has later requests answered by answer; nil is the 200 of the start.
func (u *Upstream) SetAnswer(answer Answer) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.answer = answer
}

// Close ends the upstream and its connections.
func (u *Upstream) Close() {
	_ = u.listener.Close()
	u.mu.Lock()
	defer u.mu.Unlock()
	for connection := range u.open {
		_ = connection.Close()
	}
}

// Seen returns the requests that arrived since the last call.
func (u *Upstream) Seen() []Arrival {
	u.mu.Lock()
	defer u.mu.Unlock()
	seen := u.seen
	u.seen = nil
	return seen
}

func (u *Upstream) accept() {
	for {
		connection, err := u.listener.Accept()
		if err != nil {
			return
		}
		u.mu.Lock()
		u.open[connection] = true
		u.accepted++
		number := u.accepted
		u.mu.Unlock()
		go u.serve(connection, number)
	}
}

func (u *Upstream) serve(connection net.Conn, number int) {
	defer func() {
		u.mu.Lock()
		delete(u.open, connection)
		u.mu.Unlock()
		_ = connection.Close()
	}()
	in := bufio.NewReader(connection)
	for {
		arrival, err := readArrival(in)
		if err != nil {
			return
		}
		arrival.Connection = number
		u.mu.Lock()
		u.seen = append(u.seen, arrival)
		answer := u.answer
		u.mu.Unlock()
		if answer == nil {
			answer = answerOK
		}
		if err := answer(arrival, connection, in); err != nil {
			return
		}
	}
}

func answerOK(_ Arrival, connection net.Conn, _ *bufio.Reader) error {
	_, err := io.WriteString(connection, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
	return err
}

func readArrival(in *bufio.Reader) (Arrival, error) {
	var a Arrival
	line, err := in.ReadString('\n')
	if err != nil {
		return a, fmt.Errorf("reading request line: %w", err)
	}
	a.Line = strings.TrimRight(line, "\r\n")
	if a.Header, err = readFields(in); err != nil {
		return a, err
	}
	if len(a.Get("Transfer-Encoding")) > 0 {
		return a, a.readChunks(in)
	}
	if length := a.Get("Content-Length"); len(length) == 1 {
		var n int64
		if _, err := fmt.Sscan(length[0], &n); err != nil {
			return a, fmt.Errorf("reading body: %w", err)
		}
		body, err := io.ReadAll(io.LimitReader(in, n))
		a.Body = string(body)
		return a, err
	}
	return a, nil
}

func (a *Arrival) readChunks(in *bufio.Reader) error {
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return fmt.Errorf("reading chunk: %w", err)
		}
		var size int64
		if _, err := fmt.Sscanf(line, "%x", &size); err != nil {
			return fmt.Errorf("reading chunk: %w", err)
		}
		if size == 0 {
			a.Trailer, err = readFields(in)
			return err
		}
		chunk := make([]byte, size+2)
		if _, err := io.ReadFull(in, chunk); err != nil {
			return fmt.Errorf("reading chunk: %w", err)
		}
		a.Body += string(chunk[:size])
	}
}

func readFields(in *bufio.Reader) (http.Header, error) {
	fields := make(http.Header)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return nil, fmt.Errorf("reading fields: %w", err)
		}
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			return fields, nil
		}
		name, value, _ := strings.Cut(line, ":")
		fields[name] = append(fields[name], strings.TrimSpace(value))
	}
}
