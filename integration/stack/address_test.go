package stack

import (
	"net"
	"testing"
)

// More than a block's addresses, of two processes that take turns: no address is
// given twice, though none of them listens.
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

// A block is held, and what it gives is not.
func TestFreeAddressHolds(t *testing.T) {
	var one portsOfProcess
	t.Cleanup(one.release)
	free, err := one.free()
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]bool{one.blocks[0].Addr().String(): false, free: true} {
		listener, err := net.Listen("tcp", address)
		if (err == nil) != want {
			t.Errorf("listening at %s: %v", address, err)
		}
		if err == nil {
			_ = listener.Close()
		}
	}
}

// release is what the end of the process does.
func (p *portsOfProcess) release() {
	for _, block := range p.blocks {
		_ = block.Close()
	}
	p.blocks = nil
}
