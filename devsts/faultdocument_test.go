package devsts

import (
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"testing"
)

// changed fetches a document rightly, under a fault and rightly again, and sees
// that the fault touches nothing else.
func changed(t *testing.T, e emulator, kind FaultKind, d Document) (right []byte, got fetched) {
	t.Helper()
	url, others := e.url+path(ordersIssuer, d), []string{e.url + path(strangerIssuer, d)}
	if d == DocumentDiscovery {
		others = append(others, e.url+path(ordersIssuer, DocumentKeys))
	} else {
		others = append(others, e.url+path(ordersIssuer, DocumentDiscovery))
	}
	right = get(t, url)
	var before [][]byte
	for _, other := range others {
		before = append(before, get(t, other))
	}
	mustSet(t, e.Server, Fault{Issuer: ordersAcc, Document: d, Kind: kind})
	got = fetchPlainly(t, url)
	for i, other := range others {
		if !bytes.Equal(get(t, other), before[i]) {
			t.Errorf("%s of %s has changed %s", kind, url, other)
		}
	}
	if f := fetchPlainly(t, e.url+path(nobodysIssuer, d)); f.status != 404 {
		t.Errorf("%s: nobody's document is %d", kind, f.status)
	}
	if err := e.ClearFaults(""); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(get(t, url), right) {
		t.Errorf("%s cleared: not the right document again", kind)
	}
	if got.err != nil || got.status != 200 || got.header.Get("Content-Type") != "application/json" {
		t.Fatalf("%s: %d %v %v", kind, got.status, got.header, got.err)
	}
	return right, got
}

func bothDocuments(t *testing.T, test func(t *testing.T, d Document)) {
	for _, d := range []Document{DocumentDiscovery, DocumentKeys} {
		t.Run(string(d), func(t *testing.T) { test(t, d) })
	}
}

func TestTruncated(t *testing.T) {
	e := start(t, DefaultConfig())
	bothDocuments(t, func(t *testing.T, d Document) {
		right, f := changed(t, e, FaultTruncated, d)
		if !bytes.Equal(f.body, right[:len(right)/2]) || json.Valid(f.body) || !json.Valid(right) {
			t.Errorf("got %s", f.body)
		}
	})
	// As HTTP it is a whole answer, which ends the connection.
	for _, kind := range []FaultKind{FaultTruncated, FaultUnknownKinds} {
		mustSet(t, e.Server, Fault{Issuer: ordersAcc, Document: DocumentKeys, Kind: kind})
		resp, err := http.Get(e.url + path(ordersIssuer, DocumentKeys))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.ContentLength != int64(len(body)) || resp.Close != (kind == FaultTruncated) {
			t.Errorf("%s: %v, %d of %d bytes, closed %v", kind, err, len(body), resp.ContentLength, resp.Close)
		}
	}
}

func TestOversize(t *testing.T) {
	e := start(t, DefaultConfig())
	bothDocuments(t, func(t *testing.T, d Document) {
		right, f := changed(t, e, FaultOversize, d)
		got, want := decode(t, f.body), decode(t, right)
		delete(got, "padding")
		if len(f.body) <= 512<<10 || len(f.body) > 600<<10 || !json.Valid(f.body) || !reflect.DeepEqual(got, want) {
			t.Errorf("%d bytes, valid %v, without padding %v", len(f.body), json.Valid(f.body), got)
		}
	})
}

func TestGzipBomb(t *testing.T) {
	e := start(t, DefaultConfig())
	bothDocuments(t, func(t *testing.T, d Document) {
		right, f := changed(t, e, FaultGzipBomb, d)
		if f.header.Get("Content-Encoding") != "gzip" || len(f.body) > 256<<10 {
			t.Fatalf("%d bytes, %v", len(f.body), f.header)
		}
		in, err := gzip.NewReader(bytes.NewReader(f.body))
		if err != nil {
			t.Fatal(err)
		}
		in.Multistream(false) // one member, which every client reads
		head := make([]byte, len(right))
		if _, err := io.ReadFull(in, head); err != nil || !bytes.Equal(head, right) {
			t.Fatalf("%v %s", err, head)
		}
		mebibyte, spaces := make([]byte, 1<<20), bytes.Repeat([]byte(" "), 1<<20)
		for n := range 64 {
			if _, err := io.ReadFull(in, mebibyte); err != nil || !bytes.Equal(mebibyte, spaces) {
				t.Fatalf("mebibyte %d behind the document: %v", n, err)
			}
		}
		if n, err := in.Read(mebibyte); n != 0 || !errors.Is(err, io.EOF) { // the checksum and the length are right, too
			t.Errorf("after 64 MiB: %d bytes, %v", n, err)
		}
	})
	// What a Go client undoes without being asked.
	mustSet(t, e.Server, Fault{Issuer: ordersAcc, Kind: FaultGzipBomb})
	resp, err := http.Get(e.url + path(ordersIssuer, DocumentKeys))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(&map[string]any{}); err != nil || !resp.Uncompressed {
		t.Errorf("uncompressed %v, %v", resp.Uncompressed, err)
	}
}

func TestWrongIssuer(t *testing.T) {
	e := start(t, DefaultConfig())
	right, f := changed(t, e, FaultWrongIssuer, DocumentDiscovery)
	got, want := decode(t, f.body), decode(t, right)
	if got["issuer"] != e.url+"/00000000-0000-0000-0000-000000000000" {
		t.Errorf("issuer %v", got["issuer"])
	}
	got["issuer"] = want["issuer"]
	if !reflect.DeepEqual(got, want) {
		t.Errorf("more has changed: %s", f.body)
	}
}

func TestForeignKeys(t *testing.T) {
	e := start(t, DefaultConfig())
	right, f := changed(t, e, FaultForeignKeys, DocumentDiscovery)
	got, want := decode(t, f.body), decode(t, right)
	if got["jwks_uri"] != "https://keys.invalid/jwks.json" {
		t.Errorf("jwks_uri %v", got["jwks_uri"])
	}
	got["jwks_uri"] = want["jwks_uri"]
	if !reflect.DeepEqual(got, want) {
		t.Errorf("more has changed: %s", f.body)
	}
}

func jwks(t *testing.T, body []byte) []map[string]any {
	t.Helper()
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal(body, &set); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return set.Keys
}

// kinds writes what each key is: its kty, and the curve if it has one.
func kinds(keys []map[string]any) []string {
	var out []string
	for _, k := range keys {
		kind := k["kty"].(string)
		if curve, ok := k["crv"].(string); ok {
			kind = curve
		}
		out = append(out, kind)
	}
	return out
}

func onCurve(t *testing.T, curve elliptic.Curve, key map[string]any) bool {
	t.Helper()
	point := slices.Concat([]byte{4}, unb64(t, key["x"].(string)), unb64(t, key["y"].(string)))
	_, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	return err == nil
}

func TestNoUsableKeys(t *testing.T) {
	e := start(t, DefaultConfig())
	if err := e.Rotate(ordersAcc, false); err != nil {
		t.Fatal(err)
	}
	right, f := changed(t, e, FaultNoUsableKeys, DocumentKeys)
	got, want := jwks(t, f.body), jwks(t, right)
	if !slices.Equal(kinds(got), []string{"oct", "P-256"}) || !onCurve(t, elliptic.P256(), got[1]) {
		t.Fatalf("got %s", f.body)
	}
	for i, kid := range []string{"RSA_1", "EC384_1"} {
		if got[i]["kid"] != kid || want[i]["kid"] != kid {
			t.Errorf("kid %v, rightly %v, want %s", got[i]["kid"], want[i]["kid"], kid)
		}
	}
}

func TestUnknownKinds(t *testing.T) {
	e := start(t, DefaultConfig())
	if err := e.Rotate(ordersAcc, false); err != nil {
		t.Fatal(err)
	}
	right, f := changed(t, e, FaultUnknownKinds, DocumentKeys)
	got, want := jwks(t, f.body), jwks(t, right)
	if !slices.Equal(kinds(got), []string{"FUTURE", "oct", "RSA", "P-256", "P-384", "P-384", "RSA", "P-384"}) {
		t.Fatalf("got %v", kinds(got))
	}
	kept := []map[string]any{got[2], got[5], got[6], got[7]}
	if !reflect.DeepEqual(kept, want) {
		t.Errorf("the right ones are\n%v, want\n%v", kept, want)
	}
	if !onCurve(t, elliptic.P256(), got[3]) || onCurve(t, elliptic.P384(), got[4]) || !onCurve(t, elliptic.P384(), got[5]) {
		t.Error("of P-256, broken and right, the broken one alone must be broken")
	}
	kids := map[any]bool{}
	for _, k := range got {
		if kids[k["kid"]] {
			t.Errorf("two keys have the kid %v", k["kid"])
		}
		kids[k["kid"]] = true
	}
}
