// Package organization has the built program find the issuers of an AWS
// organization at a local STS, and a gateway that reads what it wrote.
package organization
