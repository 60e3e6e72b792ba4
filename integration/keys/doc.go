// Package keys drives the built caddy-awsjwt while issuers fail, rotate their
// keys and are invented, and while its configuration is replaced, and looks at
// what its upstream saw. All of it is tests.
package keys
