package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// draft is a token before it is signed and written. Mutations change what it
// is made of and add steps to how it is written.
type draft struct {
	world   *world
	alg     string // of the good token: RS256 or ES384
	account string // whose issuer it is of

	header, claims, aws object

	headerText, payloadText       []edit // the JSON texts
	headerSegment, payloadSegment []edit // the segments, before they are signed
	sign                          signer
	signature                     []func([]byte) []byte
	token                         []edit // what was signed and written

	good string // the signing input before any change
}

// edit changes a text.
type edit func(string) string

// namespace is the claim that holds what is particular to AWS.
const namespace = "https://sts.amazonaws.com/"

// awsHere stands for the draft's aws object until the token is written.
const awsHere = "\x00aws"

// newDraft makes a good token of one of the trusted accounts.
func newDraft(w *world, alg string, r *rand.Rand) (*draft, error) {
	d := &draft{world: w, alg: alg, account: orders}
	roles := []string{"orders-lambda", "reports-batch"}
	if r.IntN(3) == 0 {
		d.account, roles = billing, []string{"billing-ec2"}
	}
	to := [][]string{{audience}, {audience, "another"}, {"another", audience}}[r.IntN(3)]
	claims, err := w.sts.GoodClaims(roles[r.IntN(len(roles))], to...)
	if err != nil {
		return nil, fmt.Errorf("drafting a token: %w", err)
	}
	// Kubernetes has the machine's clock, so every good token outlives the run.
	issued := w.now.Unix() - r.Int64N(600)
	claims["iat"], claims["exp"] = issued, issued+2400+r.Int64N(1201)
	aws, _ := claims[namespace].(map[string]any)
	if r.IntN(4) == 0 {
		aws["request_tags"] = map[string]string{"job-id": "job-2024-001", "Größe": "π ≈ 3", "iss": "https://elsewhere.example"}
	}
	d.aws = shuffled(aws, r)
	delete(claims, namespace)
	d.claims = shuffled(claims, r)
	d.claims = slices.Insert(d.claims, r.IntN(len(d.claims)+1), member{quote(namespace), awsHere})
	d.header = object{{quote("kid"), quote(d.keyID())}, {quote("typ"), quote("JWT")}, {quote("alg"), quote(alg)}}
	d.sign = signWith(w.keys[d.account], alg)
	d.good = d.input()
	return d, nil
}

func (d *draft) keyID() string {
	if d.alg == "RS256" {
		return rsaKeyID
	}
	return ecKeyID
}

// shuffled writes a map in any order.
func shuffled(from map[string]any, r *rand.Rand) object {
	var o object
	for name, value := range from {
		text, _ := json.Marshal(value) // strings, numbers, lists and maps of strings never fail
		o.set(name, string(text))
	}
	slices.SortFunc(o, func(a, b member) int { return strings.Compare(a.name, b.name) })
	r.Shuffle(len(o), func(i, j int) { o[i], o[j] = o[j], o[i] })
	return o
}

// texts are the header and the payload before they become segments.
func (d *draft) texts() (header, payload string) {
	header = after(d.header.text(), d.headerText)
	payload = strings.ReplaceAll(d.claims.text(), awsHere, d.aws.text())
	return header, after(payload, d.payloadText)
}

// input is what is signed.
func (d *draft) input() string {
	header, payload := d.texts()
	return after(encode(header), d.headerSegment) + "." + after(encode(payload), d.payloadSegment)
}

// write signs the draft.
func (d *draft) write() (string, error) {
	input := d.input()
	signature, err := d.sign(input)
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	for _, change := range d.signature {
		signature = change(signature)
	}
	return after(input+"."+encode(string(signature)), d.token), nil
}

func after(text string, edits []edit) string {
	for _, change := range edits {
		text = change(text)
	}
	return text
}

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

var moment = regexp.MustCompile(`\{now([+-]\d+)\}`)

// fill replaces what stands in braces in a template for a JSON text: {value} by
// the value that is there, {text} by that without its quotation marks, {other}
// and {stranger} by the issuers of the other trusted account and of one that
// nobody trusts, {now+60} by a time in seconds.
func (d *draft) fill(template, value string) string {
	other := billing
	if d.account == billing {
		other = orders
	}
	text := strings.NewReplacer(
		"{value}", value, "{text}", strings.Trim(value, `"`),
		"{other}", d.world.issuers[other], "{stranger}", d.world.issuers[stranger],
		"{account}", d.account, "{other account}", other, "{strange account}", stranger,
	).Replace(template)
	return moment.ReplaceAllStringFunc(text, func(found string) string {
		offset, _ := strconv.ParseInt(moment.FindStringSubmatch(found)[1], 10, 64) // the pattern has digits alone
		return strconv.FormatInt(d.world.now.Unix()+offset, 10)
	})
}
