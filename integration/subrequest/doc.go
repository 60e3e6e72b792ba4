// Package subrequest tests aws_jwt_authorize with the proxies that ask it: real
// nginx and real HAProxy, by the configurations of examples/proxies, before an
// upstream that keeps every byte.
package subrequest
