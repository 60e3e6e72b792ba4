// Package admin drives the admin API and aws_jwt_ready of the built gateway, with
// a local STS whose answers can be made to fail.
package admin
