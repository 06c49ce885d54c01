package desk

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
)

// Account is everything about one Oxen account: what it has, what it is owed, what it got, and what
// to do next.
type Account struct {
	Oxen     string       `json:"oxen"` // the standard address
	Account  swap.Account `json:"account"`
	Reduced  bool         `json:"reduced"`  // an integrated address was given
	Entitled bool         `json:"entitled"` // its claim is recorded without a proof of coins
	Balances []Balance    `json:"balances"` // in snapshots that programmes read, by height: the named one and the last 100
	Statement
	Paid      swap.Sesh  `json:"paid"`    // of what was given, in final blocks
	Payable   swap.Sesh  `json:"payable"` // given by rounds that are live on chain, and not paid yet
	Lines     []Given    `json:"lines"`   // what rounds gave it, with where that stands
	Claim     *Claim     `json:"claim"`   // in force; null: none
	Proofs    []Proof    `json:"proofs"`
	NextSteps []NextStep `json:"next"`   // what is missing, in order
	Causes    []Cause    `json:"causes"` // why nothing is found; empty when something is owed or could be
	ClaimBy   time.Time  `json:"claim_by"`
	CollectBy *time.Time `json:"collect_by"` // the distributor's closing as deployed; null: not deployed yet
	NextRate  *RateStep  `json:"next_step"`  // the next date from which coins convert at another rate; null: none
	Basis     Basis      `json:"-"`
}

// Balance is what an account has in a snapshot, in atomic OXEN.
type Balance struct {
	Height  uint64              `json:"height"`
	Status  swap.SnapshotStatus `json:"status"`
	Named   bool                `json:"named"` // the snapshot at which stake, rewards and coins convert
	Staked  swap.Oxen           `json:"staked"`
	Rewards swap.Oxen           `json:"rewards"`
}

// NextStep is something that has to happen before the account has everything. Values are stable.
type NextStep string

// The steps.
const (
	NextOpening    NextStep = "opening"    // the migration is not open yet
	NextClosed     NextStep = "closed"     // claims are not taken any more
	NextSnapshot   NextStep = "snapshot"   // a snapshot has to be taken or become final
	NextProve      NextStep = "prove"      // without a proof of coins the account's claim is not taken
	NextMayProve   NextStep = "may-prove"  // coins that were never staked can be proved
	NextJudge      NextStep = "judge"      // a proof waits for its verdict: coins must not be moved
	NextClaim      NextStep = "claim"      // a line has to be signed and handed in
	NextRound      NextStep = "round"      // the next round will give it
	NextApproval   NextStep = "approval"   // a round that gives it has to be approved
	NextActivation NextStep = "activation" // a round that gives it has to go live on chain
	NextCollect    NextStep = "collect"    // it will be pushed, or can be collected
	NextNothing    NextStep = "nothing"    // all of it is paid
)

// Cause is why nothing may be found for an address; stable, for programs.
type Cause string

// The causes.
const (
	CauseNoSnapshot    Cause = "no-snapshot"    // none is taken yet
	CauseExchange      Cause = "exchange"       // coins at an exchange are the exchange's
	CauseOtherWallet   Cause = "other-wallet"   // the wallet is newer, or another one staked
	CauseAfterSnapshot Cause = "after-snapshot" // it shows up only in snapshots after the one that counts
	CauseNeverStaked   Cause = "never-staked"   // coins that were never staked show only in a proof of coins
	CauseUnfunded      Cause = "unfunded"       // stakes in nodes that were not funded do not count
)

// mostBalances bounds the list of an account's balances.
const mostBalances = 100

// ReadOxen reads an Oxen address as people paste it, with spaces or line breaks. An integrated one
// is reduced to its standard address. Errors are *swap.Refusal, also for a subaddress, which cannot
// be traced to its wallet.
func (d *Desk) ReadOxen(oxen string) (address cryptonote.Address, reduced bool, err error) {
	address, err = swap.ParseOxen(d.terms, strings.Join(strings.Fields(oxen), ""))
	return address.Standard(), address.Kind == cryptonote.Integrated, err
}

// Lookup answers everything about the account of an Oxen address. Errors are *swap.Refusal for what
// is no address of the migration's network, and *RetryLater.
func (d *Desk) Lookup(ctx context.Context, oxen string) (*Account, error) {
	address, reduced, err := d.ReadOxen(oxen)
	if err != nil {
		return nil, err
	}
	out := &Account{Oxen: address.String(), Account: swap.AccountOf(address), Reduced: reduced}
	now := d.now()
	var claim *swap.Claim
	out.Basis.size, err = d.view(ctx, func(t swap.Tables, m swap.Migration) error {
		*out = Account{Oxen: out.Oxen, Account: out.Account, Reduced: reduced}
		latest, err := t.LatestClaim(out.Account)
		if err == nil {
			claim = &latest
		} else if !errors.Is(err, swap.ErrNotFound) {
			return err
		}
		return d.fill(out, t, m, claim, now)
	})
	if err != nil {
		return nil, err
	}
	if claim != nil {
		if out.Claim, err = d.claim(ctx, *claim); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (d *Desk) fill(out *Account, t swap.Tables, m swap.Migration, claim *swap.Claim, now time.Time) error {
	balances, err := t.AccountBalances(out.Account)
	if err != nil {
		return err
	}
	proofs, err := t.AccountProofs(out.Account)
	if err != nil {
		return err
	}
	if out.Entitled, err = swap.Entitled(t, m.Terms, out.Account); err != nil {
		return err
	}
	if out.Statement, err = StateOwed(t, m, out.Account, d.shares.points); err != nil {
		return err
	}
	if out.Lines, err = d.given(t, out.Account); err != nil {
		return err
	}
	named := namedHeight(&m)
	out.Balances = viewBalances(balances, m.Terms, named)
	out.Proofs = []Proof{}
	for _, p := range proofs {
		out.Proofs = append(out.Proofs, d.viewProof(p))
	}
	out.Basis.subject = []uint32{accountSlot(out.Account)}
	for _, l := range out.Lines {
		out.Basis.subject = append(out.Basis.subject, recipientSlot(l.Recipient))
		switch l.State {
		case StatePaid:
			out.Paid += l.Amount
		case StatePayable:
			out.Payable += l.Amount
		}
	}
	out.ClaimBy = m.Closes.UTC()
	out.Basis.until = boundary(now, m.Terms.Opens, m.Closes.Add(time.Nanosecond))
	if m.Distributor != nil {
		at := time.Unix(int64(m.Distributor.ClosesAt), 0).UTC()
		out.CollectBy = &at
	}
	if p, ok := m.Terms.CoinsProgramme(); ok {
		for _, s := range p.Steps {
			if s.From.After(now) {
				out.NextRate = &RateStep{s.From.UTC(), s.Factor.String()}
				out.Basis.until = boundary(now, out.Basis.until, s.From)
				break
			}
		}
	}
	if slices.ContainsFunc(proofs, func(p swap.Proof) bool { return p.Status == swap.ReceivedProof }) {
		out.Basis.until = boundary(now, out.Basis.until, now.Add(time.Second)) // the queue moves without the ledger
	}
	snapshots, err := t.Snapshots()
	if err != nil {
		return err
	}
	_, err = swap.CoinsSnapshot(t, m)
	if err != nil && !errors.As(err, new(*swap.ProofRefusal)) {
		return err
	}
	out.NextSteps = nextSteps(out, &m, claim != nil, err == nil, now)
	out.Causes = causes(out, &m, balances, named, snapshots)
	return nil
}

// boundary is the first of some instants that is after now; zero: none is.
func boundary(now time.Time, instants ...time.Time) (first time.Time) {
	for _, at := range instants {
		if at.After(now) && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// namedHeight is the height at which stake, rewards and coins convert: of the snapshot that counts
// once that is fixed, else the one that the terms name. 0: nothing converts.
func namedHeight(m *swap.Migration) uint64 {
	for i := range m.Terms.Programmes {
		p := &m.Terms.Programmes[i]
		switch p.Kind {
		case swap.ConvertStake, swap.ConvertRewards, swap.ConvertCoins:
			if heights := m.Settled[p.Name]; len(heights) > 0 {
				return heights[0]
			}
			return p.SnapshotHeight
		}
	}
	return 0
}

func viewBalances(balances []swap.HeightBalance, terms *swap.Terms, named uint64) []Balance {
	out := []Balance{}
	for _, b := range slices.Backward(balances) {
		if b.Status == swap.DiscardedSnapshot || !terms.Reads(b.Height) || len(out) >= mostBalances && b.Height != named {
			continue
		}
		out = append(out, Balance{b.Height, b.Status, b.Height == named, b.Staked, b.Rewards})
	}
	slices.Reverse(out)
	return out
}

// nextSteps says what is missing to get everything. coins says that proofs of coins are taken.
func nextSteps(a *Account, m *swap.Migration, claimed, coins bool, now time.Time) []NextStep {
	out := []NextStep{}
	add := func(s NextStep, needed bool) {
		if needed && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	open := !now.Before(m.Terms.Opens) && !now.After(m.Closes)
	proving, counted := false, false
	for _, p := range a.Proofs {
		proving = proving || p.Status == swap.ReceivedProof
		counted = counted || p.Status == swap.AcceptedProof
	}
	waiting := slices.ContainsFunc(a.Programmes, func(o Owed) bool { return o.Waiting && (o.Kind != swap.ConvertDeposits && o.Kind != swap.Grant) })
	add(NextOpening, now.Before(m.Terms.Opens))
	add(NextClosed, now.After(m.Closes) && !claimed && a.Entitled)
	add(NextJudge, proving)
	add(NextClaim, open && !claimed && a.Entitled)
	add(NextProve, open && coins && !claimed && !a.Entitled && !proving)
	add(NextMayProve, open && coins && (claimed || a.Entitled) && !proving && !counted)
	add(NextSnapshot, waiting && (claimed || a.Entitled || counted || !coins))
	add(NextRound, claimed && a.Total > a.Given+underway(a.Lines))
	for _, l := range a.Lines {
		switch l.State {
		case StateBuilt:
			add(NextApproval, true)
		case StateApproved, StateSending, StatePending:
			add(NextActivation, true)
		case StatePayable:
			add(NextCollect, true)
		}
	}
	add(NextNothing, len(out) == 0 && a.Paid > 0)
	return out
}

// underway is what a round that is not approved yet would give.
func underway(lines []Given) (sum swap.Sesh) {
	for _, l := range lines {
		if l.State == StateBuilt {
			sum += l.Amount
		}
	}
	return sum
}

// causes explains why nothing is found.
func causes(
	a *Account, m *swap.Migration, balances []swap.HeightBalance, named uint64, snapshots []swap.Snapshot,
) []Cause {
	out := []Cause{}
	if a.Total > 0 || a.Given > 0 || a.Entitled || len(a.Proofs) > 0 {
		return out
	}
	read := func(height uint64, status swap.SnapshotStatus) bool {
		return status != swap.DiscardedSnapshot && m.Terms.Reads(height)
	}
	if !slices.ContainsFunc(snapshots, func(s swap.Snapshot) bool { return read(s.Height, s.Status) }) {
		return append(out, CauseNoSnapshot)
	}
	if named > 0 && slices.ContainsFunc(balances, func(b swap.HeightBalance) bool { return b.Status != swap.DiscardedSnapshot && b.Height > named }) {
		out = append(out, CauseAfterSnapshot)
	}
	if _, coins := m.Terms.CoinsProgramme(); coins {
		out = append(out, CauseNeverStaked)
	}
	return append(out, CauseExchange, CauseOtherWallet, CauseUnfunded)
}
