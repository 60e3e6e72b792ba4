package devsts

import (
	"errors"
	"net"
	"testing"
)

func TestListenLoopback(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:0", "127.9.8.7:0", "localhost:0"} {
		ln, err := ListenLoopback(addr)
		if err != nil {
			t.Errorf("%s: %v", addr, err)
			continue
		}
		if !ln.Addr().(*net.TCPAddr).IP.IsLoopback() {
			t.Errorf("%s: listens on %s", addr, ln.Addr())
		}
		_ = ln.Close()
	}
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "10.0.0.1:8010", "169.254.169.254:80"} {
		ln, err := ListenLoopback(addr)
		if !errors.Is(err, ErrNotLoopback) {
			t.Errorf("%s: got %v, want ErrNotLoopback", addr, err)
		}
		if ln != nil {
			_ = ln.Close()
		}
	}
	for _, addr := range []string{"127.0.0.1", "", "127.0.0.1:http:"} {
		if ln, err := ListenLoopback(addr); err == nil {
			_ = ln.Close()
			t.Errorf("%q must be an error", addr)
		}
	}
}
