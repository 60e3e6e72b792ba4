package awsside

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// Check checks what a page has its reader do in AWS, as far as that can be
// done without AWS: IAM policies in json, the AWS CLI in sh, Terraform in hcl. Each
// of the page's policies is well-formed and bounds the token that it lets a role
// have; its shell commands parse; each aws in them is a command that AWS has, with
// parameters that it has; its Terraform parses, has resources that there are, with
// their arguments, refers to nothing that is not there, and lets the role do the same
// as the json does.
//
// The tables at the heads of the files have what is known. What a page needs and
// they lack is looked up in the AWS or provider documentation and added.
func Check(t *testing.T, page stacktest.Page) {
	t.Helper()
	for _, fault := range awsFaults(page) {
		t.Errorf("%s: %v", page.Path, fault)
	}
}

// awsFaults has the faults that Check tells, each with its line.
func awsFaults(page stacktest.Page) (faults []error) {
	audiences := pageAudiences(page)
	var policies []policy
	for _, block := range page.Blocks("json") {
		found, errs := jsonPolicies(block.Text, audiences)
		policies = append(policies, found...)
		faults = append(faults, atLine(block.Line, errs)...)
	}
	for _, block := range page.Blocks("sh") {
		faults = append(faults, atLine(block.Line, shellFaults(block.Text, audiences))...)
	}
	blocks := page.Blocks("hcl")
	resources := declared(blocks)
	for _, block := range blocks {
		faults = append(faults, atLine(block.Line, terraformFaults(block.Text, resources, audiences, policies))...)
	}
	return faults
}

func atLine(line int, errs []error) (at []error) {
	for _, err := range errs {
		at = append(at, fmt.Errorf("block at line %d: %w", line, err))
	}
	return at
}

// pageAudiences are those that the page's gateways and assertions ask for.
func pageAudiences(page stacktest.Page) (audiences []string) {
	for _, block := range page.Blocks("caddyfile") {
		for _, line := range regexp.MustCompile(`(?m)^\s*audience\s+(.*)$`).FindAllStringSubmatch(block.Text, -1) {
			audiences = append(audiences, strings.Fields(line[1])...)
		}
	}
	return audiences
}

// jsonPolicies has the IAM policies among a block's JSON values, and what is wrong
// with them. Other values need to be JSON and no more.
func jsonPolicies(text string, audiences []string) (policies []policy, faults []error) {
	for decoder := json.NewDecoder(strings.NewReader(text)); ; {
		var value json.RawMessage
		if err := decoder.Decode(&value); errors.Is(err, io.EOF) {
			return policies, faults
		} else if err != nil {
			return policies, append(faults, fmt.Errorf("reading JSON: %w", err))
		}
		if !bytes.Contains(value, []byte(`"Statement"`)) {
			continue
		}
		p, err := readPolicy(value)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		policies = append(policies, p)
		faults = append(faults, p.faults(audiences)...)
	}
}

// awsCommands are the commands of the AWS CLI that pages show, with the parameters
// that each needs ("!") or may have.
var awsCommands = map[string][]string{
	"sts get-web-identity-token":                    {"audience!", "signing-algorithm!", "duration-seconds", "tags"},
	"sts get-caller-identity":                       {},
	"iam enable-outbound-web-identity-federation":   {},
	"iam disable-outbound-web-identity-federation":  {},
	"iam get-outbound-web-identity-federation-info": {},
	"iam create-role":                               {"role-name!", "assume-role-policy-document!", "path", "description", "tags", "max-session-duration"},
	"iam tag-role":                                  {"role-name!", "tags!"},
	"iam put-role-policy":                           {"role-name!", "policy-name!", "policy-document!"},
	"iam attach-role-policy":                        {"role-name!", "policy-arn!"},
	"iam create-policy":                             {"policy-name!", "policy-document!", "path", "tags", "description"},
	"iam create-instance-profile":                   {"instance-profile-name!", "path", "tags"},
	"iam add-role-to-instance-profile":              {"instance-profile-name!", "role-name!"},
	"lambda update-function-code":                   {"function-name!", "zip-file", "s3-bucket", "s3-key", "publish"},
	"lambda invoke":                                 {"function-name!", "payload", "cli-binary-format", "invocation-type"},
	"eks create-pod-identity-association":           {"cluster-name!", "namespace!", "service-account!", "role-arn!"},
}

// awsGlobals may stand with each.
var awsGlobals = []string{"query", "output", "region", "profile", "endpoint-url", "no-cli-pager"}

// awsCall is where a command can stand: an argument "aws", such as a user's name, is none.
var awsCall = regexp.MustCompile(`(?:^|[\n(;|&]|\b(?:if|then|else|do|while|until|exec|!)\s)\s*(?:\w+=\S*\s+)*aws\s+([a-z0-9-]+)\s+([a-z0-9-]+)((?:'[^']*'|"[^"]*"|[^|;&)\n'"])*)`)

// shellFaults are those of a script: of its grammar, and of each aws in it.
func shellFaults(text string, audiences []string) (faults []error) {
	if output, err := shell(text); err != nil {
		faults = append(faults, fmt.Errorf("parsing the script: %w: %s", err, output))
	}
	for _, call := range awsCall.FindAllStringSubmatch(strings.ReplaceAll(text, "\\\n", " "), -1) {
		name := call[1] + " " + call[2]
		parameters, known := awsCommands[name]
		if !known {
			faults = append(faults, fmt.Errorf("aws %s is no command that is known here", name))
			continue
		}
		given := make(map[string]string)
		for _, each := range regexp.MustCompile(`--([a-z-]+)[ =]*([^\s-][^\s]*)?`).FindAllStringSubmatch(call[3], -1) {
			given[each[1]] = strings.Trim(each[2], `'"`)
			if !slices.Contains(parameters, each[1]) && !slices.Contains(parameters, each[1]+"!") && !slices.Contains(awsGlobals, each[1]) {
				faults = append(faults, fmt.Errorf("aws %s has no --%s", name, each[1]))
			}
		}
		for _, parameter := range parameters {
			if needed, is := strings.CutSuffix(parameter, "!"); is && given[needed] == "" {
				faults = append(faults, fmt.Errorf("aws %s lacks --%s", name, needed))
			}
		}
		faults = append(faults, tokenFaults(given["audience"], given["signing-algorithm"], given["duration-seconds"], audiences)...)
	}
	return faults
}

func shell(text string) (output []byte, err error) {
	command := exec.Command("bash", "-n")
	command.Stdin = strings.NewReader(text)
	return command.CombinedOutput()
}

// tokenFaults are those of what a token is asked for with, or bounded to. An empty
// parameter was not given, and one with a $ is the script's own.
func tokenFaults(audience, algorithm, seconds string, audiences []string) (faults []error) {
	if audience != "" && !strings.Contains(audience, "$") && !slices.Contains(audiences, audience) {
		faults = append(faults, fmt.Errorf("the audience %q is none that a gateway of the page takes", audience))
	}
	if algorithm != "" && algorithm != "ES384" && algorithm != "RS256" {
		faults = append(faults, fmt.Errorf("STS has no algorithm %q", algorithm))
	}
	if seconds == "" || strings.Contains(seconds, "$") {
		return faults
	}
	if n, err := strconv.Atoi(seconds); err != nil || n < 60 || n > 3600 {
		faults = append(faults, fmt.Errorf("a lifetime of %q is not from 60 to 3600 seconds", seconds))
	}
	return faults
}
