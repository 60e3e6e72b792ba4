package devsts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// page is an answer of ListAccounts, or an error of it.
type page struct {
	status    int
	Accounts  []map[string]any
	NextToken string
	Type      string `json:"__type"`
	Message   string
}

func (e emulator) listAccounts(t *testing.T, keyID, body string, change ...func(*signer)) page {
	t.Helper()
	s := e.signer(keyID)
	s.service, s.region = "organizations", "us-east-1"
	for _, each := range change {
		each(&s)
	}
	r, err := http.NewRequest(http.MethodPost, e.url+"/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", targetListAccounts)
	hash := sha256.Sum256([]byte(body))
	creds := aws.Credentials{AccessKeyID: s.keyID, SecretAccessKey: s.secret}
	if err := v4.NewSigner().SignHTTP(context.Background(), creds, r, hex.EncodeToString(hash[:]), s.service, s.region, s.at); err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	p := page{status: resp.StatusCode}
	if err := json.NewDecoder(resp.Body).Decode(&p); err != nil || resp.Header.Get("Content-Type") != "application/x-amz-json-1.1" {
		t.Fatalf("%v, %v", err, resp.Header)
	}
	return p
}

func (p page) want(t *testing.T, status int, kind string) {
	t.Helper()
	if p.status != status || p.Type != kind {
		t.Errorf("got %+v, want %d %s", p, status, kind)
	}
}

// crowd is the built-in configuration with more accounts in the organization.
func crowd(n int) Config {
	c := DefaultConfig()
	for i := range n {
		id := fmt.Sprintf("%012d", i+1)
		c.Accounts = append(c.Accounts, Account{
			ID: id, IssuerID: "00000000-0000-4000-8000-" + id, OrgID: "o-devsts0001",
			Roles: []Role{{ARN: "arn:aws:iam::" + id + ":role/OrganizationAccountAccessRole", AssumedBy: []string{ordersAcc}}},
		})
	}
	return c
}

func TestListAccounts(t *testing.T) {
	c := crowd(43)
	c.Accounts[4].State, c.Accounts[4].Name = "SUSPENDED", "Old, old"
	e := start(t, c)
	var seen []map[string]any
	pages, token := 0, ""
	for {
		p := e.listAccounts(t, reader, `{"NextToken": "`+token+`"}`)
		p.want(t, 200, "")
		if len(p.Accounts) > 20 {
			t.Errorf("a page of %d", len(p.Accounts))
		}
		pages++
		seen = append(seen, p.Accounts...)
		if token = p.NextToken; token == "" {
			break
		}
	}
	if pages != 3 || len(seen) != 45 {
		t.Fatalf("%d accounts on %d pages", len(seen), pages)
	}
	for name, want := range map[string]any{"Id": ordersAcc, "Name": "Orders", "State": "ACTIVE", "Arn": "arn:aws:organizations::111122223333:account/o-devsts0001/111122223333"} {
		if seen[0][name] != want {
			t.Errorf("%s is %v, want %v", name, seen[0][name], want)
		}
	}
	if old := seen[3]; old["Id"] != "000000000002" || old["State"] != "SUSPENDED" || old["Name"] != "Old, old" {
		t.Errorf("got %v", old)
	}
	if p := e.listAccounts(t, reader, `{"MaxResults": 5}`); len(p.Accounts) != 5 || p.NextToken == "" {
		t.Errorf("got %d accounts", len(p.Accounts))
	}
}

func TestListAccountsRefusals(t *testing.T) {
	e := start(t, DefaultConfig())
	e.listAccounts(t, reader, `{}`).want(t, 200, "")
	e.listAccounts(t, reader, `{}`, func(s *signer) { s.secret += "x" }).want(t, 403, "InvalidSignatureException")
	e.listAccounts(t, reader, `{}`, func(s *signer) { s.keyID += "X" }).want(t, 403, "UnrecognizedClientException")
	e.listAccounts(t, reader, `{}`, func(s *signer) { s.service = "sts" }).want(t, 403, "InvalidSignatureException")
	e.listAccounts(t, "DEVSTSBILLINGEC2", `{}`).want(t, 400, "AccessDeniedException")
	for _, body := range []string{`{"MaxResults": 21}`, `{"MaxResults": 0}`, `{"NextToken": "x"}`, `{"NextToken": "OTk"}`} {
		e.listAccounts(t, reader, body).want(t, 400, "InvalidInputException")
	}
	e.listAccounts(t, reader, `[`).want(t, 400, "SerializationException")
	e.Throttle("ListAccounts", 1)
	e.listAccounts(t, reader, `{}`).want(t, 400, "TooManyRequestsException")
	e.listAccounts(t, reader, `{}`).want(t, 200, "")

	c := DefaultConfig()
	c.Accounts[0].Roles[2].Deny = []string{permListAccounts}
	e = start(t, c)
	e.listAccounts(t, reader, `{}`).want(t, 400, "AccessDeniedException")
	e.listAccounts(t, orders, `{}`).want(t, 200, "")
	c = DefaultConfig()
	c.Accounts[2].OrgID, c.Accounts[2].OUPath = "", nil
	start(t, c).listAccounts(t, stranger, `{}`).want(t, 400, "AWSOrganizationsNotInUseException")
}

func TestOrganizationFaults(t *testing.T) {
	for want, change := range map[string]func(*Account){
		`accounts[0].state: "GONE" is not one of ACTIVE, PENDING_ACTIVATION`: func(a *Account) { a.State = "GONE" },
		`accounts[0].organization_admin: the account is in no organization`:  func(a *Account) { a.OrgID, a.OUPath = "", nil },
		`accounts[0].roles[0].assumed_by[0]: "me" is neither`:                func(a *Account) { a.Roles[0].AssumedBy = []string{"me"} },
	} {
		c := DefaultConfig()
		change(&c.Accounts[0])
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
