package devsts

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// The one operation of AWS Organizations that there is, by its header
// X-Amz-Target, and the limits of its API reference page.
const (
	targetListAccounts = "AWSOrganizationsV20161128.ListAccounts"
	maxAccountsPage    = 20
)

// memberAccount is an Account of AWS Organizations.
type memberAccount struct {
	Arn             string
	Email           string
	ID              string `json:"Id"`
	JoinedMethod    string
	JoinedTimestamp float64
	Name            string
	State           string
	Status          string `json:",omitempty"`
}

type listAccountsInput struct {
	MaxResults *int
	NextToken  string
}

type listAccountsOutput struct {
	Accounts  []memberAccount
	NextToken string `json:",omitempty"`
}

// serveOrganizations answers a call of the JSON protocol, version 1.1.
func (s *Server) serveOrganizations(w http.ResponseWriter, r *http.Request) {
	_, body, bad := readForm(w, r)
	var out *listAccountsOutput
	if bad == nil {
		out, bad = s.answerOrganizations(r, body)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-Requestid", newUUID())
	if bad != nil {
		w.WriteHeader(bad.status)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": jsonCode(bad.code), "Message": bad.message}) // the client is gone
		return
	}
	_ = json.NewEncoder(w).Encode(out) // the same
}

func (s *Server) answerOrganizations(r *http.Request, body []byte) (*listAccountsOutput, *apiError) {
	if target := r.Header.Get("X-Amz-Target"); target != targetListAccounts {
		return nil, newError(http.StatusBadRequest, "UnknownOperationException", "There is no operation "+target+".")
	}
	c, bad := s.authenticate(r, form{}, body, "organizations")
	if bad != nil {
		return nil, bad
	}
	if s.throttled("ListAccounts") {
		return nil, newError(http.StatusBadRequest, "TooManyRequestsException", "AWS Organizations can't complete your request because another request is already in progress. Try again later.")
	}
	home := c.role.account
	switch {
	case home.OrgID == "":
		return nil, newError(http.StatusBadRequest, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
	case c.role.denied(permListAccounts), !home.OrganizationAdmin:
		return nil, newError(http.StatusBadRequest, "AccessDeniedException", "You don't have permissions to access this resource.")
	}
	return s.listAccounts(home.OrgID, body)
}

// jsonCode is what services of the JSON protocol call an error of authentication
// for which the query protocol has another name.
func jsonCode(code string) string {
	switch code {
	case "SignatureDoesNotMatch":
		return "InvalidSignatureException"
	case "InvalidClientTokenId":
		return "UnrecognizedClientException"
	case "ExpiredToken":
		return "ExpiredTokenException"
	}
	return code
}

// listAccounts gives a page of an organization's accounts.
func (s *Server) listAccounts(org string, body []byte) (*listAccountsOutput, *apiError) {
	invalid := newError(http.StatusBadRequest, "InvalidInputException", "You provided invalid values for one or more of the request parameters.")
	var in listAccountsInput
	if len(body) > 0 && json.Unmarshal(body, &in) != nil {
		return nil, newError(http.StatusBadRequest, "SerializationException", "The request's body is not the JSON of ListAccounts.")
	}
	size := maxAccountsPage
	if in.MaxResults != nil {
		if size = *in.MaxResults; size < 1 || size > maxAccountsPage {
			return nil, invalid
		}
	}
	members := slices.DeleteFunc(slices.Clone(s.accounts), func(a *account) bool { return a.OrgID != org })
	first, ok := readPageToken(in.NextToken)
	if !ok || first > len(members) {
		return nil, invalid
	}
	out := &listAccountsOutput{Accounts: []memberAccount{}}
	last := min(first+size, len(members))
	for _, a := range members[first:last] {
		out.Accounts = append(out.Accounts, s.member(a))
	}
	if last < len(members) {
		out.NextToken = base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(last)))
	}
	return out, nil
}

// readPageToken is where a page begins. What a token holds is nobody's business
// but the server's.
func readPageToken(token string) (int, bool) {
	if token == "" {
		return 0, true
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return 0, false
	}
	n, err := strconv.Atoi(string(text))
	return n, err == nil && n > 0
}

func (s *Server) member(a *account) memberAccount {
	manager, partition := a.ID, a.roles[0].partition()
	for _, other := range s.accounts {
		if other.OrgID == a.OrgID && other.OrganizationAdmin {
			manager = other.ID
			break
		}
	}
	return memberAccount{
		Arn:   "arn:" + partition + ":organizations::" + manager + ":account/" + a.OrgID + "/" + a.ID,
		Email: "root+" + a.ID + "@example.com", ID: a.ID, JoinedMethod: "CREATED", JoinedTimestamp: 1733000000,
		Name: a.name(), State: a.state(),
	}
}

func (a *account) state() string {
	if a.State == "" {
		return stateActive
	}
	return a.State
}

func (a *account) active() bool { return a.state() == stateActive }

func (a *account) name() string {
	if a.Name == "" {
		return "account-" + strings.TrimLeft(a.ID, "0")
	}
	return a.Name
}
