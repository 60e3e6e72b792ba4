package stack

import (
	"errors"
	"net"
	"os"
	"strconv"
	"sync/atomic"
)

// The ports that are given out lie below those that the kernel chooses for
// outgoing connections and for listeners on port 0. So nothing takes one while
// its server is not up yet, or down on purpose.
const firstPort, lastPort = 20000, 32000

var portsGiven atomic.Int64

// FreeAddress returns a loopback address that is free, and that this process
// has not been given before.
func FreeAddress() (string, error) {
	for range lastPort - firstPort {
		// Other processes do the same at this moment, and begin elsewhere.
		port := firstPort + (int64(os.Getpid())*131+portsGiven.Add(1))%(lastPort-firstPort)
		address := net.JoinHostPort("127.0.0.1", strconv.FormatInt(port, 10))
		listener, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		if err := listener.Close(); err == nil {
			return address, nil
		}
	}
	return "", errors.New("finding a free port: none is free")
}
