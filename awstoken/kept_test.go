package awstoken

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// A Token may be kept for an hour, and its payload not: none of its texts holds
// the memory of the whole, those of claims that have no field included.
func TestTokenDoesNotHoldItsPayload(t *testing.T) {
	const tokens, size, bound = 500, 12 << 10, 4 << 10
	kept := make([]*Token, tokens)
	before := liveHeap()
	for n := range kept {
		payload := fmt.Sprintf(`{"unread":%q,%s`, strings.Repeat("x", size), usual[1:])
		payload = strings.Replace(payload, `"source_identity"`, fmt.Sprintf(`"later_claim":[{"a":"b%d","n":%d}],"source_identity"`, n, n), 1)
		token, err := Decode([]byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		if token.Other == nil {
			t.Fatal("the claim without a field is not kept")
		}
		kept[n] = token
	}
	each := (liveHeap() - before) / tokens
	if each > bound {
		t.Errorf("a token of a payload of over %d bytes keeps %d, want %d at most", size, each, bound)
	}
	runtime.KeepAlive(kept)
}

func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
