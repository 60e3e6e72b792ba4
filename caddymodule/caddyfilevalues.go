package caddymodule

import (
	"strconv"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

func readList[S ~string](d *caddyfile.Dispenser, into *[]S) error {
	values := d.RemainingArgs()
	if len(values) == 0 {
		return errArguments
	}
	for _, value := range values {
		*into = append(*into, S(value))
	}
	return nil
}

func readText(d *caddyfile.Dispenser, into *string) error {
	if !d.AllArgs(into) {
		return errArguments
	}
	if *into == "" {
		return d.Err("the value is empty")
	}
	return nil
}

func readFlag(d *caddyfile.Dispenser, into *bool) error {
	if d.NextArg() {
		return errArguments
	}
	*into = true
	return nil
}

func readDuration(d *caddyfile.Dispenser, into **caddy.Duration) error {
	var text string
	if !d.AllArgs(&text) {
		return errArguments
	}
	parsed, err := caddy.ParseDuration(text)
	if err != nil {
		return d.Errf("%q is not a duration such as 30s or 15m", text)
	}
	duration := caddy.Duration(parsed)
	*into = &duration
	return nil
}

func readSwitch(d *caddyfile.Dispenser, into **bool) error {
	var text string
	if !d.AllArgs(&text) {
		return errArguments
	}
	if text != "on" && text != "off" {
		return d.Errf("%q is neither on nor off; write one of them", text)
	}
	on := text == "on"
	*into = &on
	return nil
}

// readNumber reads a number above 0; unit, which may be "", may stand behind it.
func readNumber(d *caddyfile.Dispenser, what, unit string, into *int) error {
	var text string
	if !d.AllArgs(&text) {
		return errArguments
	}
	n, err := strconv.Atoi(strings.TrimSuffix(text, unit))
	if err != nil || n <= 0 {
		return d.Errf("%s, not %q", what, text)
	}
	*into = n
	return nil
}

func readWord[S ~string](d *caddyfile.Dispenser, into *S) error {
	var text string
	if err := readText(d, &text); err != nil {
		return err
	}
	*into = S(text)
	return nil
}
