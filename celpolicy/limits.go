package celpolicy

// The limits of a rule. What is over the first seven is an error of [Compile];
// what is over the last two fails when it is evaluated, and so never allows.
//
// Together they keep the worst rule that we know under 5 ms of one core;
// docs/decisions/cel.md has the figures.
const (
	// MaxRuleBytes is how long an expression may be.
	MaxRuleBytes = 4096

	// MaxRuleNodes is how many operators, names, literals and calls an
	// expression may have once its macros are expanded.
	MaxRuleNodes = 2000

	// MaxRuleDepth is how deep an expression may nest, in the parser's counting.
	MaxRuleDepth = 64

	// MaxLoopDepth is how deep all, exists, exists_one, map, filter and the
	// like may nest.
	MaxLoopDepth = 3

	// MaxLoopNodes is how many nodes may stand inside one such loop.
	MaxLoopNodes = 64

	// MaxLoopConstants is how many operands of && and || and conditions of ?:
	// inside one such loop may be literals. They cost nothing and yet take
	// time, so the cost limit alone would not bound a loop over many.
	MaxLoopConstants = 2

	// MaxPatternInstructions is how large the program of a regular expression
	// may become. Repetition multiplies: a{100} is 100 instructions.
	MaxPatternInstructions = 500

	// MaxRuleCost is how much one evaluation of one rule may cost. A unit is
	// one of CEL's: about a read, a comparison or a call.
	MaxRuleCost = 8_000

	// MaxTextBytes is how long request.method, request.host, request.path and
	// request.remote_ip may be, each.
	MaxTextBytes = 8192
)
