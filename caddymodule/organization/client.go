package organization

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"
)

const (
	// attempts is how often a call is tried that is throttled or meets a fault of
	// the service, unless AWS_MAX_ATTEMPTS says otherwise. The SDK waits longer
	// from one to the next, up to 20 s.
	attempts = 8

	// callTimeout bounds one call with all its attempts.
	callTimeout = 2 * time.Minute

	// sessionName is what CloudTrail of each account shows.
	sessionName = "caddy-awsjwt-issuers"

	sessionSeconds = 900 // the least that STS gives
)

// Settings say how AWS is asked.
type Settings struct {
	Role    string // the name of the role that is assumed in each account, with its path
	Region  string // "" is what the SDK finds
	Profile string // of the shared configuration files; "" is what the SDK finds
}

// Client asks AWS with its SDK, which finds credentials and endpoints as in any
// other program.
type Client struct {
	config aws.Config
	role   string
	sts    *sts.Client
	iam    *iam.Client // one for all accounts, since each has connections of its own
	caller Caller
}

var _ AWS = (*Client)(nil)

// NewClient reads the SDK's configuration. It makes no call.
func NewClient(ctx context.Context, s Settings) (*Client, error) {
	// What the SDK warns of, such as a connection that it opens anew, is nothing
	// that a person has to know; what fails is told by its error.
	options := []func(*config.LoadOptions) error{config.WithLogger(logging.Nop{})}
	if s.Region != "" {
		options = append(options, config.WithRegion(s.Region))
	}
	if s.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(s.Profile))
	}
	loaded, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("reading the AWS configuration: %w", err)
	}
	if loaded.Region == "" {
		return nil, errors.New("no AWS region is set: set AWS_REGION, or give --region; it is where STS is asked")
	}
	if loaded.RetryMaxAttempts == 0 {
		loaded.RetryMaxAttempts = attempts
	}
	return &Client{config: loaded, role: strings.TrimPrefix(s.Role, "/"), sts: sts.NewFromConfig(loaded), iam: iam.NewFromConfig(loaded)}, nil
}

// Caller implements [AWS]. It comes before Issuer.
func (c *Client) Caller(ctx context.Context) (Caller, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, err := c.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Caller{}, newFault(callIdentity, "", err)
	}
	c.caller = Caller{Account: aws.ToString(out.Account), ARN: aws.ToString(out.Arn)}
	if parts := strings.SplitN(c.caller.ARN, ":", 3); len(parts) == 3 {
		c.caller.Partition = parts[1]
	}
	return c.caller, nil
}

// Accounts implements [AWS].
func (c *Client) Accounts(ctx context.Context, soFar func(n int)) (Directory, error) {
	var found Directory
	pages := organizations.NewListAccountsPaginator(organizations.NewFromConfig(c.config), &organizations.ListAccountsInput{},
		func(o *organizations.ListAccountsPaginatorOptions) { o.StopOnDuplicateToken = true })
	for pages.HasMorePages() {
		page, err := nextPage(ctx, pages)
		if err != nil {
			return Directory{}, newFault(callList, "", err)
		}
		for _, each := range page.Accounts {
			found.Accounts = append(found.Accounts, Account{aws.ToString(each.Id), aws.ToString(each.Name), state(each)})
			if found.Organization == "" {
				found.Organization = organizationOf(aws.ToString(each.Arn))
			}
		}
		soFar(len(found.Accounts))
	}
	return found, nil
}

func nextPage(ctx context.Context, pages *organizations.ListAccountsPaginator) (*organizations.ListAccountsOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return pages.NextPage(ctx)
}

// state is the account's. AWS announced that Status ends in September 2026, in
// favour of State; partitions may differ in when.
func state(a types.Account) string {
	if a.State != "" {
		return string(a.State)
	}
	return string(a.Status)
}

// organizationOf reads arn:aws:organizations::111122223333:account/o-abc1234567/444455556666.
func organizationOf(arn string) string {
	if _, rest, ok := strings.Cut(arn, ":account/"); ok {
		id, _, _ := strings.Cut(rest, "/")
		return id
	}
	return ""
}

// Issuer implements [AWS]: it asks IAM as the role in the account, and in the
// caller's own account as the caller.
func (c *Client) Issuer(ctx context.Context, account string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	who := c.caller.ARN
	var options []func(*iam.Options)
	if account != c.caller.Account {
		who = c.RoleARN(account)
		provider, err := c.assume(ctx, who)
		if err != nil {
			return "", newFault(callAssume, c.RoleARN("<account>"), err)
		}
		who = c.RoleARN("<account>")
		options = append(options, func(o *iam.Options) { o.Credentials = provider })
	}
	out, err := c.iam.GetOutboundWebIdentityFederationInfo(ctx, &iam.GetOutboundWebIdentityFederationInfoInput{}, options...)
	var api smithy.APIError
	switch {
	case errors.As(err, &api) && (api.ErrorCode() == "FeatureDisabled" || api.ErrorCode() == "FeatureDisabledException"):
		return "", ErrDisabled
	case err != nil:
		return "", newFault(callInfo, who, err)
	case !out.JwtVendingEnabled:
		return "", ErrDisabled
	}
	return aws.ToString(out.IssuerIdentifier), nil
}

func (c *Client) assume(ctx context.Context, role string) (aws.CredentialsProvider, error) {
	out, err := c.sts.AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: aws.String(role), RoleSessionName: aws.String(sessionName), DurationSeconds: aws.Int32(sessionSeconds),
	})
	if err != nil {
		return nil, err
	}
	if out.Credentials == nil {
		return nil, errors.New("the answer has no credentials")
	}
	return credentials.NewStaticCredentialsProvider(aws.ToString(out.Credentials.AccessKeyId),
		aws.ToString(out.Credentials.SecretAccessKey), aws.ToString(out.Credentials.SessionToken)), nil
}

// RoleARN is the role that is assumed in an account.
func (c *Client) RoleARN(account string) string {
	return "arn:" + c.caller.Partition + ":iam::" + account + ":role/" + c.role
}
