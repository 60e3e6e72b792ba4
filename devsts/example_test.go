package devsts_test

import (
	"fmt"
	"net/http/httptest"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
)

// A test signs a token in which one thing is wrong with the issuer's real key.
func ExampleServer_Mint() {
	sts, err := devsts.New(devsts.DefaultConfig())
	if err != nil {
		panic(err)
	}
	web := httptest.NewServer(sts.Handler())
	defer web.Close()
	if err := sts.SetBaseURL(web.URL); err != nil {
		panic(err)
	}
	claims, err := sts.GoodClaims("orders-lambda", "https://orders.example")
	if err != nil {
		panic(err)
	}
	claims["exp"] = "soon"
	token, err := sts.Mint("111122223333", map[string]any{"alg": "RS256"}, claims)
	if err != nil {
		panic(err)
	}
	fmt.Println(strings.Count(token, "."), claims["sub"])
	// Output: 2 arn:aws:iam::111122223333:role/orders-lambda
}
