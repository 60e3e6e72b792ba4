package identity

import (
	"errors"
	"fmt"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// defaultSubject is the caller's ARN.
const defaultSubject = "{aws_token.sub}"

// maxSubject is the longest subject that is no SPIFFE ID, in bytes.
const maxSubject = 2048

// subject is the template of an assertion's sub.
type subject struct {
	parts      template
	spiffe     bool
	separators string // what encode also encodes in attributes
}

// parseSubject reads a template of attributes that are one text each. One that
// begins with spiffe:// has to come out as a SPIFFE ID.
func parseSubject(text string) (*subject, error) {
	parts, err := parseTemplate(text)
	if err != nil {
		return nil, err
	}
	s := &subject{parts: parts, spiffe: strings.HasPrefix(text, spiffeScheme)}
	var faults []error
	for _, p := range parts {
		if p.attribute != nil {
			if _, isText := p.attribute.String(new(awstoken.Token)); !isText {
				faults = append(faults, fmt.Errorf("%s is no text: a subject can hold only attributes that are", p.attribute.Path()))
			}
		} else if p.name != "" {
			faults = append(faults, fmt.Errorf("{%s} is no attribute of the token: the subject says who the caller is, which nothing in the request can", p.name))
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	if s.spiffe {
		if err := s.spiffeProblem(); err != nil {
			return nil, err
		}
	}
	s.separators = s.punctuation()
	return s, s.confusion()
}

// spiffeProblem finds fault with what is fixed in the template of a SPIFFE ID.
func (s *subject) spiffeProblem() error {
	for _, p := range s.parts {
		if p.attribute != nil && isNeverSegment(p.attribute.Path()) {
			return fmt.Errorf("%s holds colons or slashes, which a segment of a SPIFFE ID cannot; take such as aws_token.principal.name", p.attribute.Path())
		}
	}
	// With a letter for each attribute the rest has to be an ID.
	sample, err := s.spiffeID(func(part) (string, error) { return "x", nil })
	if unfit := (*AssertionError)(nil); errors.As(err, &unfit) {
		return errors.New(unfit.Hint)
	}
	domain, _, _ := strings.Cut(strings.TrimPrefix(s.parts[0].literal, spiffeScheme), "/")
	if !strings.HasPrefix(sample, spiffeScheme+domain+"/") {
		return errors.New("a placeholder stands in the trust domain, which has to be fixed")
	}
	return nil
}

// isNeverSegment reports whether an attribute is always more than one segment,
// or holds what no segment can.
func isNeverSegment(path string) bool {
	switch path {
	case "aws_token.sub", "aws_token.iss", "aws_token.principal_id", "aws_token.principal.path",
		"aws_token.identity_store_arn", "aws_token.ec2_source_instance_arn", "aws_token.lambda_source_function_arn":
		return true
	}
	return false
}

// confusion finds fault with a template by which one caller could be another: by
// attributes between which nothing keeps them apart, or by those alone that
// callers choose for themselves.
func (s *subject) confusion() error {
	var open *part // an attribute that whatever follows it could be a part of
	attributes, chosen := 0, 0
	for i, p := range s.parts {
		switch {
		case p.attribute == nil:
			if s.separates(p.literal) {
				open = nil
			}
			continue
		case open != nil && !isOfOneLength(p.attribute.Path()):
			return fmt.Errorf("nothing keeps %s and %s apart, so that two callers could have one subject; put %s between them",
				open.attribute.Path(), p.attribute.Path(), s.separator())
		case !isOfOneLength(p.attribute.Path()):
			open = &s.parts[i]
		}
		attributes++
		if strings.HasPrefix(p.attribute.Path(), "aws_token.request_tags.") {
			chosen++
		}
	}
	if attributes > 0 && chosen == attributes {
		return errors.New("it holds request tags alone, which callers choose for themselves: anyone could be anyone; add an attribute that AWS answers for, such as aws_token.account.id")
	}
	return nil
}

// isOfOneLength reports whether an attribute is as long in every token, and so
// apart from its neighbours by itself.
func isOfOneLength(path string) bool {
	return path == "aws_token.account.id" || path == "aws_token.account_id" || path == "aws_token.principal.account_id"
}

// separates reports whether text has what no attribute beside it can: in a SPIFFE
// ID a slash, elsewhere what is encoded in attributes.
func (s *subject) separates(text string) bool {
	if s.spiffe {
		return strings.Contains(text, "/")
	}
	return strings.ContainsAny(text, s.separators)
}

func (s *subject) separator() string {
	if s.spiffe {
		return "a slash"
	}
	return "a character such as a colon"
}

// punctuation are the characters between the attributes. In an attribute they
// are encoded, so that no tag can look like two. An attribute that stands alone
// needs none of that.
func (s *subject) punctuation() string {
	if len(s.parts) == 1 {
		return ""
	}
	var marks strings.Builder
	for _, p := range s.parts {
		for i := range len(p.literal) {
			if c := p.literal[i]; fold(c) == '-' && strings.IndexByte(marks.String(), c) < 0 {
				marks.WriteByte(c)
			}
		}
	}
	return marks.String()
}

// expand writes the subject of a token. An attribute that the token lacks is an
// error: a part of an identity is another identity.
func (s *subject) expand(t *awstoken.Token) (string, error) {
	value := func(p part) (string, error) {
		text, _ := p.attribute.String(t)
		if text == "" {
			return "", assertionError("the subject needs %s, which the token lacks", p.attribute.Path())
		}
		return text, nil
	}
	if s.spiffe {
		return s.spiffeID(value)
	}
	text, err := s.fill(func(p part) (string, error) {
		text, err := value(p)
		return encode(text, s.separators), err
	})
	switch {
	case err != nil:
		return "", err
	case len(text) > maxSubject:
		return "", assertionError("the subject is over %d bytes", maxSubject)
	case len(text) >= len(spiffeScheme) && strings.EqualFold(text[:len(spiffeScheme)], spiffeScheme):
		// Nothing has held it against the rules of one, or against a trust domain.
		return "", assertionError("the subject would be a SPIFFE ID by the text of an attribute; begin the template with %s and a trust domain", spiffeScheme)
	}
	return text, nil
}

// fill writes the template with a text for each attribute.
func (s *subject) fill(value func(part) (string, error)) (string, error) {
	var out strings.Builder
	for _, p := range s.parts {
		if p.attribute == nil {
			out.WriteString(p.literal)
			continue
		}
		text, err := value(p)
		if err != nil {
			return "", err
		}
		out.WriteString(text)
	}
	return out.String(), nil
}

// spiffeID refuses text that would have to be encoded: in a SPIFFE ID nothing
// can be.
func (s *subject) spiffeID(value func(part) (string, error)) (string, error) {
	id, err := s.fill(func(p part) (string, error) {
		text, err := value(p)
		if c, found := foreignToSegment(text); found {
			return "", assertionError("%s has the character %q, which a segment of a SPIFFE ID cannot hold", p.attribute.Path(), c)
		}
		return text, err
	})
	if err != nil {
		return "", err
	}
	domain, path := strings.TrimPrefix(id, spiffeScheme), ""
	if i := strings.IndexByte(domain, '/'); i >= 0 {
		domain, path = domain[:i], domain[i:]
	}
	problem := trustDomainProblem(domain)
	if problem == "" {
		problem = spiffePathProblem(path)
	}
	if problem == "" && len(id) > maxSPIFFEID {
		problem = fmt.Sprintf("it is over %d bytes", maxSPIFFEID)
	}
	if problem != "" {
		return "", assertionError("%q is no SPIFFE ID: %s", shown(id), problem)
	}
	return id, nil
}
