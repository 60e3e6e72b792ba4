// Command mutants switches off one control of the gateway after the other, in a
// copy of the tree, and runs the attacks of its row: each must notice.
//
//	go run ./integration/mutants            # all; make mutants does this
//	go run ./integration/mutants -row H2,H3 # those of two rows
//	go run ./integration/mutants -write     # and write their lines of docs/threat-model.md
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

func main() {
	row := flag.String("row", "", "run the mutants of some rows of docs/threat-model.md alone, such as H2 or H1,H2")
	write := flag.Bool("write", false, "write the lines of these mutants in docs/threat-model.md")
	atOnce := flag.Int("at-once", min(2, runtime.NumCPU()), "how many mutants are tried at once, each in a copy of its own")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *row, *write, *atOnce)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

var errSurvivors = errors.New("controls can be switched off without anybody noticing")

func run(ctx context.Context, row string, write bool, atOnce int) error {
	root, err := stack.Root()
	if err != nil {
		return err
	}
	chosen := ofRow(mutants(), row)
	if len(chosen) == 0 {
		return fmt.Errorf("there is no mutant of row %q", row)
	}
	copies, err := newCopies(ctx, root, atOnce)
	if err != nil {
		return err
	}
	defer copies.remove()
	if err := copies.each[0].prove(ctx, chosen); err != nil {
		return err
	}
	outcomes, err := copies.tryAll(ctx, chosen)
	if err != nil {
		return err
	}
	if write {
		if err := writePage(filepath.Join(root, page), outcomes); err != nil {
			return err
		}
	}
	survivors := 0
	for _, o := range outcomes {
		if o.noticedBy == "" {
			survivors++
			fmt.Printf("SURVIVED: %s, %s\n", o.row, o.control)
		}
	}
	fmt.Printf("%d mutants, %d noticed, %d survived\n", len(outcomes), len(outcomes)-survivors, survivors)
	if survivors > 0 {
		return errSurvivors
	}
	return nil
}

func ofRow(all []mutant, row string) []mutant {
	var chosen []mutant
	for _, m := range all {
		if row == "" || slices.Contains(strings.Split(row, ","), m.row) {
			chosen = append(chosen, m)
		}
	}
	return chosen
}

// outcome is a mutant with what noticed it; "" is nothing.
type outcome struct {
	mutant
	noticedBy string
}
