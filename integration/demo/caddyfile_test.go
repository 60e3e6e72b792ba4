package main

import (
	"strings"
	"testing"
)

func TestCaddyfile(t *testing.T) {
	for _, text := range []string{gatewayInFile, issuerInFile, upstreamInFile, consoleInFile, adminInFile} {
		if n := strings.Count(caddyfileText, text); n != 1 {
			t.Errorf("%q is there %d times, want once", text, n)
		}
	}
	same, err := caddyfile(gatewayAddress, consoleAddress, adminAddress, issuerInFile, upstreamInFile)
	if err != nil || same != caddyfileText {
		t.Errorf("with the default addresses: %v\n%s", err, same)
	}
	got, err := caddyfile("127.0.0.1:1", "127.0.0.1:3", "127.0.0.1:4", "http://issuer.example", "127.0.0.1:2")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{":1 {", ":3 {", "admin 127.0.0.1:4 #", "issuer http://issuer.example 111122223333", "reverse_proxy 127.0.0.1:2"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing:\n%s", want, got)
		}
	}
	if !strings.Contains(caddyfileText, "audience "+audience+"\n") || !strings.HasPrefix(issuerInFile, "http://"+stsAddress+"/") {
		t.Error("the file and the program disagree")
	}
	for _, addresses := range [][2]string{{"nowhere", consoleAddress}, {gatewayAddress, "nowhere"}} {
		if _, err := caddyfile(addresses[0], addresses[1], adminAddress, "", ""); err == nil {
			t.Errorf("an address without a port is accepted: %v", addresses)
		}
	}
}
