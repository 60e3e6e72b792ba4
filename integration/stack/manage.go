package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// manageWithin is how long a command to the local STS may take.
const manageWithin = 10 * time.Second

// Rotate gives an account's issuer new keys; withdraw removes the old ones.
func (s *STS) Rotate(account string, withdraw bool) error {
	query := url.Values{"issuer": {account}}
	if withdraw {
		query.Set("withdraw", "1")
	}
	return s.manage("rotating keys", http.MethodPost, "/rotate", query, nil)
}

// RotateWithOverlap publishes new keys at once, and has the issuer sign with
// the old ones until the overlap, which is above zero, has passed.
func (s *STS) RotateWithOverlap(account string, overlap time.Duration) error {
	query := url.Values{"issuer": {account}, "overlap": {overlap.String()}}
	return s.manage("rotating keys", http.MethodPost, "/rotate", query, nil)
}

// Withdraw removes an issuer's keys but those that sign, now or after the
// overlap of a rotation.
func (s *STS) Withdraw(account string) error {
	return s.manage("withdrawing keys", http.MethodPost, "/withdraw", url.Values{"issuer": {account}}, nil)
}

// Fault puts a fault in force, in the parameters of devsts: issuer (an account,
// or * for all), kind, and document, status, delay and for, which may be left
// out; devsts -h lists the kinds.
func (s *STS) Fault(query url.Values) error {
	return s.manage("setting a fault", http.MethodPost, "/faults", query, nil)
}

// ClearFaults ends an account's faults, or those that were set for *; an empty
// account means all.
func (s *STS) ClearFaults(account string) error {
	query := url.Values{}
	if account != "" {
		query.Set("issuer", account)
	}
	return s.manage("clearing faults", http.MethodDelete, "/faults", query, nil)
}

// FetchCount says how often documents were asked for.
type FetchCount struct {
	Discovery int `json:"discovery"`
	Keys      int `json:"keys"`
}

// FetchCounts has them for each issuer by its UUID, the last part of its URL,
// for all UUIDs together that no account has, and for all.
type FetchCounts struct {
	Issuers map[string]FetchCount `json:"issuers"`
	Unknown FetchCount            `json:"unknown"`
	Total   FetchCount            `json:"total"`
}

// Fetches says how often the issuers' documents were asked for since the start
// or the last ResetFetches.
func (s *STS) Fetches() (FetchCounts, error) {
	var counts FetchCounts
	err := s.manage("reading the fetch counts", http.MethodGet, "/fetches", nil, &counts)
	return counts, err
}

// ResetFetches sets all counts to zero.
func (s *STS) ResetFetches() error {
	return s.manage("resetting the fetch counts", http.MethodPost, "/fetches/reset", nil, nil)
}

// SetClock makes tokens as if the clock stood offset away from the true time.
func (s *STS) SetClock(offset time.Duration) error {
	return s.manage("setting the clock", http.MethodPost, "/clock", url.Values{"offset": {offset.String()}}, nil)
}

// manage sends a command to the management listener, and decodes the answer
// into out unless that is nil.
func (s *STS) manage(doing, method, path string, query url.Values, out any) error {
	ctx, cancel := context.WithTimeout(context.Background(), manageWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, s.ManagementURL+path+"?"+query.Encode(), nil)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", doing, response.Status, strings.TrimSpace(string(body)))
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}
