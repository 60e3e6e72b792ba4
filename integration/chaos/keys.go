package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// rotateKeys gives an issuer new keys: with an overlap, or at once and without
// the old ones.
type rotateKeys struct {
	issuer   string
	overlap  time.Duration
	withdraw bool
}

func (r rotateKeys) String() string {
	if r.withdraw {
		return r.issuer + " rotates its keys and withdraws the old ones at once"
	}
	return fmt.Sprintf("%s publishes new keys, which sign after %v", r.issuer, r.overlap)
}

func (r rotateKeys) do(ctx context.Context, t *trial) error {
	if r.withdraw {
		t.oracle.keysMayGo(r.issuer)
	}
	var err error
	if r.overlap > 0 {
		err = t.sts.RotateWithOverlap(t.accountOf(r.issuer), r.overlap)
	} else {
		err = t.sts.Rotate(t.accountOf(r.issuer), r.withdraw)
	}
	if err != nil {
		return err
	}
	return t.lookAtKeys(ctx, r.issuer)
}

// withdrawKeys withdraws all but those that sign.
type withdrawKeys struct{ issuer string }

func (w withdrawKeys) String() string { return w.issuer + " withdraws its old keys" }

func (w withdrawKeys) do(ctx context.Context, t *trial) error {
	t.oracle.keysMayGo(w.issuer)
	if err := t.sts.Withdraw(t.accountOf(w.issuer)); err != nil {
		return err
	}
	return t.lookAtKeys(ctx, w.issuer)
}

// lookAtKeys tells the oracle which keys an issuer has. It asks the management
// listener, so that it counts for no fetch and meets no fault.
func (t *trial) lookAtKeys(ctx context.Context, name string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, t.sts.ManagementURL+"/", nil)
	if err != nil {
		return fmt.Errorf("looking at keys: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("looking at keys: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	var overview struct {
		Accounts []struct {
			ID   string   `json:"id"`
			Kids []string `json:"published_key_ids"`
		} `json:"accounts"`
	}
	if err := json.NewDecoder(response.Body).Decode(&overview); err != nil {
		return fmt.Errorf("looking at keys: %w", err)
	}
	for _, each := range overview.Accounts {
		if each.ID != t.accountOf(name) {
			continue
		}
		var generations []int
		for _, kid := range each.Kids {
			_, number, _ := strings.Cut(kid, "_")
			n, err := strconv.Atoi(number)
			if err != nil {
				return fmt.Errorf("looking at keys: kid %q has no number", kid)
			}
			generations = append(generations, n)
		}
		t.oracle.published(name, generations)
		return nil
	}
	return fmt.Errorf("looking at keys: there is no account of %s", name)
}
