package verifier

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

func TestDialGuard(t *testing.T) {
	public := []string{"8.8.8.8", "2600:1f18::1", "::ffff:8.8.8.8", "64:ff9b::808:808"}
	loopback := []string{"127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"}
	inner := []string{
		"10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "fe80::1",
		"fd00:ec2::254", "fc00::1", "224.0.0.1", "ff02::1", "0.0.0.0", "::", "255.255.255.255", "100.64.0.1",
		"240.0.0.1", "198.18.0.1", "192.0.0.8", "0.1.2.3", "2002:a00:1::", "64:ff9b:1::a00:1", "2001::1", "fec0::1",
	}
	for _, tt := range []struct {
		name                    string
		guard                   *dialGuard
		public, loopback, inner bool
	}{
		{"default", &dialGuard{}, true, false, false},
		{"an issuer on loopback", &dialGuard{allowLoopback: true}, true, true, false},
		{"allow_private_addresses", &dialGuard{allowPrivate: true}, true, true, true},
	} {
		for list, want := range map[*[]string]bool{&public: tt.public, &loopback: tt.loopback, &inner: tt.inner} {
			for _, ip := range *list {
				if err := tt.guard.check(netip.MustParseAddr(ip)); (err == nil) != want {
					t.Errorf("%s: %s: %v", tt.name, ip, err)
				}
			}
		}
	}
}

// The address counts when it is dialled, whatever the name says.
func TestFetchFromAnInnerAddress(t *testing.T) {
	server := httptest.NewServer(text(string(aws().jwks())))
	defer server.Close()
	byName := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	for _, url := range []string{server.URL, byName} {
		for _, tt := range []struct {
			allow bool
			ok    bool
		}{{false, false}, {true, true}} {
			s := source{location{testIssuer, url}, newClient(RemoteConfig{AllowPrivateAddresses: tt.allow}, false), dating{}}
			_, keys, err := s.fetch(t.Context())
			if (err == nil) != tt.ok {
				t.Errorf("%s, allowed %v: %v, %v", url, tt.allow, kids(keys), err)
			}
			if err != nil && !strings.Contains(err.Error(), "allow_private_addresses") {
				t.Errorf("the error does not say what would permit it: %v", err)
			}
		}
	}
}

// A proxy may stand at a private address, but is no way to an inner one.
func TestProxy(t *testing.T) {
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Host)
		w.WriteHeader(http.StatusBadGateway)
	}))
	defer server.Close()
	proxy, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	guard := &dialGuard{choose: func(*http.Request) (*url.URL, error) { return proxy, nil }}
	client := &http.Client{Transport: &http.Transport{Proxy: guard.proxy, DialContext: guard.dial}}
	for _, target := range []string{"https://sts.example/", "https://169.254.169.254/"} {
		request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		if response, err := client.Do(request); err == nil {
			response.Body.Close()
			t.Errorf("%s: the proxy that refuses let it through", target)
		}
	}
	if len(asked) != 1 || asked[0] != "sts.example:443" {
		t.Errorf("the proxy was asked for %v", asked)
	}
}
