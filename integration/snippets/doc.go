// Package snippets checks every fenced block of the pages, by its language.
package snippets
