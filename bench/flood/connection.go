package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// answerWithin is how long an answer may take.
const answerWithin = 30 * time.Second

// connection is one of a client's to the gateway. It writes requests that are
// made already: the client shares the machine with what it measures, and
// net/http's would take more of it.
type connection struct {
	address string
	open    net.Conn // nil until it is dialled, and after a failure
	in      *bufio.Reader
}

// ask sends a request and reads the answer. It is cut off when the context ends.
func (c *connection) ask(ctx context.Context, request []byte) (status int, err error) {
	if c.open == nil {
		dialer := net.Dialer{Timeout: answerWithin}
		if c.open, err = dialer.DialContext(ctx, "tcp", c.address); err != nil {
			c.open = nil
			return 0, fmt.Errorf("calling the gateway: %w", err)
		}
		c.in = bufio.NewReader(c.open)
	}
	_ = c.open.SetDeadline(time.Now().Add(answerWithin)) // it fails when reading does
	stop := context.AfterFunc(ctx, func(open net.Conn) func() {
		return func() { _ = open.SetDeadline(time.Unix(1, 0)) }
	}(c.open))
	status, again, err := c.exchange(request)
	if !stop() || err != nil || !again {
		c.close()
	}
	return status, err
}

// exchange also says whether the connection can be used again.
func (c *connection) exchange(request []byte) (status int, again bool, err error) {
	if _, err := c.open.Write(request); err != nil {
		return 0, false, fmt.Errorf("calling the gateway: %w", err)
	}
	response, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return 0, false, fmt.Errorf("reading the answer: %w", err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return 0, false, fmt.Errorf("reading the answer: %w", err)
	}
	return response.StatusCode, !response.Close, nil
}

func (c *connection) close() {
	if c.open != nil {
		_ = c.open.Close()
		c.open = nil
	}
}

// requestWith is a request that bears a token, or none when it is "".
func requestWith(host, token string) string {
	text := "GET /orders HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: flood\r\nAccept: */*\r\n"
	if token != "" {
		text += "Authorization: Bearer " + token + "\r\n"
	}
	return text + "\r\n"
}
