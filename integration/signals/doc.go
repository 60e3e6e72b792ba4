// Package signals tests what the built gateway tells those who run it: the
// decision log and its schema, the spans of a trace, the warning about the clock.
package signals
