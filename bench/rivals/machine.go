package main

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// machine says what the figures were measured on, and with what.
type machine struct {
	date                  string
	model                 string // of the processor
	cpus                  int
	clientCPUs, proxyCPUs []int
	memory, system        string
	versions              []string
}

// lookAt reads what /proc and the programs say of themselves. What does not say
// is left out.
func lookAt(ctx context.Context, s *stage, all []*proxy) machine {
	m := machine{
		date: time.Now().UTC().Format(time.DateOnly), cpus: runtime.NumCPU(),
		clientCPUs: s.clientCPUs, proxyCPUs: s.proxyCPUs,
		model:  valueOf("/proc/cpuinfo", "model name", ":"),
		system: strings.Trim(valueOf("/etc/os-release", "PRETTY_NAME", "="), `"`),
	}
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		if total, err := kibibytes(string(text), "MemTotal:"); err == nil {
			m.memory = fmt.Sprintf("%.0f GiB", float64(total)/(1<<30))
		}
	}
	if kernel, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.system += ", Linux " + strings.TrimSpace(string(kernel))
	}
	m.versions = append(m.versions, "Go "+strings.TrimPrefix(runtime.Version(), "go"))
	m.versions = append(m.versions, modules(filepath.Join(s.directory, "caddy-awsjwt"), "github.com/caddyserver/caddy/v2")...)
	m.versions = append(m.versions, modules(filepath.Join(s.directory, "gooidc"), "github.com/coreos/go-oidc/v3")...)
	seen := make(map[string]bool)
	packages := append([]string{"wrk", "libssl3", "liboauth2-0"}, packagesOf(all)...)
	for _, name := range packages {
		if version := packageVersion(ctx, name); version != "" && !seen[name] {
			seen[name] = true
			m.versions = append(m.versions, name+" "+version)
		}
	}
	return m
}

func packagesOf(all []*proxy) (names []string) {
	for _, p := range all {
		names = append(names, p.packages...)
	}
	return names
}

// valueOf is the value of the first line of a file that has the name.
func valueOf(file, name, separator string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if before, after, ok := strings.Cut(line, separator); ok && strings.TrimSpace(before) == name {
			return strings.TrimSpace(after)
		}
	}
	return ""
}

// modules are the versions of modules that a binary was built from.
func modules(binary string, paths ...string) (versions []string) {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return nil
	}
	for _, path := range paths {
		for _, dep := range info.Deps {
			if dep.Path == path {
				versions = append(versions, path+" "+dep.Version)
			}
		}
	}
	return versions
}

// packageVersion is that of an installed Debian package.
func packageVersion(ctx context.Context, name string) string {
	output, err := exec.CommandContext(ctx, "dpkg-query", "-W", "-f", "${Version}", name).Output() //nolint:gosec // a name of ours
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(output))
}

func (m machine) text() string {
	pins := "Nothing was pinned to a processor."
	if len(m.proxyCPUs) > 0 {
		pins = fmt.Sprintf("taskset kept the proxy to processor %s, and wrk and the upstream to %s.", cpuList(m.proxyCPUs), cpuList(m.clientCPUs))
	}
	return fmt.Sprintf("Measured on %s: %d × %s, %s, %s. %s Versions: %s.\n",
		m.date, m.cpus, m.model, m.memory, m.system, pins, strings.Join(m.versions, ", "))
}
