// Package awsside checks what a page of the documentation has its reader do in AWS.
// It is for tests alone.
package awsside
