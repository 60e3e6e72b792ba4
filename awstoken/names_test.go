package awstoken

import (
	"strings"
	"testing"
)

// UnknownCase takes for granted that no two known names differ in case alone.
func TestKnownNamesDifferInMoreThanCase(t *testing.T) {
	for _, names := range [][]string{topNames, awsNames} {
		for i, name := range names {
			for _, other := range names[:i] {
				if strings.EqualFold(name, other) {
					t.Errorf("%s and %s differ in case alone", name, other)
				}
			}
		}
	}
}
