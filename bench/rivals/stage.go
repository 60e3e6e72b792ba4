package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// stage is what all loads share: the binaries, the upstream, the issuer's keys
// and the files of tokens.
type stage struct {
	directory, script string
	keys              *keys
	files             keyFiles
	spki              string
	keysURL           string
	upstream          string // host:port
	upstreamPID       int
	clientCPUs        []int // of wrk and the upstream; empty: not pinned
	proxyCPUs         []int
	tokens            map[string]string // files by algorithm and pattern
	started           int
	stops             []func() error
}

// openStage builds and starts everything but the proxies. Its close ends it,
// also when openStage failed.
func openStage(ctx context.Context, o options, say func(string, ...any)) (*stage, error) {
	s := &stage{tokens: make(map[string]string)}
	var err error
	if s.directory, err = os.MkdirTemp("", "rivals-"); err != nil {
		return s, fmt.Errorf("making a directory: %w", err)
	}
	s.stops = append(s.stops, func() error { return os.RemoveAll(s.directory) })
	if err := os.Chmod(s.directory, 0o755); err != nil { //nolint:gosec // proxies that give up root read it
		return s, fmt.Errorf("making a directory: %w", err)
	}
	s.clientCPUs, s.proxyCPUs = splitCPUs(allowedCPUs())
	say("building")
	if err := s.build(ctx, o.gateway, say); err != nil {
		return s, err
	}
	if s.keys, err = newKeys(); err != nil {
		return s, err
	}
	if s.files, err = s.keys.write(s.directory); err != nil {
		return s, err
	}
	spki, err := os.ReadFile(s.files.SPKI)
	if err != nil {
		return s, fmt.Errorf("reading keys: %w", err)
	}
	s.spki = string(spki)
	if err := s.writeLoads(o, say); err != nil {
		return s, err
	}
	return s, errors.Join(s.serveKeys(), s.startUpstream(ctx))
}

func (s *stage) close() (err error) {
	for i := len(s.stops) - 1; i >= 0; i-- {
		err = errors.Join(err, s.stops[i]())
	}
	return err
}

// build builds our binary, unless there is one, and the Go proxy, which has a
// module of its own. Without that module the Go proxy is not there to start.
func (s *stage) build(ctx context.Context, gateway string, say func(string, ...any)) error {
	if gateway != "" {
		path, err := filepath.Abs(gateway)
		if err == nil {
			err = os.Symlink(path, filepath.Join(s.directory, "caddy-awsjwt"))
		}
		if err != nil {
			return fmt.Errorf("finding the gateway: %w", err)
		}
	} else if err := stack.Build(ctx, s.directory, "caddy-awsjwt"); err != nil {
		return err
	}
	root, err := stack.Root()
	if err != nil {
		return err
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(s.directory, "gooidc"), ".") //nolint:gosec // our own directory
	build.Dir = filepath.Join(root, "bench", "rivals", "gooidc")
	if output, err := build.CombinedOutput(); err != nil {
		say("building the Go proxy: %v\n%s", err, output)
	}
	return nil
}

// writeLoads signs the tokens and writes them for wrk. What is new to a proxy
// was sent to none of its processes before, since each load has a process of
// its own.
func (s *stage) writeLoads(o options, say func(string, ...any)) error {
	script, err := templates.ReadFile("templates/load.lua")
	if err != nil {
		return fmt.Errorf("reading the script of wrk: %w", err)
	}
	s.script = filepath.Join(s.directory, "load.lua")
	if err := writeFile(s.script, script); err != nil {
		return err
	}
	for _, alg := range []string{es384, rs256} {
		say("signing %d tokens with %s", 1+o.known+o.fresh, alg)
		first := 0
		for _, p := range patterns {
			tokens, err := s.keys.signMany(alg, first, p.count(o))
			if err != nil {
				return err
			}
			first += len(tokens)
			file := filepath.Join(s.directory, "tokens-"+alg+"-"+p.key)
			if err := writeFile(file, []byte(strings.Join(tokens, "\n")+"\n")); err != nil {
				return err
			}
			s.tokens[alg+p.key] = file
		}
	}
	return nil
}

// serveKeys publishes the key set on loopback.
func (s *stage) serveKeys() error {
	set, err := s.keys.jwks()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it ends with the stage
	if err != nil {
		return fmt.Errorf("serving keys: %w", err)
	}
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(set) // a proxy without keys fails its proof
	})}
	go func() { _ = server.Serve(listener) }()
	s.stops = append(s.stops, server.Close)
	s.keysURL = "http://" + listener.Addr().String() + "/jwks.json"
	return nil
}

// startUpstream runs this program again, as the upstream.
func (s *stage) startUpstream(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	if s.upstream, err = stack.FreeAddress(); err != nil {
		return err
	}
	upstream, err := begin(ctx, s.directory, s.clientCPUs, []string{self, "-upstream", s.upstream})
	if err != nil {
		return err
	}
	s.upstreamPID = upstream.pid
	s.stops = append(s.stops, upstream.stop)
	return upstream.listens(ctx, s.upstream)
}

// startProxy starts a proxy anew, in a directory of its own.
func (s *stage) startProxy(ctx context.Context, p *proxy) (r *running, address string, err error) {
	if address, err = stack.FreeAddress(); err != nil {
		return nil, "", err
	}
	s.started++
	set := setting{
		Directory: filepath.Join(s.directory, fmt.Sprintf("%s-%d", p.key, s.started)),
		Listen:    address, Upstream: s.upstream, KeysURL: s.keysURL,
		Issuer: issuerURL, Audience: audience, Header: identityHeader,
		Keys: s.files, SPKI: s.spki, Workers: max(1, len(s.proxyCPUs)), Root: os.Geteuid() == 0,
		binaries: s.directory,
	}
	if p.change != nil {
		p.change(&set)
	}
	if err := os.Mkdir(set.Directory, 0o755); err != nil { //nolint:gosec // proxies that give up root read it
		return nil, "", fmt.Errorf("making a directory: %w", err)
	}
	if err := p.fill(set); err != nil {
		return nil, "", err
	}
	if r, err = begin(ctx, set.Directory, s.proxyCPUs, p.command(set)); err != nil {
		return nil, "", err
	}
	if err := r.listens(ctx, address); err != nil {
		return nil, "", errors.Join(fmt.Errorf("%s: %w", p.name, err), r.stop())
	}
	return r, address, nil
}
