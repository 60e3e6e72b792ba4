package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// STS is a running devsts.
type STS struct {
	*process
	BaseURL       string            `json:"base_url"`       // for AWS_ENDPOINT_URL_STS
	ManagementURL string            `json:"management_url"` // rotation, faults, counters, clock
	Issuers       map[string]string `json:"issuers"`        // by account
}

// StartSTS runs devsts from the directory of built commands on free ports,
// with further arguments such as -config; -listen and -manage name ports.
func StartSTS(binaries, directory string, args ...string) (*STS, error) {
	return StartSTSContext(context.Background(), binaries, directory, args...)
}

// StartSTSContext is StartSTS for as long as the context lasts; once it has
// returned, the context does not matter.
func StartSTSContext(ctx context.Context, binaries, directory string, args ...string) (*STS, error) {
	urls := filepath.Join(directory, "devsts.json")
	args = append([]string{"-listen", "127.0.0.1:0", "-manage", "127.0.0.1:0", "-url-file", urls}, args...)
	p, err := start(directory, nil, filepath.Join(binaries, "devsts"), args...)
	if err != nil {
		return nil, err
	}
	s := &STS{process: p}
	err = p.await(ctx, func() error {
		text, err := os.ReadFile(urls)
		if err != nil {
			return fmt.Errorf("reading its addresses: %w", err)
		}
		return json.Unmarshal(text, s)
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Environment is what an AWS SDK needs to be the role of an access key here.
// It keeps the SDK from the files and the instance of whoever runs it.
func (s *STS) Environment(keyID, secret string) map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL_STS": s.BaseURL, "AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-central-1",
		"AWS_ACCESS_KEY_ID": keyID, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
	}
}
