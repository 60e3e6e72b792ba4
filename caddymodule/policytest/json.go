package policytest

import (
	"fmt"
	"io"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
)

// JSON writes the report as one document: a [Report], indented. Characters that
// a terminal would obey or turn round are escaped.
func (r *Report) JSON(w io.Writer) error {
	if err := terminal.WriteJSON(w, r); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}
