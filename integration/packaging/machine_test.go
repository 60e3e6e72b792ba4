package packaging

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// machine is a copy of this machine in namespaces of its own, with systemd: what
// is installed and started there leaves no trace here, and its ports are its own.
type machine struct {
	t           *testing.T
	first       string // the process ID of its systemd, as it is here
	environment []string
}

// boot starts one, which ends with the test. Only root can.
func boot(t *testing.T) *machine {
	t.Helper()
	if os.Geteuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("installing the package for a try needs root")
		}
		t.Skip("installing the package for a try needs root")
	}
	group, err := os.MkdirTemp(controlGroups(t), "caddy-awsjwt-") //nolint:usetesting // a control group is a directory where those are
	must(t, err)
	t.Cleanup(func() { removeGroup(t, group) })
	must(t, os.Chmod(group, 0o755)) // the root of all groups, for those in it
	opened, err := os.Open(group)
	must(t, err)
	defer func() { _ = opened.Close() }()

	cmd := exec.Command("unshare", "--mount", "--pid", "--net", "--ipc", "--uts", "--cgroup", "--fork", "--kill-child",
		"--propagation", "private", "sh", packaged(t, "integration", "packaging", "testdata", "machine.sh"), t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(opened.Fd()), Pdeathsig: syscall.SIGKILL}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	must(t, cmd.Start())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // its systemd ends with it
		<-ended
	})
	m := &machine{t: t, environment: []string{"PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"}}
	eventually(t, "systemd runs in the machine", func() bool {
		select {
		case <-ended:
			t.Fatalf("booting the machine: it ended\n%s", said.String())
		default:
		}
		children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", cmd.Process.Pid))
		if err != nil {
			return false
		}
		m.first = strings.TrimSpace(string(children))
		program, err := os.ReadFile("/proc/" + m.first + "/comm")
		return m.first != "" && err == nil && string(program) == "systemd\n"
	})
	eventually(t, "the machine has started", func() bool {
		state, _ := m.try("systemctl is-system-running")
		return state == "running\n" || state == "degraded\n"
	})
	return m
}

// controlGroups is where control groups of the second version are.
func controlGroups(t *testing.T) string {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mounts")
	must(t, err)
	for line := range strings.Lines(string(mounts)) {
		if fields := strings.Fields(line); fields[2] == "cgroup2" {
			return fields[1]
		}
	}
	t.Fatal("no control groups of the second version are mounted")
	return ""
}

// removeGroup removes a group and those below it, once their processes have ended.
func removeGroup(t *testing.T, group string) {
	eventually(t, "the machine's control groups are removed", func() bool {
		var groups []string
		_ = filepath.WalkDir(group, func(path string, entry os.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				groups = append(groups, path)
			}
			return nil
		})
		for len(groups) > 0 {
			_ = os.Remove(groups[len(groups)-1])
			groups = groups[:len(groups)-1]
		}
		_, err := os.Stat(group)
		return os.IsNotExist(err)
	})
}

// command is a script that bash runs there as root, in /root.
func (m *machine) command(script string) *exec.Cmd {
	args := []string{"--target", m.first, "--mount", "--pid", "--net", "--ipc", "--uts", "--cgroup", "--root", "--wdns=/root", "env", "-i"}
	args = append(append(args, m.environment...), "bash", "-euo", "pipefail", "-c", script)
	return exec.CommandContext(m.t.Context(), "nsenter", args...)
}

// try runs a script, and returns what it prints on standard output; standard
// error is in the error.
func (m *machine) try(script string) (string, error) {
	var out, wrong bytes.Buffer
	cmd := m.command(script)
	cmd.Stdout, cmd.Stderr = &out, &wrong
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%w\n%s", err, wrong.String())
	}
	return out.String(), nil
}

// do is try for a script that must succeed.
func (m *machine) do(script string) string {
	m.t.Helper()
	output, err := m.try(script)
	if err != nil {
		m.t.Fatalf("%s\n%v\n%s\n%s", script, err, output, m.journal())
	}
	return output
}

func (m *machine) journal() string {
	text, _ := m.try("journalctl --no-pager -u caddy-awsjwt -o cat | tail -n 40")
	return text
}

// put writes a file of this machine there.
func (m *machine) put(from, to, mode string) {
	m.t.Helper()
	file, err := os.Open(from)
	must(m.t, err)
	defer func() { _ = file.Close() }()
	m.write(file, to, mode)
}

func (m *machine) write(content io.Reader, to, mode string) {
	m.t.Helper()
	cmd := m.command("mkdir -p \"$(dirname '" + to + "')\" && cat >'" + to + "' && chmod " + mode + " '" + to + "'")
	cmd.Stdin = content
	if output, err := cmd.CombinedOutput(); err != nil {
		m.t.Fatalf("writing %s: %v\n%s", to, err, output)
	}
}

// eventually is [eventually] for a script that is to succeed at last.
func (m *machine) eventually(what, script string) (output string) {
	m.t.Helper()
	eventually(m.t, what, func() (ok bool) {
		var err error
		if output, err = m.try(script); err != nil {
			time.Sleep(80 * time.Millisecond)
		}
		return err == nil
	})
	return output
}
