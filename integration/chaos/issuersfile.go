package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
)

// damage is what is wrong with a version of the issuers file.
type damage string

const (
	noDamage   damage = ""
	cutOff     damage = "cut off"
	emptied    damage = "empty"
	misspelt   damage = "a misspelt member"
	twice      damage = "an issuer that the Caddyfile has, too"
	badAccount damage = "a bad account"
)

var damages = []damage{cutOff, emptied, misspelt, twice, badAccount}

// issuersText is a version of the issuers file. A bad one would let more pass
// than a good one, if it were read in part: it lacks nobody.
func (p places) issuersText(missing string, d damage) ([]byte, error) {
	type entry map[string]any
	var entries []entry
	for _, i := range p.issuers {
		if i.source == inFile && (i.name != missing || d != noDamage) {
			entries = append(entries, entry{"url": i.url(p.base), "accounts": []string{i.account}})
		}
	}
	last := entries[len(entries)-1]
	switch d {
	case misspelt:
		last["acounts"] = last["accounts"]
	case twice:
		entries = append(entries, entry{"url": p.issuers[1].url(p.base)})
	case badAccount:
		last["accounts"] = []string{"1234"}
	default:
	}
	text, err := json.MarshalIndent(entries, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the issuers file: %w", err)
	}
	switch d {
	case cutOff:
		text = text[:len(text)*2/3]
	case emptied:
		text = nil
	default:
	}
	return text, nil
}

// writeIssuers puts a version in place as a whole.
func (p places) writeIssuers(missing string, d damage) error {
	text, err := p.issuersText(missing, d)
	if err != nil {
		return err
	}
	if err := os.WriteFile(p.issuersFile+".new", text, 0o600); err != nil {
		return fmt.Errorf("writing the issuers file: %w", err)
	}
	if err := os.Rename(p.issuersFile+".new", p.issuersFile); err != nil {
		return fmt.Errorf("writing the issuers file: %w", err)
	}
	return nil
}

// writeFile puts a version of the issuers file in place.
type writeFile struct {
	missing string // the issuer that it lacks
	damage  damage
}

func (w writeFile) String() string {
	switch {
	case w.damage != noDamage:
		return "the issuers file becomes bad: " + string(w.damage)
	case w.missing != "":
		return "the issuers file loses " + w.missing
	}
	return "the issuers file becomes good and whole"
}

func (w writeFile) do(_ context.Context, t *trial) error {
	t.journal.clear("file")
	if w != (writeFile{}) {
		t.journal.set("file", w.String())
	}
	if w.damage != noDamage {
		t.oracle.fileIsBad()
		return t.writeIssuers(w.missing, w.damage)
	}
	t.oracle.fileMay(w.missing)
	if err := t.writeIssuers(w.missing, w.damage); err != nil {
		return err
	}
	t.oracle.fileIs()
	return nil
}
