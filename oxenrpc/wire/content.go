package wire

import (
	"errors"
	"fmt"

	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
)

// Names of the answers in a take (Observation) or a status (Sighting): the method, and what tells
// two answers of one method apart.
const (
	CallLastHeader   = "get_last_block_header"
	CallInfo         = "get_info"
	CallGenesis      = "get_block_header_by_height.0"
	CallHeader       = "get_block_header_by_height"
	CallServiceNodes = "get_service_nodes"
	CallPoll         = "get_service_nodes.poll"
	CallRewards10    = "get_accrued_batched_earnings" // release 10
	CallRewards11    = "get_accrued_rewards"          // release 11
	CallBlacklist    = "get_service_node_blacklisted_key_images"
)

// ErrMoved means that the answers do not all speak of one block: a block came in between. Ask
// again.
var ErrMoved = errors.New("the answers are not all of one block")

// An AnswerError names the answer, among several, that was refused.
type AnswerError struct {
	Call string
	Err  error
}

func (e *AnswerError) Error() string { return e.Call + ": " + e.Err.Error() }
func (e *AnswerError) Unwrap() error { return e.Err }

// answers finds each answer by its name.
type answers map[string][]byte

func collect(raw []swap.RawAnswer) (answers, error) {
	a := make(answers, len(raw))
	for _, r := range raw {
		if _, twice := a[r.Call]; twice {
			return nil, &AnswerError{r.Call, errors.New("two answers")}
		}
		a[r.Call] = r.Body
	}
	return a, nil
}

// take parses an answer and marks it as used.
func take[T any](a answers, call string, parse func([]byte) (T, error)) (T, error) {
	var none T
	body, ok := a[call]
	if !ok {
		return none, &AnswerError{call, errors.New("no answer")}
	}
	delete(a, call)
	t, err := parse(body)
	if err != nil {
		return none, &AnswerError{call, err}
	}
	return t, nil
}

// unused refuses answers that nothing was taken from.
func (a answers) unused() error {
	for call := range a {
		return &AnswerError{call, errors.New("an answer that was not asked for")}
	}
	return nil
}

// tip is what every set of answers holds about the daemon and its chain.
type tip struct {
	info    Info
	last    Header
	genesis swap.Hash
	network cryptonote.Network
}

func takeTip(a answers) (t tip, err error) {
	// get_last_block_header comes first: it is the one that says BUSY.
	if t.last, err = take(a, CallLastHeader, ParseHeader); err != nil {
		return t, err
	}
	if t.info, err = take(a, CallInfo, ParseInfo); err != nil {
		return t, err
	}
	if err = t.info.Synchronised(); err != nil {
		return t, &AnswerError{CallInfo, err}
	}
	if t.network, err = cryptonote.ParseNetwork(t.info.Network); err != nil {
		return t, &AnswerError{CallInfo, fmt.Errorf("nettype %q: %w", t.info.Network, err)}
	}
	genesis, err := take(a, CallGenesis, ParseHeader)
	switch {
	case err != nil:
		return t, err
	case genesis.Height != 0:
		return t, &AnswerError{CallGenesis, fmt.Errorf("the header of block %d, asked for block 0", genesis.Height)}
	}
	t.genesis = genesis.Hash
	return t, nil
}

// Observation builds what a daemon says about its tip from the answers of one take alone:
// CallLastHeader, CallInfo, CallGenesis, CallServiceNodes, CallRewards10 or CallRewards11,
// CallBlacklist and CallPoll, each once and nothing else. They must have been asked with CallInfo,
// or CallLastHeader and then CallInfo, first, and CallPoll (get_service_nodes with poll_block_hash
// set to the top block hash of CallInfo) last: only its unchanged: true proves that no block came
// in between. Answers of different blocks fail with ErrMoved, those of a daemon that is not
// synchronised with ErrBusy.
//
// Every address must be a standard address of the daemon's network; whether its keys have prime
// order is left to the verification of a claim. Rewards of zero are left out: whether they are
// listed depends on the history of the daemon's database. The observation does not name the daemon.
func Observation(raw []swap.RawAnswer) (swap.Observation, error) {
	a, err := collect(raw)
	if err != nil {
		return swap.Observation{}, err
	}
	t, err := takeTip(a)
	if err != nil {
		return swap.Observation{}, err
	}
	nodes, err := take(a, CallServiceNodes, ParseServiceNodes)
	if err != nil {
		return swap.Observation{}, err
	}
	call := CallRewards10
	if _, ok := a[call]; !ok {
		call = CallRewards11
	}
	rewards, err := take(a, call, ParseRewards)
	if err != nil {
		return swap.Observation{}, err
	}
	blacklist, err := take(a, CallBlacklist, ParseBlacklist)
	if err != nil {
		return swap.Observation{}, err
	}
	poll, err := take(a, CallPoll, ParseServiceNodes)
	if err != nil {
		return swap.Observation{}, err
	}
	if err := a.unused(); err != nil {
		return swap.Observation{}, err
	}
	if err := t.agree(nodes, poll); err != nil {
		return swap.Observation{}, err
	}
	content := swap.Content{
		Height:    nodes.Height,
		BlockHash: nodes.BlockHash,
		HardFork:  nodes.HardFork,
		Nodes:     nodes.Nodes,
		Rewards:   nonZero(rewards),
		Blacklist: blacklist,
	}
	if err := checkAddresses(&content, t.network); err != nil {
		return swap.Observation{}, err
	}
	if err := content.Normalise(); err != nil {
		return swap.Observation{}, err
	}
	return swap.Observation{
		Version: t.info.Version,
		Genesis: t.genesis,
		Network: t.info.Network,
		Content: content,
		Raw:     raw,
	}, nil
}

// agree checks that all answers are of the block that get_info named, and that this block was still
// the tip at the end.
func (t tip) agree(nodes, poll ServiceNodes) error {
	top, hash := t.info.Top(), t.info.TopHash
	for _, s := range []struct {
		call   string
		height uint64
		hash   swap.Hash
		fork   uint64
	}{
		{CallLastHeader, t.last.Height, t.last.Hash, t.last.HardFork},
		{CallServiceNodes, nodes.Height, nodes.BlockHash, nodes.HardFork},
		{CallPoll, poll.Height, poll.BlockHash, poll.HardFork},
	} {
		if s.height != top || s.hash != hash {
			return &AnswerError{s.call, fmt.Errorf("%w: block %d %s, %s named block %d %s", ErrMoved, s.height, s.hash, CallInfo, top, hash)}
		}
		if s.fork != t.last.HardFork {
			return &AnswerError{s.call, fmt.Errorf("hard fork %d, the top block has %d", s.fork, t.last.HardFork)}
		}
	}
	switch {
	case !poll.Unchanged:
		return &AnswerError{CallPoll, fmt.Errorf("%w: no unchanged: true", ErrMoved)}
	case nodes.Unchanged:
		return &AnswerError{CallServiceNodes, errors.New("unchanged: true, and nothing was polled")}
	case t.info.HardFork < t.last.HardFork:
		return &AnswerError{CallInfo, fmt.Errorf("hard fork %d, the top block already has %d", t.info.HardFork, t.last.HardFork)}
	case top == 0 && t.genesis != hash:
		return &AnswerError{CallGenesis, fmt.Errorf("genesis %s, and the top block 0 is %s", t.genesis, hash)}
	}
	return nil
}

func nonZero(rewards []swap.Reward) []swap.Reward {
	kept := rewards[:0]
	for _, r := range rewards {
		if r.Amount > 0 {
			kept = append(kept, r)
		}
	}
	return kept
}

// checkAddresses checks every address of the content once.
func checkAddresses(c *swap.Content, network cryptonote.Network) error {
	good := make(map[string]struct{}, 4*len(c.Nodes))
	check := func(address string) error {
		if _, ok := good[address]; ok {
			return nil
		}
		a, err := cryptonote.DecodeAddress(address)
		if err == nil {
			err = a.CheckNetwork(network)
		}
		if err == nil && a.Kind != cryptonote.Standard {
			err = fmt.Errorf("a %s address", a.Kind)
		}
		good[address] = struct{}{}
		return err
	}
	for _, n := range c.Nodes {
		if err := check(n.Operator); err != nil {
			return fmt.Errorf("operator %q of service node %s: %w", n.Operator, n.Key, err)
		}
		for _, t := range n.Contributors {
			if err := check(t.Address); err != nil {
				return fmt.Errorf("contributor %q of service node %s: %w", t.Address, n.Key, err)
			}
		}
	}
	for _, r := range c.Rewards {
		if err := check(r.Address); err != nil {
			return fmt.Errorf("accrued rewards of %q: %w", r.Address, err)
		}
	}
	return nil
}

// Sighting builds what a daemon says about one height of its chain from its answers alone:
// CallLastHeader, CallInfo, CallGenesis, and CallHeader for that height, which is left out when the
// daemon's chain is shorter. The status does not name the daemon. ErrMoved means that the chain was
// reorganised while it was asked.
func BlockStatus(raw []swap.RawAnswer, height uint64) (swap.BlockStatus, error) {
	a, err := collect(raw)
	if err != nil {
		return swap.BlockStatus{}, err
	}
	t, err := takeTip(a)
	if err != nil {
		return swap.BlockStatus{}, err
	}
	s := swap.BlockStatus{
		Version:         t.info.Version,
		Genesis:         t.genesis,
		Network:         t.info.Network,
		Top:             t.info.Top(),
		ImmutableHeight: t.info.Immutable,
		Raw:             raw,
	}
	if height <= s.Top {
		h, err := take(a, CallHeader, ParseHeader)
		if err != nil {
			return swap.BlockStatus{}, err
		}
		if h.Height != height {
			return swap.BlockStatus{}, &AnswerError{CallHeader, fmt.Errorf("the header of block %d, asked for block %d", h.Height, height)}
		}
		s.BlockHash = h.Hash
	}
	if err := a.unused(); err != nil {
		return swap.BlockStatus{}, err
	}
	for _, other := range []struct {
		call   string
		height uint64
		hash   swap.Hash
	}{
		{CallInfo, s.Top, t.info.TopHash},
		{CallGenesis, 0, t.genesis},
		{CallInfo, t.info.Immutable, t.info.ImmutableHash},
	} {
		if other.height == height && !other.hash.IsZero() && other.hash != s.BlockHash {
			return swap.BlockStatus{}, &AnswerError{CallHeader, fmt.Errorf("%w: block %d is %s, %s said %s", ErrMoved, height, s.BlockHash, other.call, other.hash)}
		}
	}
	return s, nil
}
