package organization

import (
	"context"
	"errors"
)

// Account is an account of an organization.
type Account struct {
	ID    string `json:"account"`
	Name  string `json:"name"`
	State string `json:"-"` // ACTIVE, SUSPENDED, …, as AWS Organizations has it
}

// stateActive is that of accounts that can issue tokens.
const stateActive = "ACTIVE"

// Caller is who asks.
type Caller struct {
	Account   string // 12 digits
	ARN       string // as GetCallerIdentity tells it
	Partition string // of the ARN, such as aws or aws-cn
}

// Directory is an organization with its accounts.
type Directory struct {
	Organization string // such as o-abc1234567
	Accounts     []Account
}

// AWS is what is asked. Errors of calls are a [*CallError].
type AWS interface {
	// Caller tells whose credentials they are.
	Caller(ctx context.Context) (Caller, error)

	// Accounts lists all accounts of the caller's organization, and tells after
	// each page how many there are so far.
	Accounts(ctx context.Context, soFar func(n int)) (Directory, error)

	// Issuer is the URL of an account's issuer, or ErrDisabled.
	Issuer(ctx context.Context, account string) (string, error)
}

// ErrDisabled says that an account has outbound federation turned off, so that
// it has no issuer.
var ErrDisabled = errors.New("outbound web identity federation is not enabled")

// Result is what asking about an account came to: an issuer, or Disabled, or a
// fault.
type Result struct {
	Account
	Issuer   string
	Disabled bool
	Fault    *CallError
	Known    bool // from an earlier run, and not asked again
}
