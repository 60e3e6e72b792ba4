package devsts

import (
	"errors"
	"fmt"
	"net"
)

// ErrNotLoopback is what ListenLoopback wraps when it refuses an address.
var ErrNotLoopback = errors.New("not a loopback address: devsts hands out tokens to anybody who knows its public secrets")

// ListenLoopback listens on a TCP address, host:port, whose host is a loopback
// address or a name for one. Anything else, an empty host included, is refused
// with ErrNotLoopback.
func ListenLoopback(addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("listening on %q: %w", addr, err)
	}
	if host == "" {
		return nil, fmt.Errorf("listening on %q: every address of this machine: %w", addr, ErrNotLoopback)
	}
	// Resolved once, and listened on as resolved: what was checked is what is used.
	resolved, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listening on %q: %w", addr, err)
	}
	if !resolved.IP.IsLoopback() {
		return nil, fmt.Errorf("listening on %q: %w", addr, ErrNotLoopback)
	}
	ln, err := net.ListenTCP("tcp", resolved)
	if err != nil {
		return nil, fmt.Errorf("listening on %q: %w", addr, err)
	}
	return ln, nil
}
