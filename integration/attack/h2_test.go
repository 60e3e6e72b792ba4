package attack

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// h2Client writes and reads frames, so that nothing is tidied on the way.
type h2Client struct {
	connection net.Conn
	framer     *http2.Framer
	encoder    *hpack.Encoder
	encoded    bytes.Buffer
	stream     uint32
}

func (g *gate) dialH2(p protocol) (*h2Client, error) {
	connection, err := g.dial(p)
	if err != nil {
		return nil, err
	}
	c := &h2Client{connection: connection, framer: http2.NewFramer(connection, connection)}
	c.encoder = hpack.NewEncoder(&c.encoded)
	c.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	c.framer.MaxHeaderListSize = 1 << 20
	c.framer.AllowIllegalWrites = true
	if _, err := io.WriteString(connection, http2.ClientPreface); err != nil {
		return nil, err
	}
	return c, c.framer.WriteSettings()
}

// sendH2 sends the request on a connection of its own.
func (g *gate) sendH2(p protocol, r request) (answer, error) {
	c, err := g.dialH2(p)
	if err != nil {
		return answer{}, err
	}
	defer c.connection.Close()
	if err := c.send(r, g.address(p), scheme(p)); err != nil {
		return answer{}, nil // it was cut off, which is an answer, too
	}
	return c.read()
}

func scheme(p protocol) string {
	if p.tls() {
		return "https"
	}
	return "http"
}

// send writes a request on a new stream. Pseudo-fields among its fields take
// the place of the usual ones.
func (c *h2Client) send(r request, address, scheme string) error {
	if c.stream == 0 {
		c.stream = 1
	} else {
		c.stream += 2
	}
	host := r.host
	if host == "" {
		host = address
	}
	pseudo := []field{{":method", r.methodOr()}, {":scheme", scheme}, {":authority", host}, {":path", r.targetOr()}}
	if r.methodOr() == http.MethodConnect && !hasField(r.fields, ":protocol") {
		pseudo = []field{{":method", http.MethodConnect}, {":authority", host}}
	}
	var fields []field
	for _, f := range r.fields {
		if strings.HasPrefix(f.name, ":") {
			pseudo = append(pseudo, f)
		} else {
			fields = append(fields, f)
		}
	}
	fields = append(pseudo, fields...)
	if r.body != "" && !r.chunked && r.trailer == nil {
		fields = append(fields, field{"content-length", strconv.Itoa(len(r.body))})
	}
	ends := r.body == "" && !r.chunked && r.trailer == nil
	if err := c.writeHeaders(fields, ends); err != nil || ends {
		return err
	}
	if err := c.framer.WriteData(c.stream, r.trailer == nil, []byte(r.body)); err != nil {
		return err
	}
	if r.trailer == nil {
		return nil
	}
	return c.writeHeaders(r.trailer, true)
}

func hasField(fields []field, name string) bool {
	for _, f := range fields {
		if strings.EqualFold(f.name, name) {
			return true
		}
	}
	return false
}

// writeHeaders writes fields in lower case, in as many frames as they need.
func (c *h2Client) writeHeaders(fields []field, ends bool) error {
	c.encoded.Reset()
	for _, f := range fields {
		if err := c.encoder.WriteField(hpack.HeaderField{Name: strings.ToLower(f.name), Value: f.value}); err != nil {
			return err
		}
	}
	const most = 16 << 10
	block := c.encoded.Bytes()
	first := block[:min(len(block), most)]
	block = block[len(first):]
	if err := c.framer.WriteHeaders(http2.HeadersFrameParam{
		StreamID: c.stream, BlockFragment: first, EndStream: ends, EndHeaders: len(block) == 0,
	}); err != nil {
		return err
	}
	for len(block) > 0 {
		next := block[:min(len(block), most)]
		block = block[len(next):]
		if err := c.framer.WriteContinuation(c.stream, len(block) == 0, next); err != nil {
			return err
		}
	}
	return nil
}

// read reads the answer of the last stream.
func (c *h2Client) read() (answer, error) {
	a := answer{header: make(http.Header)}
	for {
		frame, err := c.framer.ReadFrame()
		if errors.As(err, new(http2.StreamError)) || errors.As(err, new(http2.ConnectionError)) {
			return a, fmt.Errorf("reading a frame: %w", err)
		}
		if err != nil {
			return a, nil //nolint:nilerr // the connection is closed, which is an answer, too
		}
		switch f := frame.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				_ = c.framer.WriteSettingsAck()
			}
		case *http2.GoAwayFrame:
			return a, nil
		case *http2.RSTStreamFrame:
			return a, nil
		case *http2.MetaHeadersFrame:
			a.take(f)
			if f.StreamEnded() && a.status >= http.StatusOK {
				return a, nil
			}
		case *http2.DataFrame:
			a.body += string(f.Data())
			if f.StreamEnded() {
				return a, nil
			}
		}
	}
}

func (a *answer) take(f *http2.MetaHeadersFrame) {
	for _, each := range f.Fields {
		if each.Name == ":status" {
			a.status, _ = strconv.Atoi(each.Value)
			continue
		}
		a.header.Add(each.Name, each.Value)
	}
}
