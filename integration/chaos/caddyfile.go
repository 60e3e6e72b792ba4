package main

import (
	"fmt"
	"strings"
)

// places are the addresses and files that a Caddyfile names.
type places struct {
	population
	base        string // of the issuers' URLs
	gateway     string // host:port, as the others
	admin       string
	upstream    string
	issuersFile string
}

// caddyfile writes a configuration. Sites are told apart by their host alone, so
// that they share one listener.
func (p places) caddyfile(c config, f flaw) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{
	admin %s
	log default {
		exclude http.handlers.aws_jwt
	}
	log decisions {
		output stderr
		level DEBUG
		include http.handlers.aws_jwt
	}
}
`, p.admin)
	host, port, _ := strings.Cut(p.gateway, ":")
	template := "organization " + organization + " {\n\t\t\tissuer_template " + p.base + "/<uuid>\n\t\t}"
	p.site(&b, "http://"+openSite+":"+port, host, c, p.issuersFile, template)
	p.site(&b, "http://"+closedSite+":"+port, host, c, p.issuersFile)
	switch f {
	case badRule:
		p.site(&b, "http://z.chaos.internal:"+port, host, c, p.issuersFile, "deny `aws_token.acount.id == \"1\"`")
	case missingFile:
		p.site(&b, "http://z.chaos.internal:"+port, host, c, p.issuersFile+".missing")
	case badSyntax:
		p.site(&b, "http://z.chaos.internal:"+port, host, c, p.issuersFile, "isuer http://127.0.0.1")
	case takenPort:
		host, port, _ := strings.Cut(p.upstream, ":")
		p.site(&b, "http://z.chaos.internal:"+port, host, c, p.issuersFile)
	default:
	}
	return b.String()
}

// site writes one site; more are further subdirectives of its aws_jwt. Idle
// connections to the upstream end soon, so that they do not count as goroutines
// that were left.
func (p places) site(b *strings.Builder, address, bind string, c config, issuersFile string, more ...string) {
	fmt.Fprintf(b, "%s {\n\tbind %s\n\taws_jwt {\n", address, bind)
	line := func(format string, args ...any) { fmt.Fprintf(b, "\t\t"+format+"\n", args...) }
	for _, i := range p.issuers {
		switch {
		case i.source != listed || i.name == c.without:
		case i.keysAt:
			line("issuer %s %s {\n\t\t\tjwks_url %s/.well-known/jwks.json\n\t\t}", i.url(p.base), i.account, i.url(p.base))
		default:
			line("issuer %s %s", i.url(p.base), i.account)
		}
	}
	line("issuers_file %s", issuersFile)
	line("audience %s", audience)
	used := ttl
	if c.otherTTL {
		used = otherTTL
	}
	line("jwks {\n\t\t\tttl %v\n\t\t\tcooldown %v\n\t\t\tmax_stale %v\n\t\t\ttimeout %v\n\t\t}", used, cooldown, maxStale, timeout)
	line("%s", c.policy.rule())
	for _, each := range more {
		line("%s", each)
	}
	fmt.Fprintf(b, "\t}\n\treverse_proxy %s {\n\t\ttransport http {\n\t\t\tkeepalive 200ms\n\t\t}\n\t}\n}\n", p.upstream)
}
