package verifier

import "testing"

// The examples of RFC 7515, appendix A. They have one payload, but for A.4's.
const joe = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

// rs256Example is A.2. It has no kid, so it is for the signature check alone.
func rs256Example() example {
	return example{
		name: "A.2", algorithm: "RS256",
		key: jwkMap{"kty": "RSA", "e": "AQAB", "n": "" +
			"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-" +
			"pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2Ca" +
			"pHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb5" +
			"4h4FRWyuXpoQ"},
		input: "eyJhbGciOiJSUzI1NiJ9." + joe,
		signature: "" +
			"cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr" +
			"7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--x" +
			"i12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_Ioy" +
			"pGlUPQGe77Rw",
	}
}

func es256Example() example {
	return example{
		name: "A.3", algorithm: "ES256",
		key: jwkMap{
			"kty": "EC", "crv": "P-256",
			"x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
		},
		input:     "eyJhbGciOiJFUzI1NiJ9." + joe,
		signature: "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
	}
}

func TestRFC7515Verifies(t *testing.T) {
	verifies(t, rs256Example())
}

// None has a kid, and the header is judged before the key and the algorithm.
// RFC 7520 has examples that differ from a token of ours in the algorithm.
func TestRFC7515IsRefused(t *testing.T) {
	const noKid = "header: kid is missing"
	hs256 := example{
		name: "A.1", algorithm: "HS256", reason: MalformedToken, hint: noKid,
		key: jwkMap{"kty": "oct", "k": "" +
			"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"},
		input:     "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + joe,
		signature: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
	}
	rs256, es256 := rs256Example(), es256Example()
	rs256.reason, rs256.hint = MalformedToken, noKid
	es256.reason, es256.hint = MalformedToken, noKid
	es512 := example{
		name: "A.4", algorithm: "ES512", reason: MalformedToken, hint: noKid,
		key: jwkMap{
			"kty": "EC", "crv": "P-521",
			"x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
			"y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2",
		},
		input: "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA",
		signature: "" +
			"AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJ" +
			"ZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
	}
	unsecured := rs256
	unsecured.name, unsecured.sent = "A.5", "eyJhbGciOiJub25lIn0."+joe+"."
	unsecured.hint = "signature: it is empty"

	const notCompact = "the token has 1 parts"
	general, flattened, detached := rs256, es256, hs256
	general.name, general.hint = "A.6", notCompact
	general.sent = jsonForm(map[string]any{"payload": joe, "signatures": []any{
		map[string]any{"protected": "eyJhbGciOiJSUzI1NiJ9", "header": map[string]any{"kid": "2010-12-29"}, "signature": rs256.signature},
		map[string]any{"protected": "eyJhbGciOiJFUzI1NiJ9", "header": map[string]any{"kid": es256Kid}, "signature": es256.signature},
	}})
	flattened.name, flattened.hint = "A.7", notCompact
	flattened.sent = jsonForm(map[string]any{
		"payload": joe, "protected": "eyJhbGciOiJFUzI1NiJ9", "header": map[string]any{"kid": es256Kid}, "signature": es256.signature,
	})
	detached.name, detached.hint = "appendix F, of A.1", "payload: it is empty"
	detached.sent = part(hs256.compact(), 1, func(string) string { return "" })

	refused(t, []example{hs256, rs256, es256, es512, unsecured, general, flattened, detached})
}

const es256Kid = "e9bc097a-ce51-4036-9562-d2ade882db0d"
