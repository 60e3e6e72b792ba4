package awsside

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// policy is a document of IAM: of a role's permissions, or of who may assume it.
type policy struct {
	Version, ID string
	Statement   []statement
}

type statement struct {
	Sid, Effect           string
	Principal             any
	Action, NotAction     texts
	Resource, NotResource texts
	Condition             map[string]map[string]texts
}

// texts is one text or a list of some, as IAM takes them.
type texts []string

// UnmarshalJSON reads either.
func (t *texts) UnmarshalJSON(data []byte) error {
	var one string
	if err := json.Unmarshal(data, &one); err == nil {
		*t = texts{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(t))
}

// readPolicy reads one; a member that IAM does not have is an error.
func readPolicy(document []byte) (policy, error) {
	var p policy
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil {
		return p, fmt.Errorf("reading a policy: %w", err)
	}
	return p, nil
}

// stsActions and stsKeys are those of STS that pages name.
var (
	stsActions = []string{"sts:GetWebIdentityToken", "sts:TagGetWebIdentityToken", "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity", "sts:AssumeRoleWithWebIdentity"}
	stsKeys    = []string{"sts:IdentityTokenAudience", "sts:DurationSeconds", "sts:SigningAlgorithm", "sts:SourceIdentity", "sts:ExternalId", "sts:RoleSessionName"}
)

var (
	anAction      = regexp.MustCompile(`^[a-z0-9-]+:[A-Za-z*?]+$`)
	anOperator    = regexp.MustCompile(`^(For(All|Any)Values:)?((String|Arn)(Not)?(Equals|Like)|String(Not)?EqualsIgnoreCase|(Numeric|Date)((Not)?Equals|(Less|Greater)Than(Equals)?)|Bool|(Not)?IpAddress)(IfExists)?$|^Null$`)
	aConditionKey = regexp.MustCompile(`^[a-zA-Z0-9.-]+(:[a-zA-Z0-9./-]+)+$`)
)

func (p policy) faults(audiences []string) (faults []error) {
	if p.Version != "2012-10-17" {
		faults = append(faults, fmt.Errorf("a policy of version %q", p.Version))
	}
	if len(p.Statement) == 0 {
		faults = append(faults, errors.New("a policy without a statement"))
	}
	for _, s := range p.Statement {
		faults = append(faults, s.faults(audiences)...)
	}
	return faults
}

func (s statement) faults(audiences []string) (faults []error) {
	add := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if s.Effect != "Allow" && s.Effect != "Deny" {
		add("an effect %q", s.Effect)
	}
	if (len(s.Action) == 0) == (len(s.NotAction) == 0) {
		add("a statement needs one of Action and NotAction")
	}
	if (s.Principal == nil) == (len(s.Resource)+len(s.NotResource) == 0) {
		add("a statement needs a Resource, or a Principal where it says who may assume a role")
	}
	for _, action := range slices.Concat(s.Action, s.NotAction) {
		if !anAction.MatchString(action) || strings.HasPrefix(action, "sts:") && !slices.Contains(stsActions, action) {
			add("there is no action %q", action)
		}
	}
	for operator, keys := range s.Condition {
		if !anOperator.MatchString(operator) {
			add("there is no operator %q", operator)
		}
		for key, values := range keys {
			if !aConditionKey.MatchString(key) || strings.HasPrefix(key, "sts:") && !slices.Contains(stsKeys, key) {
				add("there is no condition key %q", key)
			}
			if len(values) == 0 {
				add("%s has no value", key)
			}
		}
	}
	if s.givesTokens() {
		faults = append(faults, s.tokenFaults(audiences)...)
	}
	return faults
}

func (s statement) givesTokens() bool {
	return s.Effect == "Allow" && slices.Contains(s.Action, "sts:GetWebIdentityToken")
}

// tokenFaults: what lets a role have tokens bounds them to the page's audiences, in
// the way in which none can stand beside, and to a lifetime.
func (s statement) tokenFaults(audiences []string) (faults []error) {
	bounded := s.Condition["ForAllValues:StringEquals"]["sts:IdentityTokenAudience"]
	if len(bounded) == 0 {
		faults = append(faults, errors.New("the token's audience is not bounded by ForAllValues:StringEquals"))
	}
	for _, audience := range bounded {
		faults = append(faults, tokenFaults(audience, "", "", audiences)...)
	}
	seconds := s.Condition["NumericLessThanEquals"]["sts:DurationSeconds"]
	if len(seconds) != 1 {
		return append(faults, errors.New("the token's lifetime is not bounded by NumericLessThanEquals"))
	}
	var algorithm string
	if algorithms := s.Condition["StringEquals"]["sts:SigningAlgorithm"]; len(algorithms) == 1 {
		algorithm = algorithms[0]
	}
	return append(faults, tokenFaults("", algorithm, seconds[0], audiences)...)
}
