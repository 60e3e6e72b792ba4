package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// adminWithin is how long Caddy's admin API may take.
const adminWithin = 30 * time.Second

// adminPost asks for a load even if nothing has changed.
func (t *trial) adminPost(ctx context.Context, path, kind string, text []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, adminWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+t.admin+path, bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("asking Caddy: %w", err)
	}
	request.Header.Set("Content-Type", kind)
	request.Header.Set("Cache-Control", "must-revalidate")
	return t.adminDo(request)
}

// adminClient keeps no connection, which would count as a goroutine of the
// gateway's.
var adminClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func (t *trial) adminDo(request *http.Request) ([]byte, error) {
	response, err := adminClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking Caddy: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("asking Caddy: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, errors.New(response.Status + ": " + string(bytes.TrimSpace(body)))
	}
	return body, nil
}

func (t *trial) adminGet(ctx context.Context, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, adminWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+t.admin+path, nil)
	if err != nil {
		return nil, fmt.Errorf("asking Caddy: %w", err)
	}
	return t.adminDo(request)
}
