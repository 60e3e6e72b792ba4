package main

const (
	ruleFile    = "celpolicy/rule.go"
	policyFile  = "celpolicy/policy.go"
	requestFile = "celpolicy/request.go"
)

func policyMutants() []mutant {
	return []mutant{
		off("P1", "a rule that fails is not true", ruleFile, "	if err != nil {\n		return false, err\n	}\n	b, ok", "	if err != nil {\n		return true, nil\n	}\n	b, ok"),
		off("P1", "a deny rule that fails refuses", policyFile, "		case err != nil:\n			hint := fmt.Sprintf(\"deny", "		case err != nil && r.name == \"\":\n			hint := fmt.Sprintf(\"deny"),
		off("P1", "one allow rule must be true", policyFile, "	if failed != nil {\n", "	if failed == nil {\n		return Decision{Allowed: true}\n	}\n	if failed != nil {\n"),
		off("P1", "requirements", policyFile, "req.refusal(t); refused {", "req.refusal(t); refused && hint == \"\" {"),
		off("P2", "in_ou compares whole segments", "celpolicy/ou.go", "if segment == wanted {", "if strings.HasPrefix(segment, wanted) {"),
		off("P3", "a limit on what a rule may cost", ruleFile, "		cel.CostLimit(MaxRuleCost),\n", ""),
		off("P4", "tag keys are kept as they are", readerFile, "m[strings.Clone(key)] = strings.Clone(s)", "m[strings.ToLower(key)] = strings.Clone(s)"),
		off("H9", "a path that cleaning changes is refused", requestFile, "case cleanPath(decoded) != decoded:", "case cleanPath(decoded) == \"\":").
			and(requestFile, "case cleanPath(withoutParameters(decoded)) != withoutParameters(decoded):", "case withoutParameters(decoded) == \"\":"),
		off("H9", "an encoded slash is refused", requestFile, "if encodesSlash(escaped) {", "if encodesSlash(escaped) && escaped == \"\" {"),
		off("H9", "a backslash is refused", requestFile, "case strings.Contains(decoded, `\\`):", "case decoded == `\\`:"),
		off("H9", "a control character is refused", requestFile, "case strings.ContainsFunc(decoded, unicode.IsControl):", "case decoded == \"\" && strings.ContainsFunc(decoded, unicode.IsControl):"),
		off("H9", "parameters of segments are looked behind", requestFile, "case cleanPath(withoutParameters(decoded)) != withoutParameters(decoded):", "case withoutParameters(decoded) == \"\":"),
		off("H9", "the target is a path", targetFile, "	case !hasPath(r):\n", "	case r.URL == nil:\n"),
	}
}
