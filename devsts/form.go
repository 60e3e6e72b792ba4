package devsts

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxBody bounds a request's body, in bytes: the largest valid call, 50 tags
// and 10 audiences of four-byte characters, percent-encoded, is larger, but
// its payload would be refused for its size anyway.
const maxBody = 64 * 1024

// form is the body of an AWS query protocol request.
type form struct{ values url.Values }

// readForm reads the body once and returns it raw as well, since the
// signature covers its bytes.
func readForm(w http.ResponseWriter, r *http.Request) (form, []byte, *apiError) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return form{}, nil, newError(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
			"The request's body could not be read or is larger than 65536 bytes.")
	}
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if media != "application/x-www-form-urlencoded" {
		return form{values: url.Values{}}, body, nil
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return form{}, nil, newError(http.StatusBadRequest, "MalformedQueryString", "The request's body is not form-encoded.")
	}
	for name, list := range values {
		if len(list) > 1 {
			return form{}, nil, errValidation("The parameter " + name + " stands in the request more than once.")
		}
	}
	return form{values: values}, body, nil
}

func (f form) get(name string) (string, bool) {
	list, ok := f.values[name]
	if !ok {
		return "", false
	}
	return list[0], true
}

// list reads name.member.N in the order of N. SDKs write an empty list as a
// bare "name=", so found does not mean that there is an element. bad is a
// parameter whose N is not a positive number.
func (f form) list(name string) (list []string, found bool, bad string) {
	members, bad := f.members(name)
	for _, m := range members {
		if value, ok := m[""]; ok {
			list = append(list, value)
		}
	}
	_, empty := f.get(name)
	return list, len(list) > 0 || empty, bad
}

// members reads name.member.N and name.member.N.field in the order of N: one
// map from field to value for each N, where the field of name.member.N is "".
func (f form) members(name string) (members []map[string]string, bad string) {
	byIndex := map[int]map[string]string{}
	for key := range f.values {
		rest, ok := strings.CutPrefix(key, name+".member.")
		if !ok {
			continue
		}
		digits, field, _ := strings.Cut(rest, ".")
		n, err := strconv.Atoi(digits)
		if err != nil || n < 1 || strconv.Itoa(n) != digits {
			bad = key
			continue
		}
		if byIndex[n] == nil {
			byIndex[n] = map[string]string{}
		}
		byIndex[n][field], _ = f.get(key)
	}
	indexes := make([]int, 0, len(byIndex))
	for n := range byIndex {
		indexes = append(indexes, n)
	}
	slices.Sort(indexes)
	for _, n := range indexes {
		members = append(members, byIndex[n])
	}
	return members, bad
}
