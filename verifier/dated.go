package verifier

import (
	"errors"
	"net/http"
	"strconv"
	"time"
)

// dating compares the clocks of issuers' servers with ours, for whoever asked to
// be told. The zero value compares nothing.
type dating struct {
	now  func() time.Time
	tell func(issuer string, date, sent, received time.Time)
}

// begin notes when an answer is asked for. What it returns is called with the
// answer's header.
func (d dating) begin() func(issuer string, header http.Header) {
	if d.tell == nil {
		return func(string, http.Header) {}
	}
	sent := d.now()
	return func(issuer string, header http.Header) {
		received := d.now()
		if date, ok := madeAt(header); ok {
			d.tell(issuer, date, sent, received)
		}
	}
}

// madeAt is when an answer was made, on the clock of whoever sent it: a cache on
// the way says how old it is (RFC 9111, section 5.1).
func madeAt(header http.Header) (time.Time, bool) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return time.Time{}, false
	}
	const oldest = 1 << 31 // seconds
	age, err := strconv.ParseUint(header.Get("Age"), 10, 32)
	if header.Get("Age") != "" && (err != nil || age > oldest) {
		return time.Time{}, false
	}
	return date.Add(time.Duration(age) * time.Second), true
}

// tellSigned tells of a token whose signature fits, unless something else than
// the time is wrong with it. The err is what it was refused with.
func (a *attempt) tellSigned(err error) {
	if a.v.signed == nil || a.decoded == nil {
		return // without a good signature it was never decoded
	}
	if err != nil && a.from != nil && a.from.orgs != nil {
		return // whether the organization is one of ours is looked at later
	}
	var refusal *Error
	if err == nil || errors.As(err, &refusal) && refusal.Reason == NotYetValid {
		a.v.signed(a.decoded)
	}
}
