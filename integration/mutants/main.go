// Command mutants switches off one control of the gateway after the other, in a
// copy of the tree, and runs the attacks of its row: each must notice.
//
//	go run ./integration/mutants            # all; make mutants does this
//	go run ./integration/mutants -row H2,H3 # those of two rows
//	go run ./integration/mutants -write     # all, and write the table of docs/threat-model.md
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

func main() {
	row := flag.String("row", "", "run the mutants of some rows of docs/threat-model.md alone, such as H2 or H1,H2")
	write := flag.Bool("write", false, "write the table of docs/threat-model.md")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *row, *write)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

var errSurvivors = errors.New("controls can be switched off without anybody noticing")

func run(ctx context.Context, row string, write bool) error {
	if write && row != "" {
		return errors.New("-write is for all rows: leave out -row")
	}
	root, err := stack.Root()
	if err != nil {
		return err
	}
	chosen := ofRow(mutants(), row)
	if len(chosen) == 0 {
		return fmt.Errorf("there is no mutant of row %q", row)
	}
	c, err := newCopy(ctx, root)
	if err != nil {
		return err
	}
	defer c.remove()
	if err := c.prove(ctx, chosen); err != nil {
		return err
	}
	outcomes, survivors, err := runAll(ctx, c, chosen)
	if err != nil {
		return err
	}
	if write {
		if err := writePage(filepath.Join(root, page), outcomes); err != nil {
			return err
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

func runAll(ctx context.Context, c *workingCopy, chosen []mutant) (outcomes []outcome, survivors int, err error) {
	for n, m := range chosen {
		began := time.Now()
		noticedBy, err := c.try(ctx, m)
		if err != nil {
			return nil, 0, err
		}
		verdict := "noticed by " + noticedBy
		if noticedBy == "" {
			survivors++
			verdict = "SURVIVED"
		}
		fmt.Printf("%3d/%d  %-3s %-60s %s (%v)\n", n+1, len(chosen), m.row, m.control, verdict, time.Since(began).Round(time.Second))
		outcomes = append(outcomes, outcome{m, noticedBy})
	}
	return outcomes, survivors, nil
}
