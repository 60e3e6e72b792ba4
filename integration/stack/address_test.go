package stack

import (
	"net"
	"testing"
)

// More than a block's addresses, of two processes that take turns: no address is
// given twice, though none of them listens, and each is free.
func TestFreeAddressOfProcesses(t *testing.T) {
	var one, other portsOfProcess
	t.Cleanup(func() { one.release(); other.release() })
	given := map[string]bool{}
	for range portBlock + 1 {
		for _, p := range []*portsOfProcess{&one, &other} {
			address, err := p.free()
			if err != nil {
				t.Fatal(err)
			}
			if given[address] {
				t.Fatalf("%s was given twice", address)
			}
			given[address] = true
		}
	}
	if len(one.blocks) != 2 || len(other.blocks) != 2 {
		t.Errorf("they hold %d and %d blocks", len(one.blocks), len(other.blocks))
	}
}

// What a process held is there for others once it has ended, and not before.
func TestFreeAddressHolds(t *testing.T) {
	var one portsOfProcess
	t.Cleanup(one.release)
	if _, err := one.free(); err != nil {
		t.Fatal(err)
	}
	held := one.blocks[0].Addr().String()
	listen := func() error {
		listener, err := net.Listen("tcp", held)
		if err == nil {
			err = listener.Close()
		}
		return err
	}
	if listen() == nil {
		t.Errorf("%s is free while it is held", held)
	}
	one.release()
	if err := listen(); err != nil {
		t.Errorf("it is held still: %v", err)
	}
}

// release is what the end of the process does.
func (p *portsOfProcess) release() {
	for _, block := range p.blocks {
		_ = block.Close()
	}
	p.blocks = nil
}
