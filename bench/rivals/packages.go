package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// loadPackages are those that every run needs. taskset is in the other, which
// all of Debian has.
var loadPackages = []string{"wrk", "util-linux"}

// installed says whether Debian's package is there.
func installed(ctx context.Context, name string) bool {
	output, err := exec.CommandContext(ctx, "dpkg-query", "-W", "-f", "${Status}", name).Output() //nolint:gosec // a name of ours
	return err == nil && strings.HasSuffix(string(output), "ok installed")
}

// provide installs those packages that are missing, with apt-get, and says so.
func provide(ctx context.Context, names []string, say func(string, ...any)) error {
	var missing []string
	for _, name := range names {
		if !installed(ctx, name) {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("installing %s: only root may", strings.Join(missing, ", "))
	}
	say("installing %s with apt-get; what Debian starts of it as a service is not needed, and systemctl disable --now ends it", strings.Join(missing, ", "))
	install := func() ([]byte, error) {
		args := append([]string{"install", "-y", "-q", "--no-install-recommends"}, missing...)
		c := exec.CommandContext(ctx, "apt-get", args...) //nolint:gosec // names of ours
		c.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		return c.CombinedOutput()
	}
	output, err := install()
	if err != nil {
		// The lists of a fresh machine are old, or not there.
		if text, updateError := exec.CommandContext(ctx, "apt-get", "update", "-q").CombinedOutput(); updateError != nil {
			return fmt.Errorf("installing %s: apt-get update: %w\n%s", strings.Join(missing, ", "), updateError, text)
		}
		output, err = install()
	}
	if err != nil {
		return fmt.Errorf("installing %s: %w\n%s", strings.Join(missing, ", "), err, output)
	}
	return nil
}

// provideAll installs what the proxies need, and leaves out those that cannot
// have it: left says why, by key.
func provideAll(ctx context.Context, all []*proxy, say func(string, ...any)) (have []*proxy, left map[string]string) {
	left = make(map[string]string)
	for _, p := range all {
		if err := provide(ctx, p.packages, say); err != nil {
			say("%s is left out: %v", p.name, err)
			left[p.key] = "its packages could not be installed"
			continue
		}
		have = append(have, p)
	}
	return have, left
}

// choose keeps the proxies that are named; the bare one always, since all are
// measured against it.
func choose(all []*proxy, only string) ([]*proxy, error) {
	if only == "" {
		return all, nil
	}
	names := strings.Split(only, ",")
	var chosen []*proxy
	for _, p := range all {
		if i := slices.Index(names, p.key); i >= 0 || p.open {
			chosen = append(chosen, p)
			if i >= 0 {
				names = slices.Delete(names, i, i+1)
			}
		}
	}
	if len(names) > 0 {
		return nil, fmt.Errorf("-only: there is no %q", names[0])
	}
	return chosen, nil
}
