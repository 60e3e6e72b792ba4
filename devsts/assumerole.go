package devsts

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxChainedSession bounds a session that another session began, as the IAM User
// Guide has it under "Role chaining".
const maxChainedSession = time.Hour

// notEmulated are parameters of AssumeRole that would restrict the session, or
// who gets it. A call with one of them is refused rather than let pass without.
func notEmulated() []string {
	return []string{"ExternalId", "SerialNumber", "SourceIdentity", "TokenCode"}
}

// assumeRole follows the STS API reference page AssumeRole: a caller whom the
// role's trust policy names gets credentials of it.
func (s *Server) assumeRole(c call) (result, *apiError) {
	v := &violations{}
	arn := v.required(c.form, "RoleArn", roleARNLimits())
	name := v.required(c.form, "RoleSessionName", webSessionLimits())
	duration := time.Duration(v.seconds(c.form, minWebDuration, maxWebDuration, defaultWebDuration)) * time.Second
	if err := v.err(); err != nil {
		return nil, err
	}
	if bad := checkAssumeParams(c.form, arn); bad != nil {
		return nil, bad
	}
	target, ok := s.roleByARN(arn)
	if !ok || !target.account.active() || !target.assumedBy(c.role) {
		return nil, newError(http.StatusForbidden, "AccessDenied", "User: "+c.role.callerARN()+
			" is not authorized to perform: "+permAssumeRole+" on resource: "+arn)
	}
	if chained := !c.role.ends.IsZero(); chained && duration > maxChainedSession {
		return nil, errValidation("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	}
	if duration > target.maxSession() {
		return nil, errValidation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	// The source identity stays when roles are chained, the federated provider does
	// not: IAM User Guide, "Monitor and control actions taken with assumed roles".
	claims := map[string]string{}
	if source := c.role.Claims["source_identity"]; source != "" {
		claims["source_identity"] = source
	}
	now := s.now()
	session := s.beginSession(target, name, claims, now, now.Truncate(time.Second).Add(duration))
	return result{
		{name: "AssumedRoleUser", fields: session.assumedUser()},
		{name: "Credentials", fields: session.credentials()},
	}, nil
}

func checkAssumeParams(f form, arn string) *apiError {
	if !rolePattern.MatchString(arn) {
		return errValidation("Request ARN is invalid")
	}
	for _, name := range notEmulated() {
		if _, ok := f.get(name); ok {
			return errValidation("devsts does not evaluate " + name + "; leave it out.")
		}
	}
	for name := range f.values {
		if strings.HasPrefix(name, "Tags.member.") || strings.HasPrefix(name, "TransitiveTagKeys.member.") {
			return errValidation("devsts does not know session tags; leave them out.")
		}
	}
	return checkSessionPolicies(f)
}

// assumedBy reports whether the role's trust policy names the caller: its role,
// or all of its account.
func (r *role) assumedBy(caller *role) bool {
	return slices.Contains(r.AssumedBy, caller.ARN) || slices.Contains(r.AssumedBy, caller.account.ID)
}

// assumedUser and credentials are what the calls that begin a session answer.
func (r *role) assumedUser() result {
	return result{
		{name: "Arn", value: r.callerARN()},
		{name: "AssumedRoleId", value: r.uniqueID() + ":" + r.sessionName()},
	}
}

func (r *role) credentials() result {
	return result{
		{name: "SessionToken", value: r.SessionToken},
		{name: "SecretAccessKey", value: r.SecretAccessKey},
		{name: "Expiration", value: stamp(r.ends)},
		{name: "AccessKeyId", value: r.AccessKeyID},
	}
}
