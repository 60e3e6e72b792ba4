package policies

import (
	"path/filepath"
	"testing"
)

// The examples of the repository pass as they stand, by the command that they
// name.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "examples", "*", "*_test.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no examples: %v", err)
	}
	for _, file := range files {
		name, err := filepath.Rel(root, file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			output, err := run(t, root, "--strict", name)
			if err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
			checkCoverage(t, output, true)
		})
	}
}
