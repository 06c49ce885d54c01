package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// claimAccepted has its signature verified by the backlog.
type claimAccepted struct {
	unchecked
	event *swap.ClaimAccepted
}

func (c *claimAccepted) alone(_ *examiner, x *examined) {
	x.count(countClaims, 1)
	x.claim = c.event
}

func (c *claimAccepted) after(r *replay, x *examined) error {
	r.claims.set(x.entry.Seq)
	if c.event.Code != r.terms.NotSeen() {
		r.report.notChecked(uncheckedCode, 1)
	}
	if c.event.Sequence == 0 {
		return r.checkLegacyClaim(c.event)
	}
	return nil
}

// claimRefused decides a refused claim again.
type claimRefused struct {
	unchecked
	event *swap.ClaimRefused
	claim *swap.Claim // nil: it is not signed well
}

func (c *claimRefused) alone(ex *examiner, x *examined) {
	e := c.event
	c.claim = ex.verify(x, swap.Claim{
		Text: e.Text, Signature: e.Signature, Oxen: e.Oxen, Account: e.Account, Recipient: e.Recipient,
		Sequence: e.Sequence,
	})
}

func (c *claimRefused) before(_ context.Context, r *replay, x *examined) error {
	if c.claim == nil {
		return nil
	}
	m, err := r.tables.Migration()
	if err != nil {
		return err
	}
	byFactory := c.event.Reason == swap.ReasonNetwork && !r.terms.Token.ContributionFactory.IsZero()
	var refusal *swap.Refusal
	switch err := swap.AdmitClaim(&r.tables, m, *c.claim, x.entry.Time); {
	case err == nil && c.event.Reason != swap.ReasonContract && !byFactory:
		return fmt.Errorf("it was refused (%s), and nothing speaks against it", c.event.Reason)
	case err == nil:
		return nil // no log holds what was seen at the recipient
	case !errors.As(err, &refusal):
		return err
	case refusal.Reason != c.event.Reason:
		return fmt.Errorf("it was refused for %q, the reason is %q", c.event.Reason, refusal.Reason)
	}
	return nil
}

// verify verifies a numbered claim against what its entry states, and gives nil after noting what
// is wrong. Accepted, refused or waiting for a proof: only a claim that is signed well becomes an
// entry.
func (ex *examiner) verify(x *examined, stated swap.Claim) *swap.Claim {
	c, err := swap.VerifyClaim(ex.terms, stated.Oxen, stated.Text, stated.Signature)
	if err != nil {
		x.wrong("%v", err)
		return nil
	}
	if c.Account != stated.Account || c.Recipient != stated.Recipient || c.Sequence != stated.Sequence ||
		c.Oxen != stated.Oxen || c.Text != stated.Text {
		x.wrong("the claim says something else than the entry's fields")
		return nil
	}
	x.count(countClaims, 1)
	return &c
}

type claimChecked struct {
	unchecked
	event *swap.ClaimChecked
}

func (c *claimChecked) alone(_ *examiner, x *examined) {
	var refusal *swap.Refusal // such an entry is made for a contract that appeared later
	if err := c.event.Code.Check(swap.EVMAddress{}); err != nil && !errors.As(err, &refusal) {
		x.wrong("%v", err)
	}
}

func (c *claimChecked) before(_ context.Context, r *replay, _ *examined) error {
	if !r.claims.has(c.event.Claim) {
		return fmt.Errorf("entry %d is not an accepted claim", c.event.Claim)
	}
	return nil
}

// legacyImported imports the file of legacy claims again.
type legacyImported struct {
	unchecked
	event *swap.LegacyImported
	file  []byte // nil: it is missing
	lines []swap.LegacyLine
}

// alone verifies the lines of the file on all cores.
func (c *legacyImported) alone(ex *examiner, x *examined) {
	if !x.complete {
		return
	}
	if c.file = ex.read(x, c.event.File); c.file == nil {
		return
	}
	lines := swap.SplitLines(c.file)
	c.lines = make([]swap.LegacyLine, len(lines))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(lines) {
					return
				}
				c.lines[i] = swap.VerifyLegacyLine(ex.terms, lines[i])
			}
		})
	}
	workers.Wait()
	x.count(countLegacy, len(lines))
}

// before keeps the claims that won, for the entries that follow.
func (c *legacyImported) before(_ context.Context, r *replay, x *examined) error {
	if c.file == nil {
		return nil
	}
	m, err := r.tables.Migration()
	if err != nil {
		return err
	}
	again, taken, err := swap.ImportLegacy(&r.tables, m, c.file, c.lines, x.entry.Time)
	if err != nil {
		return err
	}
	r.legacy = taken
	got, err := ledger.MarshalBody(c.event)
	if err != nil {
		return err
	}
	want, err := ledger.MarshalBody(&again)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("imported again, the file gives %s", want)
	}
	return nil
}

// checkLegacyClaim compares a legacy claim with the next one that won in the file.
func (r *replay) checkLegacyClaim(e *swap.ClaimAccepted) error {
	if len(r.legacy) == 0 {
		return errors.New("the legacy file has no such claim")
	}
	c := r.legacy[0]
	r.legacy = r.legacy[1:]
	if c.Oxen != e.Oxen || c.Text != e.Text || c.Signature != e.Signature || c.Recipient != e.Recipient ||
		c.Integrated != e.Integrated {
		return fmt.Errorf("the legacy file's next claim is of %s for %s", c.Oxen, c.Recipient)
	}
	return nil
}
