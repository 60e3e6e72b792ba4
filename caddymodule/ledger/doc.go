// Package ledger remembers what was decided: the last refusals and audited
// passes one by one, and how many requests there were in each of the last 60
// minutes, by result and reason.
//
// It is bounded in every direction, survives reloads with the process, and a
// pass costs it one atomic addition.
package ledger
