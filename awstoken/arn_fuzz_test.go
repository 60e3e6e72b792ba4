package awstoken

import (
	"regexp"
	"strings"
	"testing"
)

// The forms once more, as expressions: what they match is accepted, and nothing
// else.
var (
	arnForm       = regexp.MustCompile(`(?s)^arn:[^:]+:[^:]+:[^:]*:[^:]*:.+$`)
	principalForm = regexp.MustCompile(`(?s)^arn:[^:]+:(iam|sts)::[0-9]{12}:.+$`)
	accountForm   = regexp.MustCompile(`^[0-9]{12}$`)
	orgForm       = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)
)

// An ARN that is accepted is the text that its parts join to.
func FuzzARN(f *testing.F) {
	for _, seed := range []string{
		"arn:aws:iam::123456789012:role/team/x/Deploy", "arn:aws:sts::123456789012:assumed-role/Deploy/session",
		"arn:aws:iam::012345678901:root", "arn:aws-cn:iam::123456789012:user/a", "arn:aws:s3:::bucket/key:with:colons",
		"arn:aws:iam::123456789012:role/", "arn:aws:iam::123456789012:/", "arn:aws:iam::123456789012:a//b", "arn:aws:iam::123456789012:\n",
		"arn:aws:iam:us-east-1:123456789012:root", "arn:aws:iam::12345678901:root", "arn:aws:iam::١٢٣٤٥٦٧٨٩٠١٢:root",
		"ARN:aws:iam::123456789012:root", "arn::iam::123456789012:root", "arn:aws:iam::123456789012:", "arn:aws", "",
		"123456789012", "123456789012\n", "o-a1b2c3d4e5", "o-a1b2c3d4e", "o-A1b2c3d4e5", "o-a1b2c3d4e5\n", "o-" + strings.Repeat("a", 32), "o-" + strings.Repeat("a", 33),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		arn, err := ParseARN(text)
		if (err == nil) != arnForm.MatchString(text) {
			t.Errorf("ParseARN(%q): %v", text, err)
		}
		if err == nil && arn.String() != text {
			t.Errorf("%q is read as %q", text, arn)
		}
		checkPrincipal(t, text, arn)
		if got := IsAccountID(text); got != accountForm.MatchString(text) {
			t.Errorf("IsAccountID(%q) = %t", text, got)
		}
		if got := IsOrgID(text); got != orgForm.MatchString(text) {
			t.Errorf("IsOrgID(%q) = %t", text, got)
		}
	})
}

func checkPrincipal(t *testing.T, text string, arn ARN) {
	t.Helper()
	p, err := ParsePrincipal(text)
	if (err == nil) != principalForm.MatchString(text) {
		t.Errorf("ParsePrincipal(%q): %v", text, err)
	}
	if err != nil {
		if p != (Principal{}) {
			t.Errorf("%q is refused, and yet read as %+v", text, p)
		}
		return
	}
	resource := p.Type + p.Path + p.Name
	if p.Type == p.Name && p.Path == "/" && arn.Resource == p.Type { // root
		resource = p.Type
	}
	if again := (ARN{p.Partition, arn.Service, "", p.AccountID, resource}).String(); again != text {
		t.Errorf("%q is read as %+v, whose parts join to %q", text, p, again)
	}
	if arn.Service == "sts" && p.Path != "/" {
		t.Errorf("%q has the path %q", text, p.Path)
	}
	if arn.Service == "iam" && arn.Resource != p.Type && (p.Path[0] != '/' || p.Path[len(p.Path)-1] != '/' || strings.Contains(p.Name, "/")) {
		t.Errorf("%q has the path %q and the name %q", text, p.Path, p.Name)
	}
}
