// Package commands holds docs/commands.md against the built program: its flags,
// its examples and their output, and the members of the JSON documents. All of
// it is tests.
package commands
