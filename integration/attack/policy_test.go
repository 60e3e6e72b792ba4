package attack

// policyRows are about the policy.
var policyRows = []row{}
