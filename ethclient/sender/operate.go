package sender

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"oxenswap/ethclient"
	"oxenswap/ethclient/sender/signer"
	"oxenswap/swap"
)

// ErrAlarm is wrapped by the error about events of the distributor that this ledger did not cause.
var ErrAlarm = errors.New("the chain differs from the ledger")

// operation is what an operation works with: the migration after the chain was read, and the distributor, if there is one.
type operation struct {
	*Sender
	m      swap.Migration
	signer signer.Signer
	at     common.Address   // the distributor
	state  *ethclient.State // of the newest block; empty before the deployment
	time   uint64           // of that block, Unix seconds
}

// begin does what comes before every operation: it checks that this is the right chain, token and distributor, records
// what happened there, refuses to go on after an alarm, and sees to it that whatever the key signed earlier is in a block.
// Pausing and cancelling must be possible whatever the chain and its nodes say, so nothing of that stops them.
func (s *Sender) begin(ctx context.Context, signer signer.Signer, purpose string) (*operation, error) {
	op := &operation{Sender: s, signer: signer, state: &ethclient.State{}}
	err := op.read(ctx, !stops(purpose))
	if err != nil && stops(purpose) && ctx.Err() == nil {
		err = op.goAlone(ctx, purpose, err)
	}
	if err != nil {
		return nil, err
	}
	if op.m, err = op.migration(ctx); err != nil {
		return nil, err
	}
	if err := alarms(op.m); err != nil && !stops(purpose) {
		return nil, err
	}
	if err := op.m.Config.Check(op.m.Terms); err != nil {
		return nil, fmt.Errorf("the settings in force: %w", err)
	}
	if signer != nil {
		if err := op.finishEarlier(ctx); err != nil {
			return nil, err
		}
		// What became final since the events were read has events too; without them it would seem not to have happened.
		if err := op.end(ctx); err != nil && !stops(purpose) {
			return nil, err
		}
	}
	return op, op.refresh(ctx)
}

// read looks whether this is the right chain, token and distributor, and records what happened there. The distributor's
// events come first: what somebody else proposed explains why our own proposal failed.
func (op *operation) read(ctx context.Context, roles bool) error {
	if _, err := op.identify(ctx, roles); err != nil {
		return err
	}
	if err := op.sync(ctx); err != nil {
		return err
	}
	return op.settle(ctx)
}

// refresh reads the distributor as it stands now.
func (op *operation) refresh(ctx context.Context) (err error) {
	if op.m.Distributor == nil {
		return nil
	}
	op.at = common.Address(op.m.Distributor.Address)
	if op.state, err = op.chain.Distributor(ctx, op.m.Distributor.Address, nil); err != nil {
		return err
	}
	block, err := op.chain.BlockAt(ctx, op.state.Block)
	op.time = block.Time
	return err
}

// finishEarlier waits until what the key signed before is in a block: nothing that it signs now could be earlier.
func (op *operation) finishEarlier(ctx context.Context) error {
	var earlier []swap.Intent
	from := swap.EVMAddress(op.signer.Address())
	if err := op.ledger.View(ctx, func(t swap.Tables, _ uint64) (err error) {
		earlier, err = openIntents(t, &from)
		return err
	}); err != nil {
		return err
	}
	err := op.follow(ctx, op.m, op.signer, untilIncluded, earlier...)
	if notDone(err) {
		return nil // it is recorded; what follows from it is for the operation that it belongs to
	}
	return err
}

// alarms is the error about what the chain says and this ledger did not cause.
func alarms(m swap.Migration) error {
	if len(m.Alarms) == 0 {
		return nil
	}
	var all []string
	for _, entry := range slices.Sorted(maps.Keys(m.Alarms)) {
		all = append(all, fmt.Sprintf("entry %d: %s", entry, m.Alarms[entry]))
	}
	return fmt.Errorf("%w: %s; cancel or pause if it was not you; sending goes on when a correction names the entry", ErrAlarm, strings.Join(all, "; "))
}

// end records what an operation changed, and returns the error about an alarm if that raised one.
func (op *operation) end(ctx context.Context) error {
	if op.alone {
		return nil
	}
	if err := op.sync(ctx); err != nil {
		return err
	}
	m, err := op.migration(ctx)
	if err != nil {
		return err
	}
	op.m = m
	return alarms(m)
}

// carry brings one intent to its final end: an open one is followed; otherwise prepare says what to sign.
func (op *operation) carry(ctx context.Context, purpose string, round uint64, prepare func(context.Context) (call, error)) error {
	last, err := op.newest(ctx, purpose, round)
	if err != nil {
		return err
	}
	intent := last.Intent
	if !last.found || !open(last.status) {
		intent = last.next
		c, err := prepare(ctx)
		if err != nil {
			return err
		}
		c.Intent = intent
		if err := op.submit(ctx, op.m, op.signer, c); err != nil {
			return err
		}
	}
	until := untilFinal
	if op.alone {
		until = untilMined
	}
	return op.follow(ctx, op.m, op.signer, until, intent)
}

// Propose puts an approved round's root forward, and returns when that is final. A round that is proposed or active
// already is left as it is.
func (s *Sender) Propose(ctx context.Context, signer signer.Signer, number uint64) (swap.Round, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.begin(ctx, signer, swap.PurposePropose)
	if err != nil {
		return swap.Round{}, err
	}
	return op.move(ctx, swap.PurposePropose, number, []swap.RoundStatus{swap.ProposedRound, swap.ActiveRound}, func(r swap.Round) (call, error) {
		if err := op.mustBe("publisher", op.state.Publisher); err != nil {
			return call{}, err
		}
		c, err := op.proposal(ctx, r)
		if err != nil {
			return c, err
		}
		if err := op.mustBeApproved(ctx, swap.Intent{Purpose: swap.PurposePropose, Round: r.Round, Plan: 1}, r); err != nil {
			return c, err
		}
		return c, op.mustAgree(ctx)
	})
}

// proposal checks everything that can be checked about a proposal before it is signed.
func (op *operation) proposal(ctx context.Context, r swap.Round) (call, error) {
	if r.Status != swap.ApprovedRound {
		return call{}, fmt.Errorf("round %d is %s: only an approved one is proposed (`oxenswap round approve %d`)", r.Round, r.Status, r.Round)
	}
	if p := op.state.Pending; p.Round != 0 {
		return call{}, fmt.Errorf("round %d is pending on chain: activate or cancel it first", p.Round)
	}
	tree, err := op.tree(r)
	if err != nil {
		return call{}, err
	}
	total := wei(r.Total)
	if got := tree.Total().ToBig(); got.Cmp(total) != 0 {
		return call{}, fmt.Errorf("the leaves of round %d come to %s atomic SESH, the round says %s", r.Round, got, r.Total)
	}
	if err := op.state.Covers(r.Total); err != nil {
		return call{}, fmt.Errorf("round %d: %w (`oxenswap chain fund --round %d`)", r.Round, err, r.Round)
	}
	size := r.Approved + 1
	root, err := op.ledger.RootAt(ctx, size)
	if err != nil {
		return call{}, fmt.Errorf("root of the ledger at the approval of round %d: %w", r.Round, err)
	}
	return call{to: &op.at, data: distributorABI.PackPropose(r.Round, r.Root, total, size, root)}, nil
}

// mustBe refuses a key that does not have a role.
func (op *operation) mustBe(role string, holder swap.EVMAddress) error {
	if a := swap.EVMAddress(op.signer.Address()); a != holder {
		return fmt.Errorf("the key is that of %s, the distributor's %s is %s: give the right keystore in the configuration", a, role, holder)
	}
	return nil
}

// Activate makes a pending root the live one once its delay is over, and returns when that is final. Any key may sign.
// Number 0 means the pending round.
func (s *Sender) Activate(ctx context.Context, signer signer.Signer, number uint64) (swap.Round, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.begin(ctx, signer, swap.PurposeActivate)
	if err != nil {
		return swap.Round{}, err
	}
	if number, err = op.pendingOr(ctx, number); err != nil {
		return swap.Round{}, err
	}
	return op.move(ctx, swap.PurposeActivate, number, []swap.RoundStatus{swap.ActiveRound}, func(r swap.Round) (call, error) {
		if err := op.mustBePending(r); err != nil {
			return call{}, err
		}
		if op.state.Paused {
			return call{}, errors.New("the distributor is paused: the owner must unpause it first")
		}
		if at := op.state.ActivatesAt; at > op.time {
			return call{}, fmt.Errorf("round %d can be activated from %s on, and the chain's clock says %s: run the command again then",
				r.Round, unix(at), unix(op.time))
		}
		return call{to: &op.at, data: distributorABI.PackActivate()}, nil
	})
}

// Cancel withdraws the pending root of a round, whether this ledger built it or not, and returns when that is final. The
// guardian signs. A round that is cancelled already is left as it is.
func (s *Sender) Cancel(ctx context.Context, signer signer.Signer, number uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.begin(ctx, signer, swap.PurposeCancel)
	if err != nil {
		return err
	}
	if op.m.Distributor == nil {
		return errNoDistributor
	}
	if op.state.Pending.Round == number || op.opens(ctx, swap.PurposeCancel, number) {
		sent := op.carry(ctx, swap.PurposeCancel, number, func(context.Context) (call, error) {
			return call{to: &op.at, data: distributorABI.PackCancel()}, op.mustBe("guardian", op.state.Guardian)
		})
		if sent != nil && !notDone(sent) {
			return sent
		}
		if err := errors.Join(op.end(ctx), op.refresh(ctx)); err != nil && !errors.Is(err, ErrAlarm) {
			return errors.Join(sent, err)
		}
		if op.state.Pending.Round == number {
			return fmt.Errorf("round %d is still pending: %w", number, sent)
		}
		if op.alone {
			return nil
		}
	}
	switch r, err := op.round(ctx, number); {
	case err != nil:
		return op.cancelledElsewhere(ctx, number, err)
	case r.Status != swap.CancelledRound:
		return fmt.Errorf("round %d is %s and not pending on chain (`oxenswap chain status`)", number, r.Status)
	}
	return nil
}

// cancelledElsewhere is the outcome for a root that this ledger did not build: it is cancelled when our transaction was.
func (op *operation) cancelledElsewhere(ctx context.Context, number uint64, unknown error) error {
	last, err := op.newest(ctx, swap.PurposeCancel, number)
	if err == nil && last.status == swap.FinalizedAttempt {
		return nil
	}
	return errors.Join(unknown, err)
}

// pendingOr is a round's number, or that of the pending one, or of the live one if none is pending.
func (op *operation) pendingOr(ctx context.Context, number uint64) (uint64, error) {
	switch {
	case number != 0:
		return number, nil
	case op.m.Distributor == nil:
		return 0, errNoDistributor
	case op.state.Pending.Round != 0:
		return op.state.Pending.Round, nil
	case op.state.Live.Round != 0:
		return op.state.Live.Round, nil
	}
	return 0, errors.New("no round is pending: `oxenswap chain propose` comes first")
}

func (op *operation) mustBePending(r swap.Round) error {
	p := op.state.Pending
	switch {
	case p.Round != r.Round:
		return fmt.Errorf("round %d is %s and not pending on chain (`oxenswap chain status`)", r.Round, r.Status)
	case p.Root != r.Root:
		return fmt.Errorf("root 0x%s is pending on chain as round %d, and this ledger built 0x%s: do not activate it, cancel it", p.Root, r.Round, r.Root)
	}
	return nil
}

// move brings a round to one of the wanted statuses. What counts in the end is what the distributor's final events say:
// the round may get there by somebody else's transaction.
func (op *operation) move(ctx context.Context, purpose string, number uint64, want []swap.RoundStatus, prepare func(swap.Round) (call, error)) (swap.Round, error) {
	if op.m.Distributor == nil {
		return swap.Round{}, errNoDistributor
	}
	r, err := op.round(ctx, number)
	if err != nil {
		return r, err
	}
	there := func() bool {
		// A round is "proposed" from the signature on; it has arrived when the chain says so too.
		return slices.Contains(want, r.Status) && (r.Status != swap.ProposedRound || op.state.Pending.Round == number && !op.opens(ctx, purpose, number))
	}
	if there() {
		return r, nil
	}
	sent := op.carry(ctx, purpose, number, func(context.Context) (call, error) { return prepare(r) })
	if sent != nil && !notDone(sent) {
		return r, sent
	}
	if err := op.end(ctx); err != nil {
		return r, errors.Join(sent, err)
	}
	if err := op.refresh(ctx); err != nil {
		return r, errors.Join(sent, err)
	}
	if r, err = op.round(ctx, number); err != nil {
		return r, err
	}
	switch {
	case there():
		return r, nil
	case sent != nil:
		return r, fmt.Errorf("round %d is %s: %w", number, r.Status, sent)
	}
	return r, fmt.Errorf("the transaction to %s round %d is final, and the ledger has it as %s: look at `oxenswap chain status`", purpose, number, r.Status)
}

// opens reports whether an intent for the purpose may still do something.
func (op *operation) opens(ctx context.Context, purpose string, number uint64) bool {
	last, err := op.newest(ctx, purpose, number)
	return err != nil || last.found && open(last.status)
}

// Pause stops claims and activation. The guardian signs.
func (s *Sender) Pause(ctx context.Context, signer signer.Signer) error {
	return s.setPaused(ctx, signer, swap.PurposePause, true)
}

// Unpause lets them go on. Only on a development chain: elsewhere the owner's acts are signed with the owner's own wallet,
// the error says so, and signer may be nil.
func (s *Sender) Unpause(ctx context.Context, signer signer.Signer) error {
	return s.setPaused(ctx, signer, swap.PurposeUnpause, false)
}

func (s *Sender) setPaused(ctx context.Context, signer signer.Signer, purpose string, want bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.begin(ctx, signer, purpose)
	if err != nil {
		return err
	}
	if op.m.Distributor == nil {
		return errNoDistributor
	}
	last, err := op.newest(ctx, purpose, 0)
	if err != nil {
		return err
	}
	if op.state.Paused == want && !(last.found && open(last.status)) {
		return nil
	}
	sent := op.carry(ctx, purpose, 0, func(context.Context) (call, error) {
		if want {
			return call{to: &op.at, data: distributorABI.PackPause()}, op.mustBe("guardian", op.state.Guardian)
		}
		if err := op.mustBeDevelopment("unpause it"); err != nil {
			return call{}, err
		}
		return call{to: &op.at, data: distributorABI.PackUnpause()}, op.mustBe("owner", op.state.Owner)
	})
	if err := errors.Join(op.end(ctx), op.refresh(ctx)); err != nil && !errors.Is(err, ErrAlarm) {
		return errors.Join(sent, err)
	}
	if op.state.Paused == want {
		return nil
	}
	if sent == nil {
		sent = fmt.Errorf("the distributor was paused or unpaused by somebody else meanwhile: look at `oxenswap chain status`")
	}
	return sent
}

var errNoDistributor = errors.New("there is no distributor yet: `oxenswap chain deploy` comes first")

// mustBeDevelopment refuses the owner's acts where real money is.
func (op *operation) mustBeDevelopment(what string) error {
	if op.m.Terms.DevelopmentChain() {
		return nil
	}
	return fmt.Errorf("on chain %d the owner must %s with the owner's own wallet: this program signs for the owner on a development chain only; `oxenswap chain safe-export` writes the call for a Safe", op.m.Terms.Token.ChainID, what)
}

func unix(seconds uint64) string {
	return time.Unix(int64(seconds), 0).UTC().Format(time.RFC3339)
}
