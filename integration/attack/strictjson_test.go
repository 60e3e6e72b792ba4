package attack

import (
	"encoding/json"
	"strconv"
	"strings"
)

// c5: JSON that two readers read as two things (RFC 8259, section 4; RFC 7515,
// section 4). Each is signed with the right key, so that the way in which it is
// read is all that can refuse it.
func c5() []probe {
	probes := append(doubles(), cases()...)
	probes = append(append(probes, surroundings()...), spellings()...)
	return append(probes, insideAWS()...)
}

// edit changes the text of an object.
type edit func(object string) string

func first(members string) edit { return func(o string) string { return "{" + members + "," + o[1:] } }
func last(members string) edit {
	return func(o string) string { return o[:len(o)-1] + "," + members + "}" }
}
func before(s string) edit { return func(o string) string { return s + o } }
func after(s string) edit  { return func(o string) string { return o + s } }
func instead(s string) edit {
	return func(string) string { return s }
}

// inPayload and inHeader are probes of one edit beside another that passes.
func inPayload(name, reason string, keep, spoil edit) probe {
	return textTwins("payload: "+name, reason,
		func(t *texts) { t.payload = keep(t.payload) }, func(t *texts) { t.payload = spoil(t.payload) })
}

func inHeader(name string, keep, spoil edit) probe {
	return textTwins("header: "+name, "malformed_token",
		func(t *texts) { t.header = keep(t.header) }, func(t *texts) { t.header = spoil(t.header) })
}

// doubles are names that occur twice, of which one reader takes the first and
// another the last (RFC 7515, section 4; RFC 7519, section 4). The control has a
// second name that is another.
func doubles() []probe {
	admin, iss := text(adminRole), text(issuerURL(ordersAccount))
	other := first(`"x":1`)
	return []probe{
		inPayload("iss twice", "malformed_token", other, last(`"iss":`+text(issuerURL(strangerAccount)))),
		inPayload("iss twice, ours last", "malformed_token", other, first(`"iss":`+text(issuerURL(strangerAccount)))),
		inPayload("iss twice, the same", "malformed_token", other, last(`"iss":`+iss)),
		inPayload("sub twice", "malformed_token", other, last(`"sub":`+admin)),
		inPayload("sub twice, ours last", "malformed_token", other, first(`"sub":`+admin)),
		inPayload("sub twice, one with an escape", "malformed_token", other, last(`"s\u0075b":`+admin)),
		inPayload("aud twice", "malformed_token", other, first(`"aud":"else"`)),
		inPayload("exp twice", "malformed_token", other, last(`"exp":4102444800`)),
		inPayload("namespace twice", "malformed_token", other, last(`"`+namespace+`":{"aws_account":"111122223333"}`)),
		inPayload("namespace twice, one with an escape", "malformed_token", other, last(`"https:\/\/sts.amazonaws.com\/":{}`)),
		inPayload("an unknown name twice", "malformed_token", other, last(`"x":1,"x":1`)),
		inPayload("twice deep inside", "malformed_token", last(`"x":[{"a":{"b":1,"c":1}}]`), last(`"x":[{"a":{"b":1,"b":1}}]`)),
		inHeader("alg twice", other, first(`"alg":"none"`)),
		inHeader("alg twice, ours first", other, last(`"alg":"none"`)),
		inHeader("kid twice", other, last(`"kid":"RSA_0"`)),
		inHeader("typ twice", other, last(`"typ":"JWT"`)),
		inHeader("alg twice, one with an escape", other, first(`"\u0061lg":"none"`)),
	}
}

// cases are names that a reader which ignores case, as encoding/json does, takes
// for a claim.
func cases() []probe {
	other := last(`"ISSUER":"x","SUBJECT":"x"`)
	renamed := func(from, to string) edit {
		return func(o string) string { return strings.Replace(o, `"`+from+`":`, `"`+to+`":`, 1) }
	}
	return []probe{
		inPayload("ISS beside iss", "malformed_token", other, last(`"ISS":`+text(issuerURL(strangerAccount)))),
		inPayload("Iss before iss", "malformed_token", other, first(`"Iss":`+text(issuerURL(strangerAccount)))),
		inPayload("SUB beside sub", "malformed_token", other, last(`"SUB":`+text(adminRole))),
		inPayload("Aud beside aud", "malformed_token", other, last(`"Aud":"else"`)),
		inPayload("EXP beside exp", "malformed_token", other, last(`"EXP":4102444800`)),
		inPayload("NBF alone", "malformed_token", other, last(`"NBF":1`)),
		inPayload("Jti beside jti", "malformed_token", other, last(`"Jti":"x"`)),
		inPayload("sub with a long s", "malformed_token", other, last(`"ſub":`+text(adminRole))), // U+017F folds to s
		inPayload("ISS alone", "invalid_claims", other, renamed("iss", "ISS")),
		inPayload("Sub alone", "malformed_token", other, renamed("sub", "Sub")),
		inHeader("ALG beside alg", last(`"ALGO":"none"`), last(`"ALG":"none"`)),
		inHeader("Kid before kid", first(`"Kind":"RSA_0"`), first(`"Kid":"RSA_0"`)),
		inHeader("kid with a kelvin sign", other, last(`"\u212aid":"RSA_0"`)), // folds to k
		inHeader("TYP beside typ", other, last(`"TYP":"JWE"`)),
		inPayload("namespace in capitals", "malformed_token", other, last(`"HTTPS://STS.AMAZONAWS.COM/":{"aws_account":"444455556666"}`)),
	}
}

// surroundings are what stands before or behind the object, and what is no
// object.
func surroundings() []probe {
	space, behind, member := before(" \t\r\n"), after(" \t\r\n"), last(`"x":1`)
	return []probe{
		inPayload("an object behind", "malformed_token", behind, after("{}")),
		inPayload("claims behind", "malformed_token", behind, after(goodPayload())),
		inPayload("a brace behind", "malformed_token", behind, after("}")),
		inPayload("a comma behind", "malformed_token", behind, after(",")),
		inPayload("nul behind", "malformed_token", behind, after("\x00")),
		inPayload("a form feed behind", "malformed_token", behind, after("\f")),
		inPayload("bom before", "malformed_token", space, before("\ufeff")), // RFC 8259, section 8.1
		inPayload("bom behind", "malformed_token", behind, after("\ufeff")),
		inPayload("no-break space before", "malformed_token", space, before("\u00a0")),
		inPayload("a prefix against hijacking", "malformed_token", space, before(")]}',\n")),
		inPayload("utf-16", "malformed_token", space, func(o string) string { return strings.Join(strings.Split(o, ""), "\x00") + "\x00" }),
		inPayload("in an array", "malformed_token", space, func(o string) string { return "[" + o + "]" }),
		inPayload("in a string", "malformed_token", space, strconv.Quote),
		inPayload("null", "malformed_token", space, instead("null")),
		inPayload("number", "malformed_token", space, instead("1")),
		inPayload("white space", "malformed_token", space, instead("    ")),
		inPayload("cut short", "malformed_token", space, func(o string) string { return o[:len(o)-1] }),
		inPayload("empty object", "invalid_claims", space, instead("{}")),
		inHeader("an object behind", member, after("{}")),
		inHeader("bom before", member, before("\ufeff")),
		inHeader("in an array", member, func(o string) string { return "[" + o + "]" }),
		inHeader("null", member, instead("null")),
		inHeader("empty object", member, instead("{}")),
	}
}

// spellings are strings, numbers and marks that are no JSON, or that readers
// replace by something (RFC 7493, section 2.1).
func spellings() []probe {
	value := func(v string) edit { return last(`"x":` + v) }
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	probes := []probe{
		inHeader("bad utf-8", value("\"\u00e9\""), value("\"\xe9\"")),
		inHeader("lone surrogate", value(`"\ud83d\ude00"`), value(`"\ud83d"`)),
		inHeader("comma at the end", value("1"), value("1,")),
		// The object itself is one of the 16 levels that are read.
		inHeader("17 deep", value(deep(15)), value(deep(16))),
	}
	for _, each := range []struct{ name, keep, spoil string }{
		{"bad utf-8", "\"\u00e9\"", "\"\xe9\""},
		{"overlong utf-8", `"/"`, "\"\xc0\xaf\""},
		{"cut utf-8", "\"\u20ac\"", "\"\xe2\x82\""},
		{"surrogate in utf-8", `"\ud83d\ude00"`, "\"\xed\xa0\x80\""},
		{"beyond unicode", "\"\U0010ffff\"", "\"\xf4\x90\x80\x80\""},
		{"lone surrogate", `"\ud83d\ude00"`, `"\ud83d"`},
		{"lone low surrogate", `"\ud83d\ude00"`, `"\ude00"`},
		{"surrogates in the wrong order", `"\ud83d\ude00"`, `"\ude00\ud83d"`},
		{"lone surrogate for a name", `{"\ud83d\ude00":1}`, `{"\ud83d":1}`},
		{"line end in a string", `"a\nb"`, "\"a\nb\""},
		{"nul in a string", `"a\u0000b"`, "\"a\x00b\""},
		{"unknown escape", `"\t"`, `"\x41"`},
		{"single quotes", `"a"`, `'a'`},
		{"name without quotes", `{"a":1}`, `{a:1}`},
		{"comment", `1 `, `1/**/`},
		{"comma at the end", `[1]`, `[1,]`},
		{"nan", `null`, `NaN`},
		{"infinity", `null`, `Infinity`},
		{"true in capitals", `true`, `TRUE`},
		{"leading zero", `1`, `01`},
		{"plus sign", `1`, `+1`},
		{"hexadecimal", `16`, `0x10`},
		{"fraction without digits", `1.0`, `1.`},
		{"17 deep", deep(15), deep(16)},
		{"17 deep in objects", strings.Repeat(`{"a":`, 15) + "1" + strings.Repeat("}", 15), strings.Repeat(`{"a":`, 16) + "1" + strings.Repeat("}", 16)},
	} {
		probes = append(probes, inPayload(each.name, "malformed_token", value(each.keep), value(each.spoil)))
	}
	return probes
}

// insideAWS: the claims in the namespace are read as strictly.
func insideAWS() []probe {
	aws := func(e edit) edit {
		return func(o string) string {
			var claims map[string]json.RawMessage
			if err := json.Unmarshal([]byte(o), &claims); err != nil {
				panic(err)
			}
			inner := string(claims[namespace])
			return strings.Replace(o, inner, e(inner), 1)
		}
	}
	other := aws(last(`"x":1`))
	return []probe{
		inPayload("account twice", "malformed_token", other, aws(first(`"aws_account":"444455556666"`))),
		inPayload("account twice, ours first", "malformed_token", other, aws(last(`"aws_account":"444455556666"`))),
		inPayload("AWS_ACCOUNT beside it", "malformed_token", other, aws(last(`"AWS_ACCOUNT":"444455556666"`))),
		inPayload("Org_Id beside it", "malformed_token", other, aws(last(`"Org_Id":"o-stranger01"`))),
		inPayload("principal_tags twice", "malformed_token", other, aws(last(`"principal_tags":{"team":"admin"}`))),
		inPayload("PRINCIPAL_TAGS beside it", "malformed_token", other, aws(last(`"PRINCIPAL_TAGS":{"team":"admin"}`))),
		inPayload("a tag twice", "malformed_token", aws(last(`"request_tags":{"a":"1","b":"2"}`)), aws(last(`"request_tags":{"a":"1","a":"2"}`))),
		// Tag keys of different case are different tags.
		inPayload("a tag that is a number", "invalid_claims", aws(last(`"request_tags":{"a":"1","A":"2"}`)), aws(last(`"request_tags":{"a":"1","A":2}`))),
	}
}
