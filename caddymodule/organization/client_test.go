package organization

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
)

// TestVendingDisabled: an account that has an issuer, and says that it issues no
// tokens, is as good as one where federation is off.
func TestVendingDisabled(t *testing.T) {
	for vending, want := range map[bool]error{true: nil, false: ErrDisabled} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/xml")
			if r.FormValue("Action") == "GetCallerIdentity" {
				fmt.Fprintf(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Account>%s</Account><Arn>arn:aws-cn:iam::%s:user/me</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`, id(1), id(1))
				return
			}
			fmt.Fprintf(w, `<GetOutboundWebIdentityFederationInfoResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetOutboundWebIdentityFederationInfoResult>`+
				`<IssuerIdentifier>%s</IssuerIdentifier><JwtVendingEnabled>%v</JwtVendingEnabled></GetOutboundWebIdentityFederationInfoResult></GetOutboundWebIdentityFederationInfoResponse>`, issuer(id(1)), vending)
		}))
		defer server.Close()
		for name, value := range map[string]string{
			"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "x", "AWS_SESSION_TOKEN": "",
			"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_PROFILE": "", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
		} {
			t.Setenv(name, value)
		}
		c, err := NewClient(t.Context(), Settings{Role: "/path/reader", Region: "cn-north-1"})
		must(t, err)
		if _, err := c.Caller(t.Context()); err != nil || c.RoleARN(id(2)) != "arn:aws-cn:iam::"+id(2)+":role/path/reader" {
			t.Errorf("%v, %s", err, c.RoleARN(id(2)))
		}
		if got, err := c.Issuer(t.Context(), id(1)); !errors.Is(err, want) || (got == issuer(id(1))) != vending {
			t.Errorf("%v: %s, %v", vending, got, err)
		}
	}
}
