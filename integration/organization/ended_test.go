package organization

import (
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/creack/pty"

	. "github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

const ask = "GetOutboundWebIdentityFederationInfo"

// holding has the STS answer about the first n accounts, and keep further
// callers waiting. It returns what is closed once one waits.
func (s *scene) holding(first int) <-chan struct{} {
	waits := make(chan struct{})
	var once atomic.Bool
	s.whenAsked(func(action string, n int, _ http.ResponseWriter, r *http.Request) bool {
		if action != ask || n <= first {
			return false
		}
		if once.CompareAndSwap(false, true) {
			close(waits)
		}
		<-r.Context().Done()
		return true
	})
	return waits
}

// noted waits until the state file has the issuers of n accounts.
func (s *scene) noted(n int) {
	s.t.Helper()
	Eventually(s.t, "what was found is noted", func() bool { return strings.Count(s.file("issuers.json.state"), `"issuer"`) == n })
}

// TestInterrupted: Ctrl-C leaves the file as it was, and the next run asks about
// the rest alone; a run that is killed loses no more.
func TestInterrupted(t *testing.T) {
	const before = "[\n]\n"
	for name, end := range map[string]func(c *exec.Cmd) error{
		"Ctrl-C":  func(c *exec.Cmd) error { return c.Process.Signal(os.Interrupt) },
		"SIGTERM": func(c *exec.Cmd) error { return c.Process.Signal(syscall.SIGTERM) },
		"SIGKILL": func(c *exec.Cmd) error { return c.Process.Kill() },
	} {
		t.Run(name, func(t *testing.T) {
			c := crowd()
			c.Accounts = c.Accounts[:3+good]
			s := newScene(t, c)
			Must(t, os.WriteFile(s.path("issuers.json"), []byte(before), 0o600))
			waits := s.holding(25)
			o := s.await(s.command("-o", "issuers.json"), func(c *exec.Cmd) {
				<-waits
				s.noted(25)
				Must(t, end(c))
			})
			if name == "SIGKILL" {
				s.want(o, -1)
			} else {
				s.want(o, 1, "Error: interrupted, with the issuers of 25 of 62 accounts known; they are in issuers.json.state, and --resume goes on with them\n")
			}
			if o.stdout != "" || s.file("issuers.json") != before {
				t.Errorf("it wrote %s, and the file is %s", o.stdout, s.file("issuers.json"))
			}
			s.whenAsked(nil)
			s.took("AssumeRole")
			s.want(s.run("-o", "issuers.json", "--resume"), 0, "62 of 62 accounts have an issuer, 25 known from the run before\n")
			if n := s.took("AssumeRole"); n != 62-25 {
				t.Errorf("%d were asked", n)
			}
			if n := len(s.issuers(s.file("issuers.json"))); n != 62 {
				t.Errorf("the file has %d", n)
			}
			s.want(s.run("-o", "issuers.json"), 0)  // the control
			if n := s.took("AssumeRole"); n != 61 { // the caller's own account is asked without a role
				t.Errorf("without --resume %d were asked", n)
			}
		})
	}
}

// TestParallel: no more are asked at once than may be.
func TestParallel(t *testing.T) {
	c := crowd()
	c.Accounts = c.Accounts[:3+good]
	s := newScene(t, c)
	var now, most atomic.Int64
	var once sync.Once
	full := make(chan struct{})
	s.whenAsked(func(action string, _ int, _ http.ResponseWriter, _ *http.Request) bool {
		if action != ask {
			return false
		}
		n := now.Add(1)
		defer now.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		if n == 5 {
			once.Do(func() { close(full) })
		}
		<-full // until five are there at once
		return false
	})
	s.want(s.run("-o", "issuers.json", "--parallel", "5"), 0)
	if most.Load() != 5 {
		t.Errorf("%d were asked at once", most.Load())
	}
}

// TestCredentialsEnd: when the caller's own have ended, no further account is
// asked, and the rest is not called a fault of the accounts.
func TestCredentialsEnd(t *testing.T) {
	c := crowd()
	c.Accounts = c.Accounts[:3+good]
	s := newScene(t, c)
	s.whenAsked(func(action string, n int, w http.ResponseWriter, _ *http.Request) bool {
		if action != "AssumeRole" || n <= 10 {
			return false
		}
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>ExpiredToken</Code>` +
			`<Message>The security token included in the request is expired</Message></Error><RequestId>x</RequestId></ErrorResponse>`))
		return true
	})
	o := s.run("-o", "issuers.json", "--parallel", "1")
	s.want(o, 1, "sts:AssumeRole: ExpiredToken", "--resume goes on with them", "→ get new credentials, and go on with --resume")
	if n := s.took("AssumeRole"); n > 13 || s.file("issuers.json") != "" {
		t.Errorf("%d calls", n)
	}
	s.whenAsked(nil)
	s.want(s.run("-o", "issuers.json", "--resume"), 0, "known from the run before")
}

// TestTerminal shows the progress in one line on a terminal, unless it is told
// not to.
func TestTerminal(t *testing.T) {
	c := crowd()
	c.Accounts = c.Accounts[:3+good]
	s := newScene(t, c)
	for flag, shown := range map[string]bool{"--progress": true, "--progress=false": false} {
		command := s.command("-o", "issuers.json", flag)
		command.Env = append(command.Env, "TERM=xterm")
		screen, err := pty.Start(command)
		Must(t, err)
		var text strings.Builder
		buffer := make([]byte, 4096)
		for {
			n, err := screen.Read(buffer)
			text.Write(buffer[:n])
			if err != nil {
				break // the program has ended
			}
		}
		Must(t, command.Wait())
		Must(t, screen.Close())
		if strings.Contains(text.String(), "\r\x1b[K62 of 62 accounts") != shown || !strings.Contains(text.String(), "62 of 62 accounts have an issuer") {
			t.Errorf("%s: %q", flag, text.String())
		}
	}
}

// TestWithoutCredentials says what to do, once.
func TestWithoutCredentials(t *testing.T) {
	s := newScene(t, crowd())
	for name, tt := range map[string]struct {
		change []string
		says   []string
	}{
		"no credentials":       {[]string{"AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY="}, []string{"no_credentials", "→ give credentials"}},
		"a wrong secret":       {[]string{"AWS_SECRET_ACCESS_KEY=x"}, []string{"SignatureDoesNotMatch", "→ give credentials"}},
		"a member account":     {[]string{"AWS_ACCESS_KEY_ID=DEVSTSBILLINGEC2", "AWS_SECRET_ACCESS_KEY=devsts-secret-billing-ec2"}, []string{"AccessDeniedException", "→ run this with credentials of the management account"}},
		"no region":            {[]string{"AWS_REGION="}, []string{"set AWS_REGION, or give --region"}},
		"a profile that isn't": {[]string{"AWS_PROFILE=nobody"}, []string{"nobody"}},
	} {
		command := s.command("-o", "issuers.json")
		command.Env = append(command.Env, tt.change...)
		o := s.await(command, func(*exec.Cmd) {})
		s.want(o, 1, tt.says...)
		if o.stdout != "" || s.file("issuers.json") != "" {
			t.Errorf("%s: it wrote %s", name, o.stdout)
		}
	}
}
