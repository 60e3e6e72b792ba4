package main

import (
	"embed"
	"path/filepath"
)

//go:embed templates
var templates embed.FS

// proxy is a row of the table.
type proxy struct {
	key  string // for -only
	name string
	// packages are those of Debian that it needs; what is missing is installed.
	packages []string
	// files are the templates that it reads, by the name that they get.
	files   map[string]string
	command func(setting) []string
	change  func(*setting) // of the setting that the templates see; may be nil

	// open means that it checks nothing: what the others are measured against.
	open bool
	// remembers means that it keeps verified tokens, so that a load of known ones
	// begins when each was sent once.
	remembers bool
	// checks says, for the page, what it checks and what it does not.
	checks string
}

// setting is what templates and commands know.
type setting struct {
	Directory, Listen, Upstream, KeysURL string
	Issuer, Audience, Header             string
	Keys                                 keyFiles
	SPKI                                 string // JSON of public keys by key ID
	Workers                              int    // processors that the proxy may use
	ApacheThreads                        int
	Root                                 bool // started by root, which some give up
	Policy, ApacheCache                  string

	binaries string
}

const policy = `aws_token.principal_tags.team == "orders" && request.method in ["GET", "HEAD"]`

// proxies are all rows, the one that others are measured against first.
func proxies() []*proxy {
	all := []*proxy{
		{
			key: "bare", name: "Caddy, bare", open: true,
			files: map[string]string{"Caddyfile": "bare.caddyfile"}, command: caddy,
			checks: "Nothing: `reverse_proxy` alone, in our binary. What the others are measured against.",
		},
		{
			key: "ours", name: "caddy-awsjwt", remembers: true,
			files: map[string]string{"Caddyfile": "ours.caddyfile"}, command: caddy,
			checks: "Algorithm, key ID, signature, issuer, audience, expiry, and all else that [the README](../README.md) says. Sets five headers instead of one, its default.",
		},
		{
			key: "ours-cel", name: "caddy-awsjwt, CEL", remembers: true,
			files: map[string]string{"Caddyfile": "ours.caddyfile"}, command: caddy,
			change: func(s *setting) { s.Policy = policy },
			checks: "The same and one `allow` rule on a tag and the method.",
		},
		{
			key: "haproxy", name: "HAProxy jwt_verify", packages: []string{"haproxy"},
			files: map[string]string{"haproxy.cfg": "haproxy.cfg"},
			command: func(s setting) []string {
				return []string{"haproxy", "-db", "-f", filepath.Join(s.Directory, "haproxy.cfg")}
			},
			checks: "Algorithm, signature, issuer, audience, expiry, by eight lines of configuration. One key for each algorithm, from PEM files: no key ID, no key set, no rotation without a reload. An `aud` that is a list is refused. Keeps no verified tokens.",
		},
	}
	all = append(all, apache("apache", "Apache mod_oauth2", true), apache("apache-nocache", "Apache mod_oauth2, no cache", false))
	return append(all,
		&proxy{
			key: "nginx", name: "nginx njs", packages: []string{"nginx", "libnginx-mod-http-js"},
			files: map[string]string{"nginx.conf": "nginx.conf", "jwt.js": "jwt.js"},
			command: func(s setting) []string {
				return []string{"nginx", "-p", s.Directory, "-e", "stderr", "-g", "daemon off;", "-c", filepath.Join(s.Directory, "nginx.conf")}
			},
			checks: "Algorithm, key ID, signature, issuer, audience, expiry, by 80 lines of JavaScript of ours. njs has a machine for each request, so the key is imported for each; keys are in the script, and an `aud` that is a list is refused. Keeps no verified tokens.",
		},
		&proxy{
			key: "gooidc", name: "Go proxy, go-oidc",
			command: func(s setting) []string {
				return []string{
					filepath.Join(s.binaries, "gooidc"), "-listen", s.Listen, "-upstream", "http://" + s.Upstream,
					"-issuer", s.Issuer, "-audience", s.Audience, "-jwks", s.Keys.JWKS, "-header", s.Header,
				}
			},
			checks: "Algorithm, signature, issuer, audience, expiry, by go-oidc before `httputil.ReverseProxy`, 80 lines. It gets its keys from a file and tries each that fits the algorithm. Keeps no verified tokens.",
		})
}

func caddy(s setting) []string {
	return []string{filepath.Join(s.binaries, "caddy-awsjwt"), "run", "--adapter", "caddyfile", "--config", filepath.Join(s.Directory, "Caddyfile")}
}

func apache(key, name string, cache bool) *proxy {
	p := &proxy{
		key: key, name: name, remembers: cache, packages: []string{"apache2", "libapache2-mod-oauth2"},
		files: map[string]string{"apache.conf": "apache.conf"},
		command: func(s setting) []string {
			return []string{"apache2", "-DFOREGROUND", "-f", filepath.Join(s.Directory, "apache.conf")}
		},
		change: func(s *setting) { s.ApacheThreads = s.Workers * apacheThreads },
		checks: "Algorithm, key ID, signature, issuer, audience, expiry; the key set by http. It keeps verified tokens in shared memory, by default.",
	}
	if !cache {
		p.change = func(s *setting) {
			s.ApacheThreads, s.ApacheCache = s.Workers*apacheThreads, "&expiry=0"
		}
		p.checks = "The same with `expiry=0`: it keeps the key set alone."
	}
	return p
}

// apacheThreads is how many threads each of its processes has; the template
// says so, too.
const apacheThreads = 64
