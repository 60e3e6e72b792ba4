// Package organization finds the issuers of an AWS organization's accounts, and
// keeps an issuers file of the gateway up to date with them. It asks AWS and
// changes nothing there.
package organization
