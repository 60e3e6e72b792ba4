// Package awstoken is the vocabulary of the tokens that AWS STS signs for an
// IAM role (GetWebIdentityToken): what they hold, how each attribute is spelt,
// and how a payload becomes a [Token].
//
// # Decoding
//
// [Decode] reads the payload of a token strictly: one JSON object in UTF-8,
// nothing behind it, no name twice, no name that differs from a known one in
// case alone, every known claim of its proper type. It says nothing about who
// made the payload: give it bytes whose signature was verified. Package
// verifier does that.
//
// # Attributes
//
// [Attributes] is the one table of paths such as aws_token.org.id. Policies,
// placeholders, header templates, logs and docs/attributes.md all read it, so a
// path means the same everywhere. [ParseReference] reads a path as placeholders
// spell it, where a key may follow principal_tags or request_tags.
//
// The facts about the tokens are those of the AWS IAM User Guide, "Federating
// AWS identities to external services":
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound.html
package awstoken
