package organization

import (
	"fmt"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// checkIssuer refuses what a gateway would refuse as an issuer's URL.
func checkIssuer(url string) error {
	return check(verifier.Config{Issuers: []verifier.Issuer{{URL: url}}})
}

// checkFile refuses an issuers file that a gateway would refuse. It fetches
// nothing; key files that entries name must be there, as for a gateway.
func checkFile(path string) error { return check(verifier.Config{IssuersFile: path}) }

func check(c verifier.Config) error {
	keys, err := verifier.NewRemoteKeySets(verifier.RemoteConfig{})
	if err != nil {
		return err
	}
	defer func() { _ = keys.Close() }() // nothing was fetched
	// The audience is the handler's, of which nothing is known here.
	c.RemoteKeys, c.Audiences = keys, []string{"any"}
	if _, err := verifier.New(c); err != nil {
		return fmt.Errorf("the gateway would refuse it: %w", err)
	}
	return nil
}
