package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// client follows no redirect, so that nobody but the gateway gets the token.
var client = &http.Client{
	Timeout:       30 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// Get gets the URL. A 401 is tried again once, with a new token; a 503 once, when
// the gateway says.
func Get(ctx context.Context, url string, token *Token) (status int, body []byte, err error) {
	bearer, err := token.Get(ctx, "")
	if err != nil {
		return 0, nil, err
	}
	retried := make(map[int]bool)
	for {
		var header http.Header
		status, header, body, err = send(ctx, url, bearer)
		if err != nil || retried[status] || status != http.StatusUnauthorized && status != http.StatusServiceUnavailable {
			return status, body, err
		}
		retried[status] = true
		if status == http.StatusUnauthorized {
			bearer, err = token.Get(ctx, bearer)
		} else {
			err = pause(ctx, header.Get("Retry-After"))
		}
		if err != nil {
			return 0, nil, err
		}
	}
}

func send(ctx context.Context, url, bearer string) (int, http.Header, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, nil, nil, err
	}
	request.Header.Set("Authorization", "Bearer "+bearer)
	response, err := client.Do(request)
	if err != nil {
		return 0, nil, nil, fmt.Errorf("calling: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, response.Header, body, err
}

// pause waits for as many seconds as Retry-After says, a second if it says none,
// and half a minute at most.
func pause(ctx context.Context, retryAfter string) error {
	seconds, err := strconv.Atoi(retryAfter)
	if err != nil || seconds < 1 {
		seconds = 1
	}
	select {
	case <-time.After(time.Duration(min(seconds, 30)) * time.Second):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
