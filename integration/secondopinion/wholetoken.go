package main

import (
	"slices"
	"strings"
)

// tokenMutations are about the token as a whole: what stands around it, how many
// segments it has and in which order, and the other serialisations.
func tokenMutations() []mutation {
	return edits("token", "token header-segment payload-segment signature-segment", func(d *draft) *[]edit { return &d.token },
		slices.Concat(surrounded(), rearranged(), serialised())...)
}

func surrounded() []textVariant {
	return []textVariant{
		{label: "empty", change: instead("")},
		{label: "a space before", change: before(" ")},
		{label: "a space behind", change: behind(" ")},
		{label: "a line end behind", change: behind("\n")},
		{label: "CR LF before", change: before("\r\n")},
		{label: "a no-break space before", change: before("\u00a0")},
		{label: "a line separator behind", change: behind("\u2028")},
		{label: "a byte order mark before", change: before("\ufeff")},
		{label: "a NUL behind", change: behind("\x00")},
		{label: "in quotes", change: func(s string) string { return `"` + s + `"` }},
		{label: "the scheme before", change: before("Bearer ")},
		{label: "a comma behind", change: behind(",")},
		{label: "itself behind", change: func(s string) string { return s + "," + s }},
		{label: "percent-encoded full stops", change: func(s string) string { return strings.ReplaceAll(s, ".", "%2E") }},
		{label: "full stops of another script", change: func(s string) string { return strings.ReplaceAll(s, ".", "\uff0e") }},
		{label: "in upper case", change: strings.ToUpper},
		{label: "in lower case", change: strings.ToLower},
		{label: "encoded once more", change: encode},
	}
}

func rearranged() []textVariant {
	order := func(label string, with ...int) textVariant {
		return textVariant{label: label, change: func(s string) string {
			parts, chosen := strings.Split(s, "."), []string{}
			for _, n := range with {
				if n < len(parts) {
					chosen = append(chosen, parts[n])
				}
			}
			return strings.Join(chosen, ".")
		}}
	}
	return []textVariant{
		order("without a signature", 0, 1), order("the header alone", 0), order("the payload twice", 0, 1, 1, 2),
		order("header and payload swapped", 1, 0, 2), order("payload and signature swapped", 0, 2, 1),
		order("five segments", 0, 1, 2, 1, 2), order("the header twice", 0, 0, 1, 2),
		{label: "a full stop behind", change: behind(".")}, {label: "a full stop before", change: before(".")},
		{label: "a fourth segment", change: behind(".AAAA")}, {label: "two full stops", change: swap(".", "..")},
		{label: "with its payload detached", change: part(1, instead(""))},
		{label: "only full stops", change: instead("..")},
		{label: "a thousand full stops behind", change: behind(strings.Repeat(".", 1000))},
	}
}

// serialised are the JSON serialisations (RFC 7515, section 7.2).
func serialised() []textVariant {
	as := func(label string, write func(header, payload, signature string) string) textVariant {
		return textVariant{label: label, change: func(s string) string {
			parts := strings.SplitN(s+"..", ".", 4)
			return write(quote(parts[0]), quote(parts[1]), quote(parts[2]))
		}}
	}
	flat := func(h, p, s string) string { return `"payload":` + p + `,"protected":` + h + `,"signature":` + s }
	one := func(h, s string) string { return `{"protected":` + h + `,"signature":` + s + `}` }
	return []textVariant{
		as("flattened", func(h, p, s string) string { return "{" + flat(h, p, s) + "}" }),
		as("flattened behind white space", func(h, p, s string) string { return " \n{" + flat(h, p, s) + "}" }),
		as("flattened with an unprotected header", func(h, p, s string) string { return "{" + flat(h, p, s) + `,"header":{"x":"y"}}` }),
		as("flattened with claims beside", func(h, p, s string) string {
			return "{" + flat(h, p, s) + `,"sub":"arn:aws:iam::` + orders + `:role/admin","exp":99999999999}`
		}),
		as("general", func(h, p, s string) string { return `{"payload":` + p + `,"signatures":[` + one(h, s) + `]}` }),
		as("general with two signatures", func(h, p, s string) string {
			return `{"payload":` + p + `,"signatures":[` + one(h, s) + `,` + one(h, s) + `]}`
		}),
		as("general without signatures", func(_, p, _ string) string { return `{"payload":` + p + `,"signatures":[]}` }),
	}
}
