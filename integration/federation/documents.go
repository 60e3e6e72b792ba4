package federation

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// issuer judges the issuer's URL.
func (r *report) issuer() {
	u, err := url.Parse(r.Issuer)
	if err != nil || u.Host == "" {
		r.add(IssuerURL, "%q is no URL with a host", r.Issuer)
		return
	}
	excused := r.local(u)
	if u.Scheme != "https" && (u.Scheme != "http" || !excused) {
		r.add(IssuerURL, "the scheme is %q", u.Scheme)
	}
	if u.Port() != "" && !excused {
		r.add(IssuerURL, "there is the port %s", u.Port())
	}
	if u.User != nil || strings.ContainsAny(r.Issuer, "?#") {
		r.add(IssuerURL, "there is user information, a query or a fragment")
	}
}

// local reports whether a URL may be http and have a port.
func (r *report) local(u *url.URL) bool {
	address := net.ParseIP(u.Hostname())
	return r.AllowLoopback && (u.Hostname() == "localhost" || address != nil && address.IsLoopback())
}

// documents judges what the issuer publishes and returns its keys.
func (r *report) documents(ctx context.Context) []map[string]any {
	var document map[string]any
	if err := r.fetch(ctx, strings.TrimSuffix(r.Issuer, "/")+"/.well-known/openid-configuration", &document); err != nil {
		r.add(Discovery, "%v", err)
		return nil
	}
	if document["issuer"] != r.Issuer {
		r.add(DiscoveryIssuer, "it is %q, not %q", document["issuer"], r.Issuer)
	}
	for _, name := range []string{"response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported"} {
		if list, ok := document[name].([]any); !ok || len(list) == 0 {
			r.add(DiscoveryMembers, "there is no %s", name)
		}
	}
	location, _ := document["jwks_uri"].(string)
	u, err := url.Parse(location)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !r.local(u)) {
		r.add(DiscoveryKeys, "%q is no https URL", location)
		return nil
	}
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := r.fetch(ctx, location, &set); err != nil {
		r.add(KeySet, "%v", err)
		return nil
	}
	if len(set.Keys) == 0 {
		r.add(KeySet, "there is no key")
	}
	r.keys(set.Keys)
	return set.Keys
}

// keys judges each key, and how many there are.
func (r *report) keys(keys []map[string]any) {
	count := map[any]int{}
	var ids []string
	for i, key := range keys {
		count[key["kty"]]++
		id, _ := key["kid"].(string)
		switch {
		case id == "":
			r.add(KeyID, "key %d has none", i)
		case slices.Contains(ids, id):
			r.add(KeyID, "%q is there twice", id)
		}
		ids = append(ids, id)
		if key["use"] != "sig" {
			r.add(KeyUse, "key %d (%q) has %v", i, id, key["use"])
		}
		if operations, ok := key["key_ops"]; ok {
			r.add(KeyOperations, "key %d (%q) has %v", i, id, operations)
		}
	}
	for _, kind := range []string{"RSA", "EC"} {
		if count[kind] > 100 {
			r.add(KeyCount, "there are %d %s keys", count[kind], kind)
		}
	}
}

// maxDocument bounds what is read of a document, in bytes.
const maxDocument = 1 << 20

func (r *report) fetch(ctx context.Context, location string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, location, http.NoBody)
	if err != nil {
		return err
	}
	response, err := r.Client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxDocument))
	if err != nil {
		return fmt.Errorf("reading %s: %w", location, err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("fetching %s: %s", location, response.Status)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("reading %s: %w", location, err)
	}
	return nil
}
