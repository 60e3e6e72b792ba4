package devsts

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

// ManagementHandler serves what AWS has no API for, for a listener of its own.
// An issuer is named by its account's ID or its UUID, and spans of time are
// written as 300ms, 10s or 5m.
//
//	GET    /               accounts, issuers, roles, access keys and example commands
//	POST   /rotate         ?issuer=…[&withdraw=1|&overlap=5s]
//	POST   /withdraw       ?issuer=…
//	POST   /faults         ?issuer=…|*&kind=…[&document=discovery|keys|both][&status=503][&delay=2s][&for=10s]
//	GET    /faults         the faults in force
//	DELETE /faults         [?issuer=…|*]
//	GET    /fetches        how often documents were asked for
//	POST   /fetches/reset
//	POST   /throttle       ?action=AssumeRole&calls=5
//	GET    /clock
//	POST   /clock          ?offset=-10m
//
// Each answers with JSON that shows what there is after it, or with one line of
// text that says what to change. Requests that a browser sends for a page of
// another origin are refused.
func (s *Server) ManagementHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.serveOverview)
	mux.HandleFunc("POST /rotate", command(s.rotateCommand, "issuer", "withdraw", "overlap"))
	mux.HandleFunc("POST /withdraw", command(s.withdrawCommand, "issuer"))
	mux.HandleFunc("POST /faults", command(s.faultCommand, "issuer", "document", "kind", "status", "delay", "for"))
	mux.HandleFunc("GET /faults", command(s.faultList))
	mux.HandleFunc("DELETE /faults", command(s.clearCommand, "issuer"))
	mux.HandleFunc("GET /fetches", command(s.fetchList))
	mux.HandleFunc("POST /fetches/reset", command(s.resetCommand))
	mux.HandleFunc("POST /throttle", command(s.throttleCommand, "action", "calls"))
	mux.HandleFunc("GET /clock", command(s.clockShow))
	mux.HandleFunc("POST /clock", command(s.clockCommand, "offset"))
	return http.NewCrossOriginProtection().Handler(mux)
}

// command serves one of the commands, which takes the parameters known.
func command(do func(query) (any, error), known ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q, err := readQuery(r, known)
		var out any
		if err == nil {
			out, err = do(q)
		}
		var bad *queryError
		switch {
		case err == nil:
			writeJSON(w, out)
		case errors.Is(err, errNoAccount):
			http.Error(w, err.Error(), http.StatusNotFound)
		case errors.As(err, &bad):
			http.Error(w, err.Error(), http.StatusBadRequest)
		default:
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the client is gone; there is nobody to tell
}

func (s *Server) rotateCommand(q query) (any, error) {
	withdraw, err := q.flag("withdraw")
	if err != nil {
		return nil, err
	}
	overlap, err := q.span("overlap")
	if err != nil {
		return nil, err
	}
	if withdraw && overlap > 0 {
		return nil, badQuery("withdraw: it removes the keys that sign during the overlap; leave one of the two out")
	}
	if overlap > 0 {
		err = s.RotateWithOverlap(q.text("issuer"), overlap)
	} else {
		err = s.Rotate(q.text("issuer"), withdraw)
	}
	if err != nil {
		return nil, err
	}
	return s.keyList(q)
}

func (s *Server) withdrawCommand(q query) (any, error) {
	if err := s.Withdraw(q.text("issuer")); err != nil {
		return nil, err
	}
	return s.keyList(q)
}

// keyList is the answer of the commands about keys.
func (s *Server) keyList(q query) (any, error) {
	a, err := s.findAccount(q.text("issuer"))
	if err != nil {
		return nil, err
	}
	o, err := s.accountOverview(a)
	if err != nil {
		return nil, err
	}
	return map[string]any{"issuer": o.Issuer, "published_key_ids": o.KeyIDs, "signing_key_ids": o.Signing}, nil
}

func (s *Server) fetchList(query) (any, error) { return s.Fetches(), nil }

func (s *Server) resetCommand(query) (any, error) {
	s.ResetFetches()
	return s.Fetches(), nil
}

func (s *Server) clockShow(query) (any, error) {
	now := s.now()
	return map[string]string{
		"offset":     s.ClockOffset().String(),
		"true_time":  now.UTC().Format(time.RFC3339),
		"token_time": s.tokenTime(now).UTC().Format(time.RFC3339),
	}, nil
}

func (s *Server) clockCommand(q query) (any, error) {
	offset, err := q.offset("offset")
	if err != nil {
		return nil, err
	}
	s.SetClockOffset(offset)
	return s.clockShow(q)
}
