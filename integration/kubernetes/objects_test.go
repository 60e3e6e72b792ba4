package kubernetes

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"

	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/streaming/pkg/httpstream/wsstream"
)

const configMaps = "/api/v1/namespaces/shop/configmaps"

// store is what the chain leads to: who am I, ConfigMaps of one namespace, which
// can be watched, and a pod to execute in.
type store struct {
	mu       sync.Mutex
	watchers map[chan string]bool
}

func objects() http.Handler {
	s := &store{watchers: make(map[chan string]bool)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /apis/authentication.k8s.io/v1/selfsubjectreviews", whoAmI)
	mux.HandleFunc("GET "+configMaps, s.get)
	mux.HandleFunc("POST "+configMaps, s.create)
	mux.HandleFunc("GET /api/v1/namespaces/shop/pods/web/exec", execute)
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, `{"major": "1"}`) })
	return mux
}

func whoAmI(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // over HTTP/2, an unread one may reset the stream under the answer
	user, _ := request.UserFrom(r.Context())
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(map[string]any{"kind": "SelfSubjectReview", "status": map[string]any{
		"userInfo": map[string]any{"username": user.GetName(), "groups": user.GetGroups()},
	}})
}

func (s *store) get(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Query().Get("watch") == "" {
		fmt.Fprintln(w, `{"kind": "ConfigMapList", "items": []}`)
		return
	}
	made := make(chan string, 8)
	s.mu.Lock()
	s.watchers[made] = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.watchers, made)
		s.mu.Unlock()
	}()
	flush := http.NewResponseController(w).Flush
	_ = flush()
	for {
		select {
		case <-r.Context().Done():
			return
		case object := <-made:
			fmt.Fprintf(w, "{\"type\": \"ADDED\", \"object\": %s}\n", object)
			_ = flush()
		}
	}
}

func (s *store) create(w http.ResponseWriter, r *http.Request) {
	var object map[string]any
	if err := json.NewDecoder(r.Body).Decode(&object); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	text, _ := json.Marshal(object)
	s.mu.Lock()
	for made := range s.watchers {
		made <- string(text)
	}
	s.mu.Unlock()
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write(text)
}

// execute answers what came on standard input and who asked, as version 5 of the
// protocol has it.
func execute(w http.ResponseWriter, r *http.Request) {
	user, _ := request.UserFrom(r.Context())
	connection := wsstream.NewConn(map[string]wsstream.ChannelProtocolConfig{"v5.channel.k8s.io": {Binary: true, Channels: []wsstream.ChannelType{
		wsstream.ReadChannel, wsstream.WriteChannel, wsstream.WriteChannel, wsstream.WriteChannel, wsstream.ReadChannel,
	}}})
	_, streams, err := connection.Open(w, r)
	if err != nil {
		return
	}
	defer func() { _ = connection.Close() }()
	in := make([]byte, 64)
	n, _ := streams[0].Read(in)
	fmt.Fprintf(streams[1], "%s: %s", user.GetName(), in[:n])
	fmt.Fprint(streams[3], `{"status": "Success"}`)
}
