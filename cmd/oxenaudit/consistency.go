package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"oxenswap/audit"
	"oxenswap/audit/follow"
	"oxenswap/cmd/internal/cli"
)

// consistencyAnswer is what `consistency --json` prints; keys are only added.
type consistencyAnswer struct {
	Consistent bool   `json:"consistent"`
	Problem    string `json:"problem"`
	Old        *head  `json:"old"`
	New        *head  `json:"new"`
	First      *int64 `json:"first_difference"` // entry; null: none, or not known without two exports
}

func newConsistency(stdout io.Writer) *cobra.Command {
	var a anchors
	var asJSON bool
	c := &cobra.Command{
		Use:   "consistency OLD NEW --key VKEY",
		Short: "Check that a log only grew between two states of it",
		Long: `Check that a log only grew between two states of it. Each is an export (a folder, or an http or https URL) or a file with a
signed checkpoint; two checkpoints of different sizes need an export for NEW. That reads a few tiles, not the log.`,
		Args: cli.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			key, witnesses, err := a.read()
			if err != nil {
				return err
			}
			now, doneNow, err := openState(c.Context(), args[1], key, witnesses, nil)
			if err != nil {
				return err
			}
			defer doneNow()
			old, done, err := openState(c.Context(), args[0], key, nil, now) // it may be older than the witnesses, and than the key
			if err != nil {
				return err
			}
			defer done()
			answer := consistencyAnswer{Old: newHead(old.Checkpoint), New: newHead(now.Checkpoint)}
			problem, err := answer.compare(old, now)
			if err != nil {
				return err
			}
			return answer.print(stdout, asJSON, problem)
		},
	}
	a.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print the answer as JSON")
	return c
}

// compare finds out what is wrong, if anything.
func (a *consistencyAnswer) compare(old, now *state) (problem, err error) {
	switch {
	case now.log != nil:
		problem = now.log.Extends(old.Checkpoint)
	case old.N > now.N:
		problem = &follow.Violation{Kind: follow.Shrunk, Old: old.Checkpoint, New: now.Checkpoint}
	case old.N < now.N:
		return nil, cli.Usage("a checkpoint alone cannot show that one of fewer entries is its beginning: " +
			"give an export for NEW")
	case old.Tree != now.Tree:
		problem = &follow.Violation{Kind: follow.Fork, Old: old.Checkpoint, New: now.Checkpoint}
	}
	if problem != nil && !errors.As(problem, new(*follow.Violation)) {
		return nil, problem
	}
	if problem == nil || old.log == nil || now.log == nil {
		return problem, nil
	}
	first, err := follow.FirstDifference(old.log, now.log, min(old.N, now.N))
	if err == nil && first < min(old.N, now.N) {
		a.First = &first
		problem = fmt.Errorf("%w; entry %d is the first that differs", problem, first)
	}
	return problem, err
}

func (a *consistencyAnswer) print(stdout io.Writer, asJSON bool, problem error) error {
	a.Consistent = problem == nil
	verdict := fmt.Sprintf("the log only grew, by %d entries", a.New.Entries-a.Old.Entries)
	if a.New.Entries == a.Old.Entries {
		verdict = "both are the same state of the log"
	}
	if problem != nil {
		a.Problem = audit.Printable(problem.Error())
		verdict = a.Problem
	}
	if asJSON {
		return answered(cli.WriteJSON(stdout, a), a.Consistent)
	}
	_, err := fmt.Fprintf(stdout, "%s\nold: %d entries, root %s\nnew: %d entries, root %s\nconsistency: %s\n",
		audit.Printable(a.New.Origin), a.Old.Entries, a.Old.Root, a.New.Entries, a.New.Root, verdict)
	return answered(err, a.Consistent)
}
