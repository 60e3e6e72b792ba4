package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
)

// identityHeader is the one that every proxy sets.
const identityHeader = "X-Aws-Token-Sub"

// serveUpstream answers each request with 200 and the identity header that came
// with it. It reads requests without a body, which is all that this program
// sends, and knows just enough HTTP for that: net/http would cost as much as
// some of the proxies, on the processors of the client.
func serveUpstream(listener net.Listener) error {
	for {
		connection, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("accepting a connection: %w", err)
		}
		go func() {
			defer func() { _ = connection.Close() }()
			// Whatever ends the connection ends it for the proxy, too, which then says so.
			_ = answerAll(connection)
		}()
	}
}

// answerAll answers requests until the connection ends.
func answerAll(connection io.ReadWriter) error {
	in := bufio.NewReaderSize(connection, 16<<10)
	var out []byte
	for {
		identity := out[:0]
		for first := true; ; first = false {
			line, err := in.ReadSlice('\n')
			if err != nil {
				return err
			}
			line = bytes.TrimRight(line, "\r\n")
			if len(line) == 0 && !first {
				break
			}
			if len(line) > len(identityHeader) && line[len(identityHeader)] == ':' &&
				bytes.EqualFold(line[:len(identityHeader)], []byte(identityHeader)) {
				identity = append(identity, bytes.TrimSpace(line[len(identityHeader)+1:])...)
			}
		}
		body := string(identity)
		out = append(out[:0], "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: "...)
		out = strconv.AppendInt(out, int64(len(body)), 10)
		out = append(out, "\r\n\r\n"...)
		out = append(out, body...)
		if _, err := connection.Write(out); err != nil {
			return err
		}
	}
}
