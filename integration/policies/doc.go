// Package policies runs the policies that the documentation and the examples
// show, with their cases, through the built aws-jwt test. All of it is tests.
package policies
