package assertion

import (
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/svid/jwtsvid"
)

const bundlePath = "/.well-known/spiffe-bundle"

// matrix is one gateway with two issuers, one of which has a path, and a site for
// each of them and each algorithm. Both trade tokens.
const matrix = `
(asserting) {
	aws_jwt {
		issuer ORDERS 111122223333
		audience orders.internal
		assertion {
			issuer {args[0]}
			algorithm {args[1]}
			audience orders-upstream
			subject spiffe://corp.example/aws/{aws_token.account.id}/{aws_token.principal_tags.team}
			claims aws_token.principal_tags aws_token.sub
		}
	}
	reverse_proxy UPSTREAM
}
http://127.0.0.1:PORT {
	aws_jwt_issuer SELF {
		algorithm ES256 RS256
		exchange {
			audience https://partner.example sts.amazonaws.com
			subject  spiffe://corp.example/traded/{aws_token.account.id}
			aws_jwt {
				issuer ORDERS 111122223333
				audience orders.internal
			}
		}
	}
	aws_jwt_issuer SELF/id/v1 {
		algorithm RS256 ES256
		exchange {
			audience https://partner.example
			aws_jwt {
				issuer ORDERS 111122223333
				audience orders.internal
			}
		}
	}
	respond 404
}
http://es256.test:PORT {
	import asserting SELF ES256
}
http://rs256.test:PORT {
	import asserting SELF RS256
}
http://es256.path.test:PORT {
	import asserting SELF/id/v1 ES256
}
http://rs256.path.test:PORT {
	import asserting SELF/id/v1 RS256
}
`

// matrixSites are its sites by their hosts, with the paths of their issuers.
var matrixSites = map[string]string{"es256.test": "", "rs256.test": "", "es256.path.test": "/id/v1", "rs256.path.test": "/id/v1"}

func bundleOf(t *testing.T, domain, document string) *spiffebundle.Bundle {
	t.Helper()
	bundle, err := spiffebundle.Parse(spiffeid.RequireTrustDomainFromString(domain), []byte(document))
	must(t, err)
	return bundle
}

// go-spiffe takes what the upstream saw for a JWT-SVID, by the bundle that is
// published.
func TestJWTSVID(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start(matrix)
	elsewhere := newWorld(t).start(matrix)
	for host, path := range matrixSites {
		t.Run(host, func(t *testing.T) {
			text := w.asserted(host, mint(t, nil))
			document := w.get(w.self() + path + bundlePath)
			bundle := bundleOf(t, "corp.example", document)
			svid, err := jwtsvid.ParseAndValidate(text, bundle, []string{upstream})
			must(t, err)
			tags, _ := svid.Claims["aws_token"].(map[string]any)["principal_tags"].(map[string]any)
			if svid.ID.String() != "spiffe://corp.example/aws/111122223333/orders" || len(svid.Audience) != 1 || tags["environment"] != "production" {
				t.Errorf("%+v", svid)
			}
			if left := time.Until(svid.Expiry); left <= 0 || left > time.Minute {
				t.Errorf("it ends in %v", left)
			}
			if hint, there := bundle.RefreshHint(); !there || hint != 15*time.Minute {
				t.Errorf("the bundle is to be fetched again after %v", hint)
			}
			if _, there := bundle.SequenceNumber(); !there || len(bundle.X509Authorities()) != 0 {
				t.Error("the bundle has no number, or authorities for X.509")
			}
			twinsOfSVID(t, w, elsewhere, host, path, text, document)
		})
	}
}

// twinsOfSVID differ from a JWT-SVID that is good in one thing each.
func twinsOfSVID(t *testing.T, w, elsewhere *world, host, path, text, document string) {
	t.Helper()
	var file string
	for _, each := range w.keyFiles() {
		if strings.Contains(read(t, each), `"issuer": "`+w.self()+path+`"`) {
			file = each
		}
	}
	ended := func(at time.Time) string {
		return resigned(t, file, text, func(claims map[string]any) { claims["exp"] = at.Unix() })
	}
	again := resigned(t, file, text, func(map[string]any) {})
	stranger := signed(t, newECKey(t), "x", jose.ES256, map[string]any{"sub": "spiffe://corp.example/aws/1/a", "aud": upstream, "exp": time.Now().Unix() + 60})
	elsewhere.asserted(host, mint(t, nil)) // it has keys, too
	for what, twin := range map[string]struct {
		text, audience, domain, document string
		fault                            string
	}{
		"itself":                       {text, upstream, "corp.example", document, ""},
		"signed again":                 {again, upstream, "corp.example", document, ""},
		"another audience":             {text, "billing-upstream", "corp.example", document, "expected audience"},
		"another trust domain":         {text, upstream, "corp.example.org", document, "no bundle found"},
		"another gateway's bundle":     {text, upstream, "corp.example", elsewhere.get(elsewhere.self() + path + bundlePath), "no JWT authority"},
		"ended":                        {ended(time.Now().Add(-2 * time.Minute)), upstream, "corp.example", document, "expired"},
		"ending later":                 {ended(time.Now().Add(2 * time.Minute)), upstream, "corp.example", document, ""},
		"a stranger's":                 {stranger, upstream, "corp.example", document, "no JWT authority"},
		"the AWS token":                {mint(t, func(claims, _ map[string]any) { claims["aud"] = upstream }), upstream, "corp.example", document, "invalid subject"},
		"for a bundle without its use": {text, upstream, "corp.example", strings.ReplaceAll(document, `"jwt-svid"`, `"sig"`), "no JWT authority"},
	} {
		_, err := jwtsvid.ParseAndValidate(twin.text, bundleOf(t, twin.domain, twin.document), []string{twin.audience})
		if (err == nil) != (twin.fault == "") || err != nil && !strings.Contains(err.Error(), twin.fault) {
			t.Errorf("%s: %v, want %q", what, err, twin.fault)
		}
	}
}

// What is traded for a token is a JWT-SVID, too.
func TestTradedJWTSVID(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start(matrix)
	status, text, body := w.trade(w.self(), mint(t, nil), "https://partner.example")
	if status != 200 {
		t.Fatalf("status %d %s", status, body)
	}
	bundle := bundleOf(t, "corp.example", w.get(w.self()+bundlePath))
	svid, err := jwtsvid.ParseAndValidate(text, bundle, []string{"https://partner.example"})
	must(t, err)
	if svid.ID.String() != "spiffe://corp.example/traded/111122223333" {
		t.Errorf("%+v", svid)
	}
	if _, err := jwtsvid.ParseAndValidate(text, bundle, []string{"sts.amazonaws.com"}); err == nil {
		t.Error("it is for another audience, too")
	}
	// An audience that was not asked for, and one that may not be.
	if status, _, body := w.trade(w.self(), mint(t, nil), "https://else.example"); status != 400 || !strings.Contains(body, "invalid_target") {
		t.Errorf("status %d %s", status, body)
	}
}
