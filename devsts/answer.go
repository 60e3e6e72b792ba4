package devsts

import (
	"crypto/rand"
	"encoding/xml"
	"fmt"
	"net/http"
)

// result is what an operation answers, in the order of its fields.
type result []field

// field is one element of a result: a text, or an element with fields of its
// own.
type field struct {
	name, value string
	fields      result
}

// The documents of the query protocol, as STS and IAM write them.
type errorDocument struct {
	XMLName xml.Name    `xml:"ErrorResponse"`
	Space   string      `xml:"xmlns,attr"`
	Error   errorDetail `xml:"Error"`
	Request string      `xml:"RequestId"`
}

type errorDetail struct {
	Type    string `xml:"Type"`
	Code    string `xml:"Code"`
	Message string `xml:"Message"`
}

// writeError answers with an ErrorResponse document in the given namespace.
func writeError(w http.ResponseWriter, space string, e *apiError) {
	id, kind := newUUID(), "Sender"
	if e.status >= 500 {
		kind = "Receiver"
	}
	writeXML(w, e.status, id, errorDocument{
		Space: space, Request: id,
		Error: errorDetail{Type: kind, Code: e.code, Message: e.message},
	})
}

// writeResult answers <Action>Response; an operation without output, whose
// result is nil, has no <Action>Result element.
func writeResult(w http.ResponseWriter, space, action string, res result) {
	id := newUUID()
	writeXML(w, http.StatusOK, id, element{
		name: action + "Response", space: space,
		children: append(resultElements(action, res),
			element{name: "ResponseMetadata", children: []element{{name: "RequestId", text: id}}}),
	})
}

func resultElements(action string, res result) []element {
	if res == nil {
		return nil
	}
	return []element{{name: action + "Result", children: res.elements()}}
}

func (r result) elements() []element {
	var out []element
	for _, f := range r {
		out = append(out, element{name: f.name, text: f.value, children: f.fields.elements()})
	}
	return out
}

// element is an XML element whose name is known only at run time.
type element struct {
	name, space, text string
	children          []element
}

// MarshalXML implements xml.Marshaler.
func (e element) MarshalXML(enc *xml.Encoder, _ xml.StartElement) error {
	start := xml.StartElement{Name: xml.Name{Local: e.name}}
	if e.space != "" {
		start.Attr = []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: e.space}}
	}
	if e.children == nil {
		return enc.EncodeElement(e.text, start)
	}
	if err := enc.EncodeToken(start); err != nil {
		return err
	}
	for _, c := range e.children {
		if err := enc.Encode(c); err != nil {
			return err
		}
	}
	return enc.EncodeToken(start.End())
}

func writeXML(w http.ResponseWriter, status int, requestID string, document any) {
	body, err := xml.Marshal(document)
	if err != nil {
		http.Error(w, "marshalling the answer: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	w.Header().Set("X-Amzn-Requestid", requestID)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone; there is nobody to tell
}

// newUUID returns a random UUID, as RFC 9562 has it in version 4.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, says crypto/rand
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
