// Package console opens the page of aws_jwt_console in a real browser, before a
// gateway that decides on real requests.
package console
