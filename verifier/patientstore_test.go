package verifier

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"
)

// hanging is a Store that answers nothing until it is let go.
type hanging struct {
	*memory
	gate chan struct{}
}

func (h *hanging) Load(ctx context.Context, name string) ([]byte, error) {
	<-h.gate
	return h.memory.Load(ctx, name)
}

func (h *hanging) Save(ctx context.Context, name string, document []byte) error {
	<-h.gate
	return h.memory.Save(ctx, name, document)
}

func (h *hanging) Names(ctx context.Context) ([]string, error) {
	<-h.gate
	return h.memory.Names(ctx)
}

// A storage that hangs holds up no caller for longer than the time-out, nor the
// end of the configuration.
func TestStoreThatHangs(t *testing.T) {
	e := newEndpoint(t)
	store := &hanging{newMemory(), make(chan struct{})}
	defer close(store.gate)
	c := RemoteConfig{Store: store, Timeout: 50 * time.Millisecond}
	s, clk := newRemote(t, e.issuer, c)
	for n := range 3 * maxStoreCalls {
		keys, err := s.RemoteKeySets.KeySet(e.URL+"/"+strconv.Itoa(n), "")
		if err != nil {
			t.Fatal(err)
		}
		wantUnavailable(t, keys, "RSA_0") // 404
	}
	wantKey(t, s, "RSA_0")
	var r ration
	invented := &candidateKeys{remoteHandle: remoteHandle{sets: s.RemoteKeySets, location: location{issuer: e.URL + "/invented"}}, ration: &r}
	for range 5 {
		wantUnavailable(t, invented, "RSA_0")
		clk.advance(DefaultCooldown)
	}
	done := make(chan error)
	go func() { done <- s.Close() }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("Close waits for the store")
	}
	if n := len(s.config.Store.(*patientStore).calls); n > maxStoreCalls {
		t.Errorf("%d calls hang", n)
	}
}

// A store that panics is one that fails.
func TestStoreThatPanics(t *testing.T) {
	e := newEndpoint(t)
	var log strings.Builder
	s, _ := newRemote(t, e.issuer, RemoteConfig{Store: panicking{}})
	s = restart(t, s, &log)
	wantKey(t, s, "RSA_0")
	s.running.Wait()
	for _, want := range []string{"ignoring stored keys", "panic: load", "storing an issuer's keys failed", "panic: save"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%q is not logged: %s", want, log.String())
		}
	}
}

type panicking struct{}

func (panicking) Load(context.Context, string) ([]byte, error) { panic("load") }
func (panicking) Save(context.Context, string, []byte) error   { panic("save") }
func (panicking) Names(context.Context) ([]string, error)      { panic("names") }
