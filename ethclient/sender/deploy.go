package sender

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"oxenswap/ethclient"
	"oxenswap/ethclient/contracts"
	"oxenswap/ethclient/sender/bindings"
	"oxenswap/ethclient/sender/signer"
	"oxenswap/ethclient/sender/state"
	"oxenswap/swap"
)

var distributorABI = bindings.NewSessionTokenDistributor()

const (
	// claimingTime is the least time between the terms' closing and the distributor's, in seconds:
	// 90 days.
	claimingTime = 90 * 24 * 3600
	// DefaultDelay is how long a root can be examined before it can be activated, in seconds: a
	// day, and the least that is taken where real money is.
	DefaultDelay = 24 * 3600
)

// Deployment is what a distributor is deployed with. The three roles are three addresses.
type Deployment struct {
	Roles
	ActivationDelay uint64 // seconds; 0: DefaultDelay
	ClosesAt        uint64 // Unix seconds; 0: 90 days after the terms' closing
}

// settings fills in what is left out and refuses what is unsafe.
func (d Deployment) settings(m swap.Migration) (ethclient.Settings, error) {
	earliest := uint64(m.Closes.Unix()) + claimingTime
	out := ethclient.Settings{
		Token: swap.EVMAddress(m.Terms.Token.Address), Owner: d.Owner, Publisher: d.Publisher, Guardian: d.Guardian,
		ActivationDelay: d.ActivationDelay, TermsCloseAt: uint64(m.Closes.Unix()), ClosesAt: d.ClosesAt,
	}
	var err error
	if out.Migration, err = migrationID(m); err != nil {
		return out, err
	}
	roles := map[swap.EVMAddress]string{out.Token: "token", {}: "zero address"}
	for _, r := range []struct {
		name string
		at   swap.EVMAddress
	}{{"owner", d.Owner}, {"publisher", d.Publisher}, {"guardian", d.Guardian}} {
		if other, taken := roles[r.at]; taken {
			return out, fmt.Errorf("the %s %s is also the %s: give the three roles three addresses in the configuration",
				r.name, r.at, other)
		}
		roles[r.at] = r.name
	}
	if out.ActivationDelay == 0 {
		out.ActivationDelay = DefaultDelay
	}
	if out.ActivationDelay < DefaultDelay && !m.Terms.DevelopmentChain() {
		return out, fmt.Errorf("an activation delay of %d seconds leaves no time to examine a root: at least %d",
			out.ActivationDelay, DefaultDelay)
	}
	if out.ClosesAt == 0 {
		out.ClosesAt = earliest
	}
	if out.ClosesAt < earliest {
		return out, fmt.Errorf("closing at %s leaves less than 90 days after the terms' closing: %s at the earliest",
			unix(out.ClosesAt), unix(earliest))
	}
	return out, nil
}

func migrationID(m swap.Migration) (id contracts.MigrationID, err error) {
	n, err := hex.Decode(id[:], []byte(m.Terms.ID()))
	if err == nil && n != len(id) {
		err = errors.New("it has another length")
	}
	if err != nil {
		return id, fmt.Errorf("migration id %s: %w", m.Terms.ID(), err)
	}
	return id, nil
}

// Deploy creates the migration's one distributor and records it once that is final. Any funded key
// may sign: it gets no role. Where a distributor is recorded already, that one is returned,
// whatever the settings.
func (s *Sender) Deploy(ctx context.Context, key signer.Signer, d Deployment) (swap.Distributor, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.newOperation(ctx, key, swap.PurposeDeploy)
	if err != nil {
		return swap.Distributor{}, err
	}
	if op.m.Distributor != nil {
		return *op.m.Distributor, nil
	}
	last, err := op.newest(ctx, swap.PurposeDeploy, 0)
	if err != nil {
		return swap.Distributor{}, err
	}
	if !last.found || last.status != swap.FinalizedAttempt {
		err := op.carry(ctx, swap.PurposeDeploy, 0, func(context.Context) (call, error) { return creation(op.m, d) })
		if err != nil {
			return swap.Distributor{}, err
		}
	}
	return op.recordDeployed(ctx)
}

func creation(m swap.Migration, d Deployment) (call, error) {
	want, err := d.settings(m)
	if err != nil {
		return call{}, err
	}
	arguments := distributorABI.PackConstructor(bindings.SessionTokenDistributorSettings{
		Token: common.Address(want.Token), Owner: common.Address(want.Owner), Publisher: common.Address(want.Publisher),
		Guardian: common.Address(want.Guardian), ActivationDelay: want.ActivationDelay, TermsCloseAt: want.TermsCloseAt,
		ClosesAt: want.ClosesAt, MigrationId: want.Migration,
	})
	return call{data: append(append([]byte(nil), contracts.Distributor().Bytecode...), arguments...)}, nil
}

// recordDeployed looks at what the final deployment made and names it in the ledger.
func (op *operation) recordDeployed(ctx context.Context) (swap.Distributor, error) {
	last, err := op.newest(ctx, swap.PurposeDeploy, 0)
	if err != nil {
		return swap.Distributor{}, err
	}
	lists, err := op.attempts(ctx, []swap.Intent{last.Intent})
	if err != nil {
		return swap.Distributor{}, err
	}
	for _, a := range lists[0] {
		if a.Status != swap.FinalizedAttempt {
			continue
		}
		event, err := op.deployed(ctx, a)
		if err != nil {
			return swap.Distributor{}, fmt.Errorf("deployment 0x%s: %w", a.Hash, err)
		}
		if _, err := op.ledger.Update(ctx, func(swap.Tables, time.Time) ([]swap.Record, error) {
			return []swap.Record{{Event: event}}, nil
		}); err != nil {
			return swap.Distributor{}, fmt.Errorf("recording the distributor %s: %w", event.Address, err)
		}
		return event.Distributor, op.end(ctx)
	}
	return swap.Distributor{}, fmt.Errorf("no deployment is final: run the command again")
}

// deployed compares what stands on chain with what was signed.
func (op *operation) deployed(ctx context.Context, a swap.Attempt) (*swap.DistributorDeployed, error) {
	tx, err := op.signedBytes(a)
	if err != nil {
		return nil, err
	}
	artifact := contracts.Distributor()
	if len(tx.Data()) < len(artifact.Bytecode) {
		return nil, errors.New("it does not create a distributor")
	}
	values, err := artifact.ABI.Constructor.Inputs.Unpack(tx.Data()[len(artifact.Bytecode):])
	if err != nil {
		return nil, err
	}
	var in struct {
		S bindings.SessionTokenDistributorSettings
	}
	if err := artifact.ABI.Constructor.Inputs.Copy(&in, values); err != nil {
		return nil, err
	}
	found, err := op.chain.Receipt(ctx, a.Hash)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, errors.New("the chain does not know it any more, though it was final: ask another node")
	}
	address := swap.EVMAddress(crypto.CreateAddress(common.Address(a.Sender), a.Nonce))
	want := ethclient.Settings{
		Token: swap.EVMAddress(in.S.Token), Owner: swap.EVMAddress(in.S.Owner), Publisher: swap.EVMAddress(in.S.Publisher),
		Guardian: swap.EVMAddress(in.S.Guardian), ActivationDelay: in.S.ActivationDelay, TermsCloseAt: in.S.TermsCloseAt,
		ClosesAt: in.S.ClosesAt, Migration: in.S.MigrationId,
	}
	state, err := op.chain.CheckDistributor(ctx, address, want)
	if err != nil {
		return nil, err
	}
	return &swap.DistributorDeployed{Tx: a.Hash, Distributor: swap.Distributor{
		Address: address, ChainID: a.ChainID, CodeHash: state.CodeHash, Token: want.Token, Owner: want.Owner, Publisher: want.Publisher,
		Guardian: want.Guardian, ActivationDelay: want.ActivationDelay, ClosesAt: want.ClosesAt, Block: found.Block,
	}}, nil
}

// Funded is what the distributor was given.
type Funded struct {
	Round uint64     `json:"round,omitempty"`
	Goal  swap.Sesh  `json:"goal"` // what it should have been given in all, atomic SESH
	Sent  swap.Sesh  `json:"sent"` // now; 0: it had enough
	Tx    *swap.Hash `json:"tx,omitempty"`
}

// Fund transfers to the distributor what its balance and its payments lack of a goal, and returns
// when that is final: the total of a round, or with round 0 the goal given. The owner's key signs,
// on a development chain only; elsewhere the error says what the owner must transfer, and key
// may be nil.
func (s *Sender) Fund(ctx context.Context, key signer.Signer, round uint64, goal swap.Sesh) (*Funded, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.newOperation(ctx, key, swap.PurposeFund)
	if err != nil {
		return nil, err
	}
	if op.m.Distributor == nil {
		return nil, ErrNoDistributor
	}
	out := &Funded{Round: round, Goal: goal}
	if round != 0 {
		r, err := op.payable(ctx, round)
		if err != nil {
			return nil, err
		}
		out.Goal = r.Total
	}
	last, err := op.newest(ctx, swap.PurposeFund, round)
	if err != nil {
		return nil, err
	}
	if last.found && state.Open(last.status) { // of an earlier run; what is missing is known when it has ended
		if err := op.follow(ctx, op.m, key, untilFinal, last.Intent); err != nil && !notDone(err) {
			return nil, err
		}
		if err := op.refresh(ctx); err != nil {
			return nil, err
		}
	}
	var short *ethclient.UnderfundedError
	if err := op.state.Covers(out.Goal); err == nil {
		return out, op.end(ctx)
	} else if !errors.As(err, &short) {
		return nil, err
	}
	out.Sent = short.Missing() // below the goal
	if err := op.carry(ctx, swap.PurposeFund, round, func(ctx context.Context) (call, error) {
		return op.transfer(ctx, out.Sent)
	}); err != nil {
		return nil, err
	}
	if last, err = op.newest(ctx, swap.PurposeFund, round); err != nil {
		return nil, err
	}
	lists, err := op.attempts(ctx, []swap.Intent{last.Intent})
	if err != nil {
		return nil, err
	}
	for _, a := range lists[0] {
		if a.Status == swap.FinalizedAttempt {
			out.Tx = &a.Hash
		}
	}
	return out, op.end(ctx)
}

// payable is a round from which something will be paid, or is.
func (op *operation) payable(ctx context.Context, number uint64) (swap.Round, error) {
	r, err := op.round(ctx, number)
	if err == nil && !r.Status.Open() && r.Status != swap.ActiveRound {
		err = fmt.Errorf("round %d is %s: nothing will be paid from it", number, r.Status)
	}
	return r, err
}

func (op *operation) transfer(ctx context.Context, amount swap.Sesh) (call, error) {
	act := fmt.Sprintf("transfer %d atomic SESH (%s) to %s", amount, amount, op.m.Distributor.Address)
	if err := op.mustBeDevelopment(act); err != nil {
		return call{}, err
	}
	if err := op.mustBe("owner", op.state.Owner); err != nil {
		return call{}, err
	}
	return op.transferFromOwner(ctx, amount)
}

// transferFromOwner is the owner's transfer to the distributor, if the owner holds that much.
func (op *operation) transferFromOwner(ctx context.Context, amount swap.Sesh) (call, error) {
	token, owner := op.m.Distributor.Token, op.state.Owner
	has, err := op.chain.TokenBalance(ctx, token, owner, nil)
	if err != nil {
		return call{}, err
	}
	if has < amount {
		return call{}, fmt.Errorf("the owner %s holds %s, %s are missing in the distributor: give the owner %s more",
			owner, has, amount.Coins(), (amount - has).Coins())
	}
	to := common.Address(token)
	return call{to: &to, data: bindings.NewTestToken().PackTransfer(op.at, amount.Int()), amount: amount}, nil
}
