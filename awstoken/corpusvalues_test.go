package awstoken

import "strings"

func badNumbers() []pair {
	return []pair{
		{"leading zero", `01`, `10`},
		{"leading zero of a negative", `-01`, `-10`},
		{"zeros", `00`, `0`},
		{"plus", `+1`, `1`},
		{"no digit before the point", `.5`, `0.5`},
		{"no digit behind the point", `5.`, `5.0`},
		{"no digit between point and exponent", `5.e1`, `5.0e1`},
		{"two points", `1.2.3`, `1.23`},
		{"no exponent", `1e`, `1e1`},
		{"a sign for an exponent", `1E+`, `1E+400`},
		{"a fraction in the exponent", `1e1.0`, `1e-400`},
		{"minus alone", `-`, `-0`},
		{"minus twice", `--1`, `-1`},
		{"minus apart", `- 1`, ` -1`},
		{"hexadecimal", `0x1F`, `0.1`},
		{"octal", `0o17`, `17`},
		{"underscore", `1_000`, strings.Repeat("1000", 100)},
		{"BigInt", `1n`, `18446744073709551616`},
		{"wide digit", `１`, `1`},
		{"Arabic digit", `١`, `1`},
		{"NaN", `NaN`, `null`},
		{"Infinity", `Infinity`, `1e400`},
		{"minus Infinity", `-Infinity`, `-1e400`},
		{"inf", `inf`, `0.0`},
		{"two numbers", `1 2`, `1`},
		{"as a program writes it", `1f`, `1.0E0`},
		{"minus sign of typography", `−1`, `-1`},
	}
}

func badLiterals() (pairs []pair) {
	for _, right := range []string{"true", "false", "null"} {
		for _, wrong := range []string{
			strings.ToUpper(right), strings.ToUpper(right[:1]) + right[1:], right[:len(right)-1], right + right[:1], right + right,
			right[:2] + " " + right[2:], "'" + right + "'", right + ";",
		} {
			pairs = append(pairs, pair{wrong, wrong, right})
		}
	}
	for _, wrong := range []string{"nil", "None", "undefined", "yes", "a", "'a'", "`a`", "“a”", `"a`, `a"`, `"a"b`, `"a""b"`, `"a"+"b"`, `\"a\"`} {
		pairs = append(pairs, pair{wrong, wrong, `"a"`})
	}
	return pairs
}

func badStructures() []pair {
	return []pair{
		{"comma behind the last element", `[1,]`, `[1]`},
		{"comma before the first element", `[,1]`, `[1]`},
		{"two commas between elements", `[1,,2]`, `[1,2]`},
		{"no comma between elements", `[1 2]`, `[1,2]`},
		{"semicolon between elements", `[1;2]`, `[1,2]`},
		{"colon between elements", `[1:2]`, `[1,2]`},
		{"member of an array", `["b":1]`, `["b",1]`},
		{"elements of an object", `{"b","c"}`, `{"b":"c"}`},
		{"parentheses", `(1)`, `[1]`},
		{"comma behind the last member", `{"b":1,}`, `{"b":1}`},
		{"comma before the first member", `{,"b":1}`, `{"b":1}`},
		{"two commas between members", `{"b":1,,"c":2}`, `{"b":1,"c":2}`},
		{"no comma between members", `{"b":1 "c":2}`, `{"b":1,"c":2}`},
		{"semicolon between members", `{"b":1;"c":2}`, `{"b":1,"c":2}`},
		{"no colon", `{"b" 1}`, `{"b":1}`},
		{"equals sign", `{"b"=1}`, `{"b":1}`},
		{"two colons", `{"b"::1}`, `{"b":1}`},
		{"no value", `{"b":}`, `{"b":null}`},
		{"no name", `{:1}`, `{"":1}`},
		{"name alone", `{"b"}`, `{"b":0}`},
		{"value twice", `{"b":1:2}`, `{"b":1}`},
		{"number for a name", `{1:1}`, `{"1":1}`},
		{"null for a name", `{null:1}`, `{"null":1}`},
		{"array for a name", `{[]:1}`, `{"[]":1}`},
		{"name without quotes", `{b:1}`, `{"b":1}`},
		{"name in single quotes", `{'b':1}`, `{"b":1}`},
		{"array ends as an object", `[1}`, `[1]`},
		{"object ends as an array", `{"b":1]`, `{"b":1}`},
		{"crossed ends", `[{"b":1]}`, `[{"b":1}]`},
		{"array not ended", `[1`, `[1]`},
		{"object not ended", `{"b":1`, `{"b":1}`},
		{"array not begun", `1]`, `[1]`},
		{"comment", `1/**/`, `1`},
		{"comment in front", `/* 2, */1`, `1`},
		{"comment to the end of the line", "1// 2\n", "1 \n"},
		{"comment of a shell", "1# 2\n", "1 \n"},
		{"comment of HTML", "<!-- -->1", "1"},
		{"three points", `[1,...]`, `[1,3]`},
		{"call", `Date(1)`, `1`},
	}
}
