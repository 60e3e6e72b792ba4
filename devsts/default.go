package devsts

// DefaultConfig returns the configuration that devsts runs with when it is
// given none: two accounts of one organization, and a third, 999988887777, of
// another one. The package comment has it as a table. The first account manages
// the first organization: its role organization-reader lists the accounts, and may
// become OrganizationAccountAccessRole in the second. The stranger's role has
// the same tags as orders-lambda, so that a rule which looks at tags alone
// lets it pass, and is seen to.
func DefaultConfig() Config {
	const org = "o-devsts0001"
	return Config{Accounts: []Account{
		{
			ID:       "111122223333",
			IssuerID: "11112222-3333-4111-8111-111122223333",
			OrgID:    org,
			OUPath:   []string{org + "/r-dev1/ou-dev1-prod0001/"},
			Name:     "Orders", OrganizationAdmin: true,
			Roles: []Role{
				{
					ARN:             "arn:aws:iam::111122223333:role/orders-lambda",
					AccessKeyID:     "DEVSTSORDERSLAMBDA",
					SecretAccessKey: "devsts-secret-orders-lambda",
					PrincipalTags:   map[string]string{"team": "orders", "environment": "production"},
					Claims: map[string]string{
						"lambda_source_function_arn": "arn:aws:lambda:eu-central-1:111122223333:function:orders",
					},
				},
				{
					ARN:             "arn:aws:iam::111122223333:role/jobs/reports-batch",
					AccessKeyID:     "DEVSTSREPORTSBATCH",
					SecretAccessKey: "devsts-secret-reports-batch",
					PrincipalTags:   map[string]string{"team": "reports", "environment": "production"},
				},
				{
					ARN:             "arn:aws:iam::111122223333:role/organization-reader",
					AccessKeyID:     "DEVSTSORGREADER0",
					SecretAccessKey: "devsts-secret-organization-reader",
				},
			},
		},
		{
			ID:       "444455556666",
			IssuerID: "44445555-6666-4444-8444-444455556666",
			OrgID:    org,
			OUPath:   []string{org + "/r-dev1/ou-dev1-stage001/"},
			Name:     "Billing",
			Roles: []Role{{
				ARN:             "arn:aws:iam::444455556666:role/billing-ec2",
				AccessKeyID:     "DEVSTSBILLINGEC2",
				SecretAccessKey: "devsts-secret-billing-ec2",
				PrincipalTags:   map[string]string{"team": "billing", "environment": "staging"},
				Claims: map[string]string{
					"ec2_source_instance_arn":          "arn:aws:ec2:eu-central-1:444455556666:instance/i-0123456789abcdef0",
					"ec2_instance_source_vpc":          "vpc-0123456789abcdef0",
					"ec2_instance_source_private_ipv4": "10.0.1.25",
					"ec2_role_delivery":                "2.0",
				},
			}, {
				ARN:       "arn:aws:iam::444455556666:role/OrganizationAccountAccessRole",
				AssumedBy: []string{"arn:aws:iam::111122223333:role/organization-reader"},
			}},
		},
		strangerAccount(),
	}}
}

// strangerAccount is the account of another organization.
func strangerAccount() Account {
	const org = "o-stranger01"
	return Account{
		ID:       "999988887777",
		IssuerID: "99998888-7777-4999-8999-999988887777",
		OrgID:    org,
		OUPath:   []string{org + "/r-else/ou-else-prod0001/"},
		Roles: []Role{{
			ARN:             "arn:aws:iam::999988887777:role/stranger",
			AccessKeyID:     "DEVSTSSTRANGER00",
			SecretAccessKey: "devsts-secret-stranger",
			PrincipalTags:   map[string]string{"team": "orders", "environment": "production"},
		}},
	}
}
