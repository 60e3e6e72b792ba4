package main

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// testInterrupt follows the commands that the demo prints, and ends it by
// Ctrl-C.
func testInterrupt(t *testing.T) {
	d := startDemo(t, "-free-ports")
	d.waitFor(t, "Ctrl-C stops everything")
	if len(processes(t)) != 2 {
		t.Errorf("running: %v", processes(t))
	}
	gateway := regexp.MustCompile(`http://(127\.0\.0\.1:\d+)/orders`).FindStringSubmatch(d.printed())
	endpoint := regexp.MustCompile(`AWS_ENDPOINT_URL_STS=http://(127\.0\.0\.1:\d+)`).FindStringSubmatch(d.printed())
	if gateway == nil || endpoint == nil {
		t.Fatalf("addresses are missing:\n%s", d.printed())
	}
	for name, want := range map[string]int{"orders-lambda": http.StatusOK, "reports-batch": http.StatusForbidden} {
		if status := d.tried(t, gateway[1], endpoint[1], name); status != want {
			t.Errorf("%s: got %d, want %d", name, status, want)
		}
	}
	console := regexp.MustCompile(`in a browser: http://(127\.0\.0\.1:\d+)/`).FindStringSubmatch(d.printed())
	if console == nil {
		t.Fatalf("the console's address is missing:\n%s", d.printed())
	}
	waitForTraffic(t, console[1])
	d.waitFor(t, "allowed GET /tried/orders-lambda: arn:aws:iam::111122223333:role/orders-lambda, rule orders-team")
	d.waitFor(t, "refused GET /tried/reports-batch: 403 policy_denied: ")

	changePolicy(t, d.printed())
	if status := d.tried(t, gateway[1], endpoint[1], "reports-batch"); status != http.StatusOK {
		t.Errorf("with the other policy: %d", status)
	}

	if err := d.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	d.end(t, 10*time.Second, 0)
	if strings.Contains(d.printed(), "allowed GET "+trafficPath) || strings.Contains(d.printed(), "refused GET "+trafficPath) {
		t.Errorf("the traffic shows:\n%s", d.printed())
	}
	for _, address := range []string{gateway[1], endpoint[1], console[1]} {
		if connection, err := net.Dial("tcp", address); err == nil {
			_ = connection.Close()
			t.Errorf("%s still answers", address)
		}
	}
}

// tried is the status of the answer to a request of a role.
func (d *demo) tried(t *testing.T, gateway, endpoint, role string) int {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, "http://"+gateway+"/tried/"+role, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+printedToken(t, "http://"+endpoint, role))
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// changePolicy runs the two lines that put another policy in force, as they are
// printed.
func changePolicy(t *testing.T, printed string) {
	t.Helper()
	lines := regexp.MustCompile(`(?m)^\s*(sed -i .*)\n\s*(.* reload --config .*)$`).FindStringSubmatch(printed)
	if lines == nil {
		t.Fatalf("there are no lines to change the policy:\n%s", printed)
	}
	if output, err := exec.Command("sh", "-ec", lines[1]+"\n"+lines[2]).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
}

// waitForTraffic waits until the console shows that some requests pass by
// themselves, and that some are refused.
func waitForTraffic(t *testing.T, address string) {
	t.Helper()
	var passed, refused int
	for deadline := time.Now().Add(90 * time.Second); passed < 3 || refused < 3; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the console shows %d that passed and %d that were refused", passed, refused)
		}
		response, err := client.Get("http://" + address + "/api/summary")
		if err != nil {
			t.Fatal(err)
		}
		var summary struct {
			Minutes []struct{ Allowed, Refused int }
		}
		err = json.NewDecoder(response.Body).Decode(&summary)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("the console answers %s, %v", response.Status, err)
		}
		passed, refused = 0, 0
		for _, minute := range summary.Minutes {
			passed, refused = passed+minute.Allowed, refused+minute.Refused
		}
	}
}

func printedToken(t *testing.T, endpoint, role string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-token", role)
	cmd.Env = append(os.Environ(), asMain+"=1", endpointVariable+"="+endpoint)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
