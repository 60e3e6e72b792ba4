package organization

import (
	"context"
	"errors"
	"sync"
)

// Survey asks about accounts, several at once.
type Survey struct {
	AWS      AWS
	Parallel int               // how many at once, at least 1
	Known    map[string]string // the issuers of accounts that need not be asked

	// Done is told of each result, one at a time, in the order in which they come.
	// An error of it ends the survey.
	Done func(Result) error
}

// Run asks about the accounts, and returns the results in their order. Once the
// context ends, or the caller's own credentials are no good, no further account
// is asked, and the error comes with the results that there are.
func (s *Survey) Run(ctx context.Context, accounts []Account) ([]Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	answers := make(chan numbered)
	go s.ask(ctx, accounts, answers)
	results := make([]*Result, len(accounts))
	for each := range answers {
		if context.Cause(ctx) != nil && each.Fault != nil {
			continue // it failed because the survey ended
		}
		result := each.Result
		results[each.n] = &result
		if err := s.Done(result); err != nil {
			cancel(err)
		}
		if result.Fault != nil && result.Fault.Caller {
			cancel(result.Fault)
		}
	}
	var found []Result
	for _, each := range results {
		if each != nil {
			found = append(found, *each)
		}
	}
	return found, context.Cause(ctx)
}

type numbered struct {
	n int
	Result
}

// ask has workers ask about the accounts, until there are no more or the context
// ends, and closes answers.
func (s *Survey) ask(ctx context.Context, accounts []Account, answers chan<- numbered) {
	defer close(answers)
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(s.Parallel, len(accounts)) {
		workers.Go(func() {
			for n := range next {
				answers <- numbered{n, s.about(ctx, accounts[n])}
			}
		})
	}
	defer workers.Wait()
	defer close(next)
	for n := range accounts {
		select {
		case next <- n:
		case <-ctx.Done():
			return
		}
	}
}

func (s *Survey) about(ctx context.Context, account Account) Result {
	if issuer, ok := s.Known[account.ID]; ok {
		return Result{Account: account, Issuer: issuer, Known: true}
	}
	issuer, err := s.AWS.Issuer(ctx, account.ID)
	var fault *CallError
	switch {
	case errors.Is(err, ErrDisabled):
		return Result{Account: account, Disabled: true}
	case errors.As(err, &fault):
		return Result{Account: account, Fault: fault}
	case err != nil:
		return Result{Account: account, Fault: newFault(callInfo, "", err)}
	}
	if err := checkIssuer(issuer); err != nil {
		return Result{Account: account, Fault: &CallError{
			Call: callInfo, Code: codeBadIssuer, Message: err.Error(),
			Remedy: "see what iam get-outbound-web-identity-federation-info says there; it is no issuer that a gateway takes",
		}}
	}
	return Result{Account: account, Issuer: issuer}
}
