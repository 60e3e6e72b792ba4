package devsts

import "time"

// faultView is a fault as GET /faults lists it, in the names of the query.
type faultView struct {
	Issuer   string    `json:"issuer"`
	Document Document  `json:"document"`
	Kind     FaultKind `json:"kind"`
	Status   int       `json:"status,omitempty"`
	Delay    string    `json:"delay,omitempty"`
	For      string    `json:"for,omitempty"` // what is left
}

func (s *Server) faultCommand(q query) (any, error) {
	f := Fault{Issuer: q.text("issuer"), Document: Document(q.text("document")), Kind: FaultKind(q.text("kind"))}
	var err error
	if f.Status, err = q.number("status"); err != nil {
		return nil, err
	}
	if f.Delay, err = q.span("delay"); err != nil {
		return nil, err
	}
	if f.For, err = q.span("for"); err != nil {
		return nil, err
	}
	if err := s.SetFault(f); err != nil {
		return nil, &queryError{err} // SetFault fails by its argument alone
	}
	return s.faultList(q)
}

func (s *Server) clearCommand(q query) (any, error) {
	if q.values.Has("issuer") && q.text("issuer") == "" {
		return nil, badQuery("issuer: it is empty; name one, or leave it out to clear all")
	}
	if err := s.ClearFaults(q.text("issuer")); err != nil {
		return nil, err
	}
	return s.faultList(q)
}

func (s *Server) faultList(query) (any, error) {
	views := []faultView{} // an empty list in JSON, not null
	for _, f := range s.Faults() {
		views = append(views, faultView{
			Issuer: f.Issuer, Document: f.Document, Kind: f.Kind, Status: f.Status,
			Delay: spanText(f.Delay), For: spanText(f.For),
		})
	}
	return map[string][]faultView{"faults": views}, nil
}

// spanText writes a time to the millisecond, and zero as what is left out.
func spanText(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return max(d.Round(time.Millisecond), time.Millisecond).String()
}
