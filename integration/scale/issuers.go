package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"
)

// issuers publish the documents of thousands of accounts' issuers. All of them
// share one pair of keys: making a pair for each would take minutes, and the
// gateway cannot know.
type issuers struct {
	*server
	keys *keys

	mu       sync.Mutex
	known    map[string]*fetches // by UUID
	total    fetches
	invented []time.Time              // when documents of UUIDs were asked for that nobody has
	held     map[string]chan struct{} // by UUID; answers wait until it is closed
}

// fetches counts requests for documents.
type fetches struct{ discovery, keys int }

func startIssuers(n int) (*issuers, error) {
	pair, err := newKeys()
	if err != nil {
		return nil, err
	}
	s := &issuers{keys: pair, known: make(map[string]*fetches, n), held: make(map[string]chan struct{})}
	for i := range n {
		s.known[uuidOf(i)] = new(fetches)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{uuid}/.well-known/openid-configuration", s.serveDiscovery)
	mux.HandleFunc("GET /{uuid}/.well-known/jwks.json", s.serveKeys)
	s.server, err = startServer(mux)
	return s, err
}

// uuidOf and accountOf name the nth issuer.
func uuidOf(n int) string    { return fmt.Sprintf("%08x-5ca1-4e00-8000-%012x", n, n) }
func accountOf(n int) string { return fmt.Sprintf("%012d", 100000000000+n) }

// url is the issuer's with the UUID, which need not exist.
func (s *issuers) url(uuid string) string { return "http://" + s.address + "/" + uuid }

// writeFile writes an issuers file that lists the first n.
func (s *issuers) writeFile(name string, n int) error {
	type entry struct {
		URL      string   `json:"url"`
		Accounts []string `json:"accounts"`
	}
	entries := make([]entry, n)
	for i := range entries {
		entries[i] = entry{s.url(uuidOf(i)), []string{accountOf(i)}}
	}
	text, err := json.Marshal(entries)
	if err == nil {
		err = os.WriteFile(name, text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("writing issuers file: %w", err)
	}
	return nil
}

// serveDiscovery answers with the members of AWS's document.
func (s *issuers) serveDiscovery(w http.ResponseWriter, r *http.Request) {
	if !s.arrive(r, func(f *fetches) { f.discovery++ }) {
		http.NotFound(w, r)
		return
	}
	issuer := s.url(r.PathValue("uuid"))
	answer(w, map[string]any{
		"claims_supported":                      []string{"sub", "iss", "aud", "exp", "iat", "jti", awsNamespace},
		"id_token_signing_alg_values_supported": []string{"RS256", "ES384"},
		"issuer":                                issuer,
		"jwks_uri":                              issuer + "/.well-known/jwks.json",
		"subject_types_supported":               []string{"public"},
	})
}

func (s *issuers) serveKeys(w http.ResponseWriter, r *http.Request) {
	if !s.arrive(r, func(f *fetches) { f.keys++ }) {
		http.NotFound(w, r)
		return
	}
	answer(w, s.keys.document)
}

func answer(w http.ResponseWriter, document any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(document) // the gateway is gone; there is nobody to tell
}

// arrive counts a request and waits until it may be answered. It reports
// whether the issuer exists.
func (s *issuers) arrive(r *http.Request, count func(*fetches)) bool {
	uuid := r.PathValue("uuid")
	s.mu.Lock()
	counted, held := s.known[uuid], s.held[uuid]
	if counted != nil {
		count(counted)
		count(&s.total)
	} else {
		s.invented = append(s.invented, time.Now())
	}
	s.mu.Unlock()
	if held != nil {
		select {
		case <-held:
		case <-r.Context().Done():
		}
	}
	return counted != nil
}

// hold keeps an issuer from answering until release is called.
func (s *issuers) hold(n int) (release func()) {
	wait := make(chan struct{})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held[uuidOf(n)] = wait
	return sync.OnceFunc(func() { close(wait) })
}

// of says how often the nth issuer was asked.
func (s *issuers) of(n int) fetches {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.known[uuidOf(n)]
}

// all says how often all issuers that exist were asked.
func (s *issuers) all() fetches {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

// inventions says when issuers that do not exist were asked, in order.
func (s *issuers) inventions() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]time.Time(nil), s.invented...)
}

// minus is what was asked since before.
func (f fetches) minus(before fetches) fetches {
	return fetches{f.discovery - before.discovery, f.keys - before.keys}
}

func (f fetches) String() string { return fmt.Sprintf("%d discovery, %d keys", f.discovery, f.keys) }
