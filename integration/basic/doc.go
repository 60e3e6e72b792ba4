// Package basic drives the gateway of docs/recipes/git-and-registries.md with real
// clients that send a password: Git before git http-backend, and Skopeo before
// Debian's docker-registry.
package basic
