package organization

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	f, o := newFake(30), options(t)
	f.directory.Accounts[1].Name = "Evil\x1b[31m\nname"
	write(t, o.Output, encoded(t, entry(id(3)), entry(id(4)), Entry{URL: "https://partner.example"}))
	denied := &CallError{Call: callAssume, Code: "AccessDenied", Message: "no\x1b[0m", Remedy: "allow it"}
	for n := 3; n <= 30; n++ {
		f.answers[id(n)] = denied
	}
	f.answers[id(4)] = ErrDisabled
	o.Missing, o.Others = MissingAll, OthersRemove
	r, err := Run(t.Context(), f, o)
	must(t, err)
	var b bytes.Buffer
	must(t, r.Text(&b, nil))
	for _, want := range []string{
		"+  000000000001  \"Account 1\"  " + issuer(id(1)) + "\n",
		`+  000000000002  "Evil\x1b[31m\nname"  `,
		"-  000000000004  \"Account 4\"  " + issuer(id(4)) + "  (federation is not enabled)\n",
		"-  https://partner.example  (it is of no account of the organization)\n",
		"left out: federation is not enabled in 1 account\n      000000000004  \"Account 4\"\n      → run there: aws iam enable-outbound-web-identity-federation\n",
		"left out: 27 accounts could not be asked: sts:AssumeRole: AccessDenied\n",
		"      and 7 more, which --json has\n      no\\x1b[0m\n      → allow it\n",
		"  1 that were not asked keep the entry that they have\n",
		"o-abc1234567: 2 of 30 accounts have an issuer\n",
		"with 3 issuers: 2 added, 0 changed, 2 removed\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s\nlacks %s", b.String(), want)
		}
	}
	if strings.Contains(b.String(), "\x1b") {
		t.Error("a terminal would obey it")
	}
	b.Reset()
	must(t, r.JSON(&b))
	var decoded struct {
		Failed []struct{ Account, Name, Call, Code, Message, Remedy string }
	}
	if err := json.Unmarshal(b.Bytes(), &decoded); err != nil || len(decoded.Failed) != 27 || strings.Contains(b.String(), "\x1b") {
		t.Fatalf("%v in %s", err, b.String())
	}
	if got := decoded.Failed[0]; got.Account != id(3) || got.Code != "AccessDenied" || got.Remedy != "allow it" || got.Message != "no\x1b[0m" {
		t.Errorf("got %+v", got)
	}
}
