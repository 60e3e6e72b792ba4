package snippets

import (
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

const site = `orders.example.com {
	aws_jwt {
		issuer https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws 123456789012
		audience https://orders.example.com
		allow orders` + " `aws_token.principal_tags.team == \"orders\"`" + `
	}
	reverse_proxy 127.0.0.1:9000
}
`

const iam = `{
  "Version": "2012-10-17",
  "Statement": [{"Effect": "Allow", "Action": "sts:GetWebIdentityToken", "Resource": "*"}]
}
`

const program = `package main

import "fmt"

func main() {
	fmt.Println("orders")
}
`

const script = `# what the project has
make deb VERSION=1.2.3
cd bench/micro && go run . -h
VERSION=1 bin/caddy-awsjwt run --config Caddyfile
TOKEN=$(caddy-awsjwt aws-jwt explain --config Caddyfile \
	--site orders.example.com token.jwt)
cat >/etc/caddy-awsjwt/Caddyfile <<'EOF'
:80 {
	aws_jwt_ready
}
EOF
`

// Each good block has no fault, and each that differs in one place has the fault at
// its line.
func TestTwins(t *testing.T) {
	for _, tt := range []struct {
		language, text, from, to string
		line                     int
		says                     string
	}{
		{"caddyfile", site, "audience", "audiences", 3, `did you mean "audience"`},
		{"caddyfile", site, "team ==", "team =", 0, "allow"},
		{"caddyfile", site, "reverse_proxy", "reverse_proxi", 6, "unrecognized directive"},
		{"caddyfile", site, "\t}\n\tr", "\tr", 0, "validate"},
		{"caddyfile", "aws_jwt_ready /readyz\n", "ready ", "raedy ", 0, "as lines of a site"},
		{"caddyfile", "mode audit\ndeny no-sandboxes `false`\n", "audit", "odit", 0, "as lines of aws_jwt"},
		{"caddyfile", "{\n\tadmin off\n}\n", "admin", "admim", 1, "admim"},
		{"caddyfile", "# files\nissuers_file /etc/orders/issuers.json\njwks {\n\tca /etc/orders/ca.pem\n}\n", "ca ", "cas ", 3, `did you mean "ca"`},
		{"json", iam, `"*"}]`, `"*"}`, 3, "JSON"},
		{"json", iam, `"Resource"`, `"Resources"`, 3, "an IAM policy has no"},
		{"json", iam, `"Allow"`, `"Alow"`, 3, "Alow"},
		{"json", iam, `"Version"`, `"version"`, 3, "an IAM policy has no"},
		{"json", "{\"a\": 1}\n{\"b\": [2, {\"c\": 3}]}\n", `"c"`, `"c": 1, "c"`, 1, "stands twice"},
		{"json", "[1]\n", "]", ",]", 0, "JSON"},
		{"json", "[1]\n", "[1]", "", 0, "JSON"},
		{"yaml", "a: 1\nb: [1]\n---\nc: !Sub x\n", "b:", "a:", 0, "already defined"},
		{"yml", "a: {b: 1}\n", "}", "", 0, "YAML"},
		{"ini", "# a comment\n[Service]\nAmbientCapabilities=\n", "[Service]", "[Service", 1, "no section"},
		{"ini", "[a.b]\nc = d\n", "=", ":", 1, "no setting"},
		{"ini", "[a.b]\nc = d\n", "[a.b]", "", 1, "in no section"},
		{"toml", "a = 1\nb = [\"c\"]\n", "b =", "a =", 1, "TOML"},
		{"ini", "# in front\ndefaults\n\tmode http\n\ttimeout client 1s\n", "mode", "modus", 0, "unknown keyword 'modus'"},
		{"haproxy", "frontend f\n\tmode http\n\ttimeout client 1s\n\tbind 127.0.0.1:1 ssl crt /etc/haproxy/f.pem\n", "crt", "cert", 0, "cert"},
		{"caddyfile", "tls /etc/orders/o.crt /etc/orders/o.key\n", "o.key", "o.kee", 0, "o.kee"},
		{"hcl", "a \"b\" {\n  c = [1]\n}\n", "]", "", 0, "HCL"},
		{"python", "import boto3\n\nprint(boto3)\n", "boto3)", "boto3", 0, "line 3: "},
		{"go", program, `fmt.Println("`, `fmt.Printn("`, 0, "undefined: fmt.Printn"},
		{"go", program, "\tfmt.P", "  fmt.P", 0, "gofmt"},
		{"go", "client := http.Client{}\n", "{}", "{", 0, "parsing Go"},
		{"nginx", "server {\n\tlisten 127.0.0.1:1;\n}\n", "listen", "listens", 0, "unknown directive"},
		{"nginx", "location / {\n\treturn 204;\n}\n", "204;", "204", 0, "nginx"},
		{"nginx", "events {}\nhttp {}\n", "http {}", "http {", 0, "nginx"},
		{"sh", script, "make deb", "make dep", 1, "the Makefile has no dep"},
		{"sh", script, "bench/micro", "bench/macro", 2, "no bench/macro"},
		{"sh", script, "bin/caddy-awsjwt", "bin/caddy", 3, "no cmd/caddy"},
		{"sh", script, "caddy-awsjwt run", "caddy-awsjwt rum", 3, "no command rum"},
		{"sh", script, "run --config", "run --configs", 3, "no flag --configs"},
		{"sh", script, "aws-jwt explain", "aws-jwt explian", 4, "no command aws-jwt explian"},
		{"sh", script, "--site", "--host", 4, "no flag --host"},
		{"sh", script, "$(", "$((", 0, "bash -n"},
		{"sh", script, "aws_jwt_ready", "aws_jwt_raedy", 8, "unrecognized directive"},
		{"sh", "if true; then make deb; fi\n", " fi", "", 0, "bash -n"},
		{"console", "$ make \\\n\tfips\nmake: it is done\n", "fips", "fibs", 0, "no fibs"},
		{"console", "$ make fips\nmake: done\n", "$ ", "", 0, "is text"},
		{"crontab", "# nightly\n15 4 * * *  caddy-awsjwt aws-jwt issuers --resume\n", "--resume", "--resumed", 1, "no flag --resumed"},
		{"crontab", "15 4 * * *  true\n", "15 ", "", 0, "no line of a crontab"},
	} {
		t.Run(tt.language+" "+tt.from, func(t *testing.T) {
			t.Parallel()
			if all := faults(t.Context(), stacktest.Block{Language: tt.language, Text: tt.text}, t.TempDir()); len(all) > 0 {
				t.Errorf("the good one: line %d: %v", all[0].line, all[0].err)
			}
			if !strings.Contains(tt.text, tt.from) {
				t.Fatalf("%q is not there", tt.from)
			}
			broken := strings.Replace(tt.text, tt.from, tt.to, 1)
			all := faults(t.Context(), stacktest.Block{Language: tt.language, Text: broken}, t.TempDir())
			for _, each := range all {
				if strings.Contains(each.err.Error(), tt.says) && (tt.line == 0 || tt.line == each.line) {
					return
				}
			}
			t.Errorf("%q for %q: wanted is %q at line %d, and the faults are:", tt.to, tt.from, tt.says, tt.line)
			for _, each := range all {
				t.Logf("line %d: %v", each.line, each.err)
			}
		})
	}
}

// A block says what it is, in a language that is checked.
func TestLanguages(t *testing.T) {
	for _, tt := range []struct {
		language, text string
		good           bool
	}{
		{"text", "client ──► gateway\n", true},
		{"", "client ──► gateway\n", false},
		{"", "aws_jwt [<matcher>] {\n}\n", true},
		{"", "aws_jwt {\n}\n", false},
		{"JSON", "{}\n", false},
		{"json", "{}\n", true},
		{"json title", "{}\n", false},
		{"cobol", "\n", false},
	} {
		all := faults(t.Context(), stacktest.Block{Language: tt.language, Text: tt.text}, t.TempDir())
		if good := len(all) == 0; good != tt.good {
			t.Errorf("%q with %q: %v", tt.language, tt.text, all)
		}
	}
}
