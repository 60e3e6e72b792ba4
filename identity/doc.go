// Package identity decides what the upstream sees of a token: it takes out of a
// request everything that a client could pass off as an identity, and writes
// the verified one into header fields.
//
//	headers, err := identity.New(identity.Config{
//		DefaultHeaders: true,
//		Headers:        []identity.Header{{Field: "X-Team", Value: "{aws_token.principal_tags.team}"}},
//	})
//	…
//	headers.Strip(r)                         // first, on every path
//	token, err := …                          // package verifier
//	err = headers.Set(r.Header, token, nil)  // last, before the upstream
//
// # What nobody else can set
//
// [Headers.Strip] removes the X-Aws-Token- namespace and each configured field,
// in every spelling that an upstream could fold into the same name: X-Team,
// x_team and X.TEAM are one. It does so where the token lacks the attribute
// too, since a field that is absent must mean that AWS did not say it.
//
// Removing fields is not enough. A client that lists X-Aws-Token-Sub in
// Connection makes the proxy behind us remove the field that we set, so Strip
// cleans these lists. A client that sends the field as a trailer, announced or
// not, has it forwarded behind the body, so Strip wraps the body, and trailers
// lose managed names before anyone learns that they are there.
//
// # What the upstream reads
//
// A value is a template: literal text with placeholders in braces. What comes
// out of a placeholder is percent-encoded: bytes outside of printable ASCII,
// "%" itself, and spaces at either end. Ordinary values such as ARNs are not
// changed by that; for all others, decoding (url.PathUnescape) gives back what
// AWS said. Text in the result is never read as a template again.
//
//	attribute   written as
//	string      itself
//	list        its elements with "," between them; split first, decode then
//	timestamp   RFC 3339, in UTC
//	map         JSON
//	absent      nothing; a field with an empty value is not set
//
// The elements of a list are encoded one by one: a comma inside of one becomes
// %2C, and spaces at its ends become %20.
//
// A value over 4096 bytes is an [*UnsafeValueError], and then no field is set:
// upstreams cut or refuse such fields, and half an identity is a wrong one.
package identity
