package basic

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// image writes an image of one small file into the client's directory, as image:1.
func (w *world) image(content string) {
	w.t.Helper()
	directory := filepath.Join(w.home, "image")
	must(w.t, os.RemoveAll(directory))
	must(w.t, os.MkdirAll(filepath.Join(directory, "blobs", "sha256"), 0o700))
	blob := func(kind string, text []byte) map[string]any {
		digest := fmt.Sprintf("%x", sha256.Sum256(text))
		must(w.t, os.WriteFile(filepath.Join(directory, "blobs", "sha256", digest), text, 0o600))
		return map[string]any{"mediaType": "application/vnd.oci.image." + kind, "digest": "sha256:" + digest, "size": len(text)}
	}
	asJSON := func(value any) []byte {
		text, err := json.Marshal(value)
		must(w.t, err)
		return text
	}
	var files, packed bytes.Buffer
	archive := tar.NewWriter(&files)
	must(w.t, archive.WriteHeader(&tar.Header{Name: "content", Size: int64(len(content)), Mode: 0o600}))
	_, err := archive.Write([]byte(content))
	must(w.t, err)
	must(w.t, archive.Close())
	compressed := gzip.NewWriter(&packed)
	_, err = compressed.Write(files.Bytes())
	must(w.t, err)
	must(w.t, compressed.Close())

	layer := blob("layer.v1.tar+gzip", packed.Bytes())
	config := blob("config.v1+json", asJSON(map[string]any{"architecture": "amd64", "os": "linux", "rootfs": map[string]any{
		"type": "layers", "diff_ids": []string{fmt.Sprintf("sha256:%x", sha256.Sum256(files.Bytes()))},
	}}))
	manifest := blob("manifest.v1+json", asJSON(map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": []any{layer},
	}))
	manifest["annotations"] = map[string]string{"org.opencontainers.image.ref.name": "1"}
	must(w.t, os.WriteFile(filepath.Join(directory, "index.json"), asJSON(map[string]any{"schemaVersion": 2, "manifests": []any{manifest}}), 0o600))
	must(w.t, os.WriteFile(filepath.Join(directory, "oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o600))
}

// tags are those of a repository on the registry's disk.
func (w *world) tags(repository string) string {
	found, err := filepath.Glob(filepath.Join(w.images, "docker", "registry", "v2", "repositories", repository, "_manifests", "tags", "*"))
	must(w.t, err)
	for i := range found {
		found[i] = filepath.Base(found[i])
	}
	return strings.Join(found, " ")
}

// The page's command pushes, another pulls, each role as far as it may.
func TestRegistry(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "basic")
	lines := strings.Split(stacktest.ReadPage(t, page).BlockWith("sh", "skopeo copy"), "\n")
	push := stacktest.Replaced(t, lines[3], "registry.example.com", w.registry)
	w.image("one")
	w.may("release", push)
	if got := w.tags("orders/app"); got != "1" {
		t.Fatalf("tags %q", got)
	}
	pull := "skopeo copy docker://" + w.registry + "/orders/app:1 oci:pulled:1"
	w.may("orders", pull)
	pulled, err := os.ReadFile(filepath.Join(w.home, "pulled", "index.json"))
	must(t, err)
	original, err := os.ReadFile(filepath.Join(w.home, "image", "index.json"))
	must(t, err)
	if digest := digestOf(t, original); digestOf(t, pulled) != digest {
		t.Errorf("pushed %s, pulled %s", original, pulled)
	}

	w.image("two") // whose layer the registry has not
	second := strings.ReplaceAll(push, "app:1", "app:2")
	w.mayNot("orders", second, "403", "policy_denied")
	remove := "skopeo delete docker://" + w.registry + "/orders/app:1"
	w.mayNot("orders", remove, "", "policy_denied")
	if got := w.tags("orders/app"); got != "1" {
		t.Errorf("tags %q: an orders role has written", got)
	}
	w.may("release", second)
	if got := w.tags("orders/app"); got != "1 2" {
		t.Errorf("tags %q", got)
	}

	w.mayNot("reports", pull, "403", "requirement_failed")
	w.mayNot("stranger", pull, "unauthorized", "unknown_issuer")
	w.may("orders", strings.ReplaceAll(pull, "oci:pulled", "oci:again"))
	w.hidesTokens()

	// A browser is refused before it is asked, the twin is asked.
	for site, want := range map[string]int{"": http.StatusUnauthorized, "same-origin": http.StatusForbidden} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+w.registry+"/v2/", http.NoBody)
		must(t, err)
		if site != "" {
			r.Header.Set("Sec-Fetch-Site", site)
		}
		response, err := http.DefaultTransport.RoundTrip(r)
		must(t, err)
		must(t, response.Body.Close())
		if asked := response.Header.Get("WWW-Authenticate") != ""; response.StatusCode != want || asked != (want == http.StatusUnauthorized) {
			t.Errorf("Sec-Fetch-Site %q: status %d, challenge %v", site, response.StatusCode, asked)
		}
	}
}

func digestOf(t *testing.T, index []byte) string {
	t.Helper()
	var read struct{ Manifests []struct{ Digest string } }
	must(t, json.Unmarshal(index, &read))
	if len(read.Manifests) != 1 {
		t.Fatalf("%s", index)
	}
	return read.Manifests[0].Digest
}
