package stack

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
)

// The ports that are given out lie below those that the kernel by default chooses
// for outgoing connections and for listeners on port 0. So nothing takes one while
// its server is not up yet, or down on purpose.
//
// Each process gives out the ports of blocks of its own, so that it never takes
// the server of another one for its own: it has a block while it listens on the
// block's first port, which it gives to nobody.
const (
	firstPort   = 20000
	portBlock   = 100
	countBlocks = 120
)

// ports are those of this process.
var ports portsOfProcess

type portsOfProcess struct {
	mu     sync.Mutex
	next   int            // to be given out, of the newest block
	end    int            // of that block
	blocks []net.Listener // held until the process ends
}

// FreeAddress returns a loopback address that is free, and that it has given neither
// to this process before nor to another one that runs.
func FreeAddress() (string, error) {
	address, err := ports.free()
	if err != nil {
		return "", fmt.Errorf("finding a free port: %w", err)
	}
	return address, nil
}

func (p *portsOfProcess) free() (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		if p.next == p.end {
			if err := p.claim(); err != nil {
				return "", err
			}
		}
		port := p.next
		p.next++
		// Something else that is no concern of ours may be there.
		if listener, err := listenOn(port); err == nil {
			return listener.Addr().String(), listener.Close()
		}
	}
}

// claim takes the first block that no process has, beginning at one that the
// processes which start at this moment are not likely to begin at.
func (p *portsOfProcess) claim() error {
	for i := range countBlocks {
		first := firstPort + (os.Getpid()+i)%countBlocks*portBlock
		listener, err := listenOn(first)
		if err != nil {
			continue
		}
		p.blocks = append(p.blocks, listener)
		p.next, p.end = first+1, first+portBlock
		return nil
	}
	return errors.New("every block is held")
}

func listenOn(port int) (net.Listener, error) {
	return net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
}
