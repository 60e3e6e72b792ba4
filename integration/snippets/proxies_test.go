package snippets

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// nginxFaults are those of a whole configuration, or of a part of one for http or for
// a server, which is put there.
func nginxFaults(ctx context.Context, text, directory string) []fault {
	switch {
	case regexp.MustCompile(`(?m)^\s*events\s*\{`).MatchString(text):
	case regexp.MustCompile(`(?m)^\s*(server|upstream)\b[^;]*\{`).MatchString(text):
		text = "events {}\nhttp {\n" + text + "}\n"
	default:
		text = "events {}\nhttp {\nserver {\n" + text + "}\n}\n"
	}
	text = regexp.MustCompile(`(?m)^\s*(pid|error_log|access_log)\s[^;]*;`).ReplaceAllString(text, "")
	file, err := write(directory, "nginx.conf", fmt.Sprintf("pid %q;\n", filepath.Join(directory, "pid"))+text)
	if err != nil {
		return found(err)
	}
	return run(exec.CommandContext(ctx, "nginx", "-t", "-q", "-e", "stderr", "-p", directory, "-c", file))
}

var ofHAProxy = regexp.MustCompile(`^(?:\s*#.*\n|\s*\n)*(?:global|defaults|frontend|backend|listen)\b`)

// haproxyFaults are those of a configuration, or of sections of one.
func haproxyFaults(ctx context.Context, text, directory string) []fault {
	text, err := withCertificates(text, directory)
	if err != nil {
		return found(err)
	}
	file, err := write(directory, "haproxy.cfg", text)
	if err != nil {
		return found(err)
	}
	output, err := exec.CommandContext(ctx, "haproxy", "-c", "-f", file).CombinedOutput()
	var exit *exec.ExitError
	if err == nil || errors.As(err, &exit) && exit.ExitCode() == withoutListener {
		return nil
	}
	return found(fmt.Errorf("haproxy -c: %w: %s", err, strings.Join(regexp.MustCompile(`(?m)^\[ALERT\].*$`).FindAllString(string(output), -1), "\n")))
}

// withoutListener is HAProxy's exit code for sections that have no fault and do not
// make a whole configuration.
const withoutListener = 2
