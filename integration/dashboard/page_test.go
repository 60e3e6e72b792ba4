package dashboard

import (
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/awsside"
)

// What the page has its reader do in AWS is well-formed, and lets a role have no
// more than a token for its gateway. The rest of it the other tests run.
func TestPage(t *testing.T) {
	t.Parallel()
	awsside.Check(t, page(t))
}
