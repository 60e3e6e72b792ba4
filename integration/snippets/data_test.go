package snippets

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/hashicorp/hcl/v2/hclparse"
	"go.yaml.in/yaml/v3"
)

// jsonFaults are those of JSON values, one or several, such as lines of a log. No
// name stands twice, and an IAM policy has what IAM knows.
func jsonFaults(_ context.Context, text, _ string) []fault {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	values := 0
	for ; ; values++ {
		value, err := jsonValue(decoder)
		switch line := strings.Count(text[:decoder.InputOffset()], "\n"); {
		case errors.Is(err, io.EOF) && values > 0:
			return nil
		case err != nil:
			return []fault{{line, fmt.Errorf("reading JSON: %w", err)}}
		default:
			if err := policyFault(value); err != nil {
				return []fault{{line, err}}
			}
		}
	}
}

// jsonValue reads the next value as what encoding/json makes of it.
func jsonValue(decoder *json.Decoder) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		members := make(map[string]any)
		for decoder.More() {
			name, err := decoder.Token()
			if err != nil {
				return nil, unexpected(err)
			}
			if _, twice := members[name.(string)]; twice {
				return nil, fmt.Errorf("the name %q stands twice", name)
			}
			if members[name.(string)], err = jsonValue(decoder); err != nil {
				return nil, unexpected(err)
			}
		}
		_, err = decoder.Token()
		return members, unexpected(err)
	case json.Delim('['):
		items := []any{}
		for decoder.More() {
			item, err := jsonValue(decoder)
			if err != nil {
				return nil, unexpected(err)
			}
			items = append(items, item)
		}
		_, err = decoder.Token()
		return items, unexpected(err)
	}
	return token, nil
}

// unexpected is an end of the text that is none of a value.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

var (
	policyMembers    = []string{"Version", "Id", "Statement"}
	statementMembers = []string{"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)

// policyFault is that of an IAM policy; other values have none.
func policyFault(value any) error {
	policy, _ := value.(map[string]any)
	statements, isPolicy := policy["Statement"].([]any)
	if !isPolicy {
		if policy["Statement"] != nil {
			return errors.New("Statement is no list")
		}
		return nil
	}
	if err := membersKnown(policy, policyMembers); err != nil {
		return err
	}
	for _, each := range statements {
		statement, ok := each.(map[string]any)
		if !ok {
			return errors.New("a statement is no object")
		}
		if err := membersKnown(statement, statementMembers); err != nil {
			return err
		}
		if effect := statement["Effect"]; effect != "Allow" && effect != "Deny" {
			return fmt.Errorf("a statement has the effect %v", effect)
		}
	}
	return nil
}

func membersKnown(object map[string]any, known []string) error {
	for name := range object {
		if !slices.Contains(known, name) {
			return fmt.Errorf("an IAM policy has no %q", name)
		}
	}
	return nil
}

// yamlFaults are those of YAML documents, one or several.
func yamlFaults(_ context.Context, text, _ string) []fault {
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for documents := 0; ; documents++ {
		var value any
		switch err := decoder.Decode(&value); {
		case errors.Is(err, io.EOF) && documents > 0:
			return nil
		case err != nil:
			return found(fmt.Errorf("reading YAML: %w", err))
		}
	}
}

// tomlFaults are those of TOML's grammar.
func tomlFaults(_ context.Context, text, _ string) []fault {
	var settings map[string]any
	_, err := toml.Decode(text, &settings)
	var where toml.ParseError
	if errors.As(err, &where) {
		return []fault{{where.Position.Line - 1, fmt.Errorf("reading TOML: %w", err)}}
	}
	return found(err)
}

var iniLine = regexp.MustCompile(`^(\[[^\[\]]+\]|[A-Za-z][\w.-]*\s*=.*|[#;].*|)$`)

// iniFaults are those of sections, settings and comments. What begins as a
// configuration of HAProxy is one.
func iniFaults(ctx context.Context, text, directory string) (all []fault) {
	if ofHAProxy.MatchString(text) {
		return haproxyFaults(ctx, text, directory)
	}
	section, continued := false, false
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		begins := !continued
		continued = strings.HasSuffix(line, `\`)
		switch {
		case !begins:
		case !iniLine.MatchString(line):
			all = append(all, fault{i, fmt.Errorf("%q is no section, no setting and no comment", line)})
		case strings.HasPrefix(line, "["):
			section = true
		case strings.Contains(line, "=") && line[0] != '#' && line[0] != ';' && !section:
			all = append(all, fault{i, fmt.Errorf("%q stands in no section", line)})
		}
	}
	return all
}

// hclFaults are those of HCL's grammar.
func hclFaults(_ context.Context, text, _ string) (all []fault) {
	_, diagnostics := hclparse.NewParser().ParseHCL([]byte(text), "block")
	for _, diagnostic := range diagnostics {
		line := 0
		if diagnostic.Subject != nil {
			line = diagnostic.Subject.Start.Line - 1
		}
		all = append(all, fault{line, fmt.Errorf("reading HCL: %s; %s", diagnostic.Summary, diagnostic.Detail)})
	}
	return all
}

// firstLines are as much of a program's output as a fault tells.
func firstLines(output []byte) string {
	lines := bytes.SplitN(bytes.TrimSpace(output), []byte("\n"), 7)
	return string(bytes.Join(lines[:min(len(lines), 6)], []byte("\n")))
}
