// Package federation judges whether AWS would take an issuer and its tokens:
// Conform checks each requirement of AssumeRoleWithWebIdentity and tells what
// is not met and where AWS, or the standard it points to, asks for it. It shares
// no code with devsts, which refuses the same things on the wire; the tests hold
// the two against each other, and against the real AWS SDK.
package federation
