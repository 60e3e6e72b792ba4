package console

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
)

// maxAttempt is how long the body of an attempt may be, in bytes: a token, and a
// policy of some rules, as JSON escapes them.
const maxAttempt = 128 << 10

// try answers POST with what becomes of an attempt. What it is given, it forgets.
func (p *Page) try(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		refuse(w, http.StatusMethodNotAllowed, "POST", "the method is not POST")
		return
	}
	if !fromThePage(r) {
		refuse(w, http.StatusForbidden, "", "the request is not from this page")
		return
	}
	// A form of another page cannot send this type without asking first.
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		refuse(w, http.StatusUnsupportedMediaType, "", "the content type is not application/json")
		return
	}
	var a Attempt
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAttempt))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&a)
	if err == nil && decoder.More() {
		err = io.ErrUnexpectedEOF
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		refuse(w, http.StatusRequestEntityTooLarge, "", "the body is over 128 KiB")
		return
	case err != nil: // whose text may quote the body
		refuse(w, http.StatusBadRequest, "", "the body is not JSON of an attempt")
		return
	}
	select {
	case p.trying <- struct{}{}:
		defer func() { <-p.trying }()
	default:
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusServiceUnavailable, "", "others are trying something; try again")
		return
	}
	answer, err := p.source.Try(r.Context(), a)
	var faulty *AttemptError
	switch {
	case errors.As(err, &faulty):
		write(w, http.StatusUnprocessableEntity, map[string][]Fault{"faults": orEmpty(faulty.Faults)})
	case err != nil:
		refuse(w, http.StatusInternalServerError, "", "asking the gateway failed")
	default:
		write(w, http.StatusOK, answer)
	}
}
