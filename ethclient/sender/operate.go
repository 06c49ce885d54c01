package sender

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"oxenswap/ethclient"
	"oxenswap/ethclient/sender/signer"
	"oxenswap/ethclient/sender/state"
	"oxenswap/swap"
)

// operation is what an operation works with: the migration after the chain was read, and the
// distributor, if there is one.
type operation struct {
	*Sender
	m     swap.Migration
	key   signer.Signer
	at    common.Address   // the distributor
	state *ethclient.State // of the newest block; empty before the deployment
	time  uint64           // of that block, Unix seconds
}

// newOperation does what comes before every operation: it checks that this is the right chain,
// token and distributor, records what happened there, refuses to go on after an alarm, and sees to
// it that whatever the key signed earlier is in a block. Pausing and cancelling must be possible
// whatever the chain and its nodes say, so nothing of that stops them.
func (s *Sender) newOperation(ctx context.Context, key signer.Signer, purpose string) (*operation, error) {
	op := &operation{Sender: s, key: key, state: &ethclient.State{}}
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
	if key != nil {
		if err := op.finishEarlier(ctx); err != nil {
			return nil, err
		}
		// What became final since the events were read has events too; without them it would seem
		// not to have happened.
		if err := op.end(ctx); err != nil && !stops(purpose) {
			return nil, err
		}
	}
	return op, op.refresh(ctx)
}

// read checks that this is the right chain, token and distributor, and records what happened there.
// The distributor's events come first: what somebody else proposed explains why our own proposal
// failed.
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

// finishEarlier waits until what the key signed before is in a block: nothing that it signs now
// could be earlier.
func (op *operation) finishEarlier(ctx context.Context) error {
	var earlier []swap.Intent
	from := swap.EVMAddress(op.key.Address())
	if err := op.ledger.View(ctx, func(t swap.Tables, _ uint64) (err error) {
		earlier, err = openIntents(t, &from)
		return err
	}); err != nil {
		return err
	}
	err := op.follow(ctx, op.m, op.key, untilIncluded, earlier...)
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
	return fmt.Errorf("%w: %s; cancel or pause if it was not you; sending goes on when a correction names the entry",
		ErrAlarm, strings.Join(all, "; "))
}

// end records what an operation changed, and returns the error about an alarm if that raised one.
func (op *operation) end(ctx context.Context) error {
	if op.alone {
		return nil
	}
	if err := op.sync(ctx); err != nil {
		return err
	}
	return op.reload(ctx)
}

// reload reads the migration again, and returns the error about an alarm if there is one.
func (op *operation) reload(ctx context.Context) (err error) {
	if op.m, err = op.migration(ctx); err != nil {
		return err
	}
	return alarms(op.m)
}

// carry brings one intent to its final end: an open one is followed; otherwise prepare says what to
// sign.
func (op *operation) carry(
	ctx context.Context, purpose string, round uint64, prepare func(context.Context) (call, error),
) error {
	last, err := op.newest(ctx, purpose, round)
	if err != nil {
		return err
	}
	intent := last.Intent
	if !last.found || !state.Open(last.status) {
		intent = last.next
		c, err := prepare(ctx)
		if err != nil {
			return err
		}
		c.Intent = intent
		if err := op.submit(ctx, op.m, op.key, c); err != nil {
			return err
		}
	}
	until := untilFinal
	if op.alone {
		until = untilMined
	}
	return op.follow(ctx, op.m, op.key, until, intent)
}

// opens reports whether an intent for the purpose may still do something.
func (op *operation) opens(ctx context.Context, purpose string, number uint64) bool {
	last, err := op.newest(ctx, purpose, number)
	return err != nil || last.found && state.Open(last.status)
}

// mustBe refuses a key that does not have a role.
func (op *operation) mustBe(role string, holder swap.EVMAddress) error {
	if a := swap.EVMAddress(op.key.Address()); a != holder {
		return fmt.Errorf("the key is that of %s, the distributor's %s is %s: give the right keystore in the configuration",
			a, role, holder)
	}
	return nil
}

// mustBeDevelopment refuses the owner's acts where real money is.
func (op *operation) mustBeDevelopment(what string) error {
	if op.m.Terms.DevelopmentChain() {
		return nil
	}
	return fmt.Errorf("on chain %d the owner must %s with the owner's own wallet: %w",
		op.m.Terms.Token.ChainID, what, ErrOwnersWallet)
}

func unix(seconds uint64) string {
	return time.Unix(int64(seconds), 0).UTC().Format(time.RFC3339)
}
