package caddymodule

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
)

// issuersProgress tells how far it is: on a terminal in one line that is written
// over, elsewhere, when that is asked for, in about twenty lines.
type issuersProgress struct {
	cmd      *cobra.Command
	terminal *terminal.Progress
	lines    bool
	told     int // the last of the twenty
}

func newIssuersProgress(cmd *cobra.Command) *issuersProgress {
	asked, _ := cmd.Flags().GetBool("progress")
	p := &issuersProgress{cmd: cmd, told: -1}
	if asked || !cmd.Flags().Changed("progress") {
		p.terminal = terminal.NewProgress(cmd.ErrOrStderr(), os.Getenv)
	}
	p.lines = asked && p.terminal == nil
	return p
}

func (p *issuersProgress) show(done, total int) {
	if total == 0 {
		p.terminal.Show(fmt.Sprintf("listing accounts: %d", done))
		return
	}
	text := fmt.Sprintf("%d of %s", done, terminal.Plural(total, "account"))
	p.terminal.Show(text)
	if step := done * 20 / total; p.lines && step > p.told {
		p.told = step
		p.cmd.PrintErrln(text)
	}
}

func (p *issuersProgress) clear() { p.terminal.Clear() }
