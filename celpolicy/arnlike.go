package celpolicy

import (
	"errors"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// arnParts is how many parts an ARN has; the last holds all further colons.
const arnParts = 6

// arnLike is arn_like(arn, pattern), as IAM's ArnLike:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
func arnLike(arn, pattern ref.Val) ref.Val {
	p := string(pattern.(types.String))
	if err := checkARNPattern(p); err != nil {
		return types.NewErr("arn_like: %v", err)
	}
	return types.Bool(matchARN(string(arn.(types.String)), p))
}

func checkARNPattern(pattern string) error {
	if strings.Count(pattern, ":") < arnParts-1 {
		return errors.New("the pattern does not have six parts, arn:partition:service:region:account:resource")
	}
	return nil
}

// matchARN matches part by part, so that a star ends at its colon. What is no
// ARN, such as an absent attribute, matches nothing.
func matchARN(arn, pattern string) bool {
	if strings.Count(arn, ":") < arnParts-1 {
		return false
	}
	for range arnParts - 1 {
		var text, glob string
		text, arn, _ = strings.Cut(arn, ":")
		glob, pattern, _ = strings.Cut(pattern, ":")
		if !matchGlob(text, glob) {
			return false
		}
	}
	return matchGlob(arn, pattern)
}

// matchGlob matches all of text: * is any run of characters, ? any single one.
// Only the last star is ever tried again, so it takes at most len(text) times
// len(glob) steps.
func matchGlob(text, glob string) bool {
	t, g := 0, 0
	star, resume := -1, 0 // behind the last star, and where its run ends
	for t < len(text) {
		_, size := utf8.DecodeRuneInString(text[t:])
		switch {
		case g < len(glob) && glob[g] == '*':
			g++
			star, resume = g, t
		case g < len(glob) && glob[g] == '?':
			t, g = t+size, g+1
		case strings.HasPrefix(glob[g:], text[t:t+size]):
			t, g = t+size, g+size
		case star >= 0:
			_, skipped := utf8.DecodeRuneInString(text[resume:])
			resume += skipped
			t, g = resume, star
		default:
			return false
		}
	}
	return strings.Trim(glob[g:], "*") == ""
}
