// Package decisionlog holds what gateways log against docs/decision-log.schema.json.
package decisionlog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// Logger is the one that decisions have to themselves.
const Logger = "http.handlers.aws_jwt"

// maxFaults is how many faults an error tells of.
const maxFaults = 5

var schema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	root, err := stack.Root()
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(root, "docs", "decision-log.schema.json"))
	if err != nil {
		return nil, err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	// Readers are to bear fields that later versions add. This version has no other.
	closed, ok := document.(map[string]any)
	if !ok {
		return nil, errors.New("it is no object")
	}
	closed["additionalProperties"] = false
	const name = "decision-log.schema.json"
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	if err := compiler.AddResource(name, closed); err != nil {
		return nil, err
	}
	return compiler.Compile(name)
})

// Check returns the decisions among the lines of a log, and an error that tells
// which of them the schema does not allow.
func Check(lines []string) (decisions []map[string]any, err error) {
	compiled, err := schema()
	if err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	var faults []error
	for _, text := range lines {
		var line map[string]any
		if json.Unmarshal([]byte(text), &line) != nil || line["logger"] != Logger {
			continue
		}
		decisions = append(decisions, line)
		instance, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err == nil {
			err = compiled.Validate(instance)
		}
		if err != nil && len(faults) < maxFaults {
			faults = append(faults, fmt.Errorf("%s\n%w", text, err))
		}
	}
	return decisions, errors.Join(faults...)
}
