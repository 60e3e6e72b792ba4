package awstoken

import "fmt"

// SyntaxError says that a text is not the strict JSON that [ParseObject] and
// [Decode] read.
type SyntaxError struct {
	Problem string // what is wrong, without any of the text itself
}

func (e *SyntaxError) Error() string { return "reading strict JSON: " + e.Problem }

// ClaimError says that a claim is missing, of the wrong type or out of range.
type ClaimError struct {
	Claim   string // as the payload spells it, such as "exp" or "aws_account"
	Problem string // what is wrong and what is wanted, without the value itself
}

func (e *ClaimError) Error() string { return fmt.Sprintf("reading claim %s: %s", e.Claim, e.Problem) }
