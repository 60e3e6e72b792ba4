// Command micro runs the benchmarks of the packages that a request goes through,
// beside their floors: what the same work takes with the standard library alone,
// measured in the same process a moment before. It goes round all packages several
// times, so that a slow minute of the machine falls on all of them, and prints a
// table of medians and of their ratios to the floors, each ratio being that of one
// round, with benchstat's confidence interval.
//
//	cd bench/micro && go run . [-rounds 10] [-time 100ms] [-quick] [-write]
//
// Two of the benchmarks are then run once more under the profiler, and a table for
// each tells where its time goes.
//
// What the benchmarks printed is left in bench/out/micro.txt, and what benchstat
// says to it in bench/out/micro.benchstat.txt. Nothing here fails because a figure
// is bad: how long something took depends on the machine.
//
// This is a module of its own, so that golang.org/x/perf is not a dependency of
// ours.
package main
