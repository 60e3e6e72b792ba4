package celpolicy

import (
	"regexp/syntax"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/checker"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/interpreter"
)

// The overloads of our own functions.
const (
	inOUOverload    = "in_ou_list_string_string"
	arnLikeOverload = "arn_like_string_string"
	ipInOverload    = "ip_in_string_string"
)

// ipInCost is what parsing an address and a network takes.
const ipInCost = 5

// timeZoneCost is what reading a time zone from the system's files takes.
const timeZoneCost = 1000

// maxWeight is where counting the weight of a value stops: it is unaffordable.
const maxWeight = MaxRuleCost + 1

// costTrackers charges calls whose price CEL itself sets too low: where a call
// takes longer than its price, the cost limit does not bound the time.
func costTrackers(patterns map[string]uint64) cel.ProgramOption {
	var opts []interpreter.CostTrackerOption
	charge := func(f func(args []ref.Val, result ref.Val) uint64, overloadIDs ...string) {
		tracker := func(args []ref.Val, result ref.Val) *uint64 {
			c := f(args, result)
			return &c
		}
		for _, id := range overloadIDs {
			opts = append(opts, interpreter.OverloadCostTracker(id, tracker))
		}
	}
	charge(inOUCost, inOUOverload)
	charge(arnLikeCost, arnLikeOverload)
	charge(func([]ref.Val, ref.Val) uint64 { return ipInCost }, ipInOverload)
	charge(func(args []ref.Val, _ ref.Val) uint64 { return matchesCost(args, patterns) },
		overloads.Matches, overloads.MatchesString)
	charge(equalityCost, overloads.Equals, overloads.NotEquals,
		overloads.LessString, overloads.LessEqualsString, overloads.GreaterString, overloads.GreaterEqualsString)
	charge(membershipCost, overloads.InList)
	charge(setsCost, "list_sets_contains_list", "list_sets_intersects_list", "list_sets_equivalent_list")
	charge(formatCost, overloads.ExtFormatString)
	charge(func(args []ref.Val, _ ref.Val) uint64 { return 1 + length(args[0])/3 }, overloads.ExtQuoteString)
	charge(func(args []ref.Val, _ ref.Val) uint64 { return weight(args[0]) },
		overloads.SizeString, overloads.SizeStringInst, overloads.StringToTimestamp, overloads.StringToDuration,
		overloads.StringToInt, overloads.StringToUint, overloads.StringToDouble, overloads.StringToBool)
	charge(func([]ref.Val, ref.Val) uint64 { return timeZoneCost },
		overloads.TimestampToYearWithTz, overloads.TimestampToMonthWithTz, overloads.TimestampToDayOfYearWithTz,
		overloads.TimestampToDayOfMonthZeroBasedWithTz, overloads.TimestampToDayOfMonthOneBasedWithTz,
		overloads.TimestampToDayOfWeekWithTz, overloads.TimestampToHoursWithTz, overloads.TimestampToMinutesWithTz,
		overloads.TimestampToSecondsWithTz, overloads.TimestampToMillisecondsWithTz)
	return cel.CostTrackerOptions(opts...)
}

func inOUCost(args []ref.Val, _ ref.Val) uint64 { return 1 + weight(args[0]) }

// arnLikeCost is that of the worst match, whether this one was it or not.
func arnLikeCost(args []ref.Val, _ ref.Val) uint64 {
	text, pattern := length(args[0]), length(args[1])
	return cost.SafeAdd(1, (text+pattern)/10, cost.SafeMultiply(text, pattern)/50)
}

// matchesCost follows the pattern's program, not its length: a few characters
// make hundreds of instructions, and each may be tried at each character.
func matchesCost(args []ref.Val, patterns map[string]uint64) uint64 {
	pattern, _ := args[1].(types.String)
	instructions, known := patterns[string(pattern)]
	if !known {
		return maxWeight
	}
	return cost.SafeAdd(1, cost.SafeMultiply(length(args[0])+1, instructions)/20)
}

func equalityCost(args []ref.Val, _ ref.Val) uint64 {
	if isScalar(args[0]) || isScalar(args[1]) {
		return 1 + min(length(args[0]), length(args[1]))/10
	}
	return min(weight(args[0]), weight(args[1]))
}

func membershipCost(args []ref.Val, _ ref.Val) uint64 {
	if isScalar(args[0]) {
		return cost.SafeAdd(1, cost.SafeMultiply(length(args[1]), 1+length(args[0])/100))
	}
	return weight(args[1])
}

func setsCost(args []ref.Val, _ ref.Val) uint64 {
	a, b := args[0], args[1]
	return 1 + min(cost.SafeMultiply(weight(a), length(b)), cost.SafeMultiply(weight(b), length(a)))
}

func formatCost(args []ref.Val, result ref.Val) uint64 {
	return 1 + length(args[0])/10 + length(result)
}

// isScalar reports whether v compares with anything in one step, but for the
// bytes of strings.
func isScalar(v ref.Val) bool {
	switch v.(type) {
	case traits.Lister, traits.Mapper, *types.Optional:
		return false
	}
	return true
}

// length is in bytes for strings: counting characters would take as long as
// what is charged for.
func length(v ref.Val) uint64 {
	switch v := v.(type) {
	case types.String:
		return uint64(len(v))
	case types.Bytes:
		return uint64(len(v))
	case traits.Sizer:
		if n, ok := v.Size().(types.Int); ok {
			return uint64(n)
		}
	}
	return 1
}

// weight is what it takes to look at all of v, at most a little over maxWeight.
func weight(v ref.Val) uint64 {
	total := uint64(1)
	switch v := v.(type) {
	case types.String, types.Bytes:
		total += length(v) / 10
	case *types.Optional:
		if v.HasValue() {
			total += weight(v.GetValue())
		}
	case traits.Mapper:
		for it := v.Iterator(); it.HasNext() == types.True && total < maxWeight; {
			key := it.Next()
			total += weight(key) + weight(v.Get(key))
		}
	case traits.Lister:
		for it := v.Iterator(); it.HasNext() == types.True && total < maxWeight; {
			total += weight(it.Next())
		}
	}
	return total
}

// sizes bounds nothing beforehand: only the least cost of a rule is asked for.
type sizes struct{}

func (sizes) EstimateSize(checker.AstNode) *checker.SizeEstimate { return nil }

func (sizes) EstimateCallCost(_, _ string, _ *checker.AstNode, _ []checker.AstNode) *checker.CallEstimate {
	return nil
}

// patternInstructions returns the size of the pattern's compiled program.
func patternInstructions(pattern string) (uint64, error) {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 0, err
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return 0, err
	}
	return uint64(len(program.Inst)), nil
}
