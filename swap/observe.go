package swap

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// byDaemon orders reports by the daemons' names.
func byDaemon(a, b DaemonReport) int { return cmp.Compare(a.Daemon, b.Daemon) }

// ErrNoQuorum is returned when too few daemons agree.
var ErrNoQuorum = errors.New("too few daemons agree")

// ObservationAnswer is what one daemon gave to a take: an observation, or the error why not.
type ObservationAnswer struct {
	Daemon      string
	Observation *Observation
	Err         error
}

// errNoQuorum refuses to decide anything while the configuration names no quorum.
var errNoQuorum = errors.New("no quorum is set: say in the configuration how many daemons must agree")

// AgreeOnSnapshot decides on a take: at least quorum daemons must name the same height, block hash
// and content, on the terms' chain. It returns the entry with its attachments, or ErrNoQuorum
// saying who said what.
func AgreeOnSnapshot(terms *Terms, rules Rules, quorum int, answers []ObservationAnswer) (Record, error) {
	r, _, err := AgreedBalances(terms, rules, quorum, answers)
	return r, err
}

// AgreedBalances is AgreeOnSnapshot that also gives what the content comes to, by account.
func AgreedBalances(terms *Terms, rules Rules, quorum int, answers []ObservationAnswer) (Record, []Balance, error) {
	if quorum < 1 {
		return Record{}, nil, errNoQuorum
	}
	type group struct {
		content []byte
		digest  Hash
		members []*Observation
	}
	var groups []*group
	reports := make([]DaemonReport, len(answers))
	digests := make([]Hash, len(answers))
	names := map[string]bool{}
	for i, a := range answers {
		reports[i].Daemon = a.Daemon
		if names[a.Daemon] {
			return Record{}, nil, fmt.Errorf("daemon %s answered twice", a.Daemon)
		}
		names[a.Daemon] = true
		if a.Err == nil && a.Observation == nil {
			a.Err = errNoAnswer
		}
		if a.Err == nil {
			reports[i].Version = versionOf(a.Observation.Version)
			a.Err = a.Observation.check(terms)
		}
		if a.Err != nil {
			reports[i].fail(a.Err)
			continue
		}
		at := slices.IndexFunc(groups, func(g *group) bool { return g.members[0].Content.equal(&a.Observation.Content) })
		if at < 0 {
			content, err := a.Observation.Content.Encode()
			if err != nil {
				return Record{}, nil, err
			}
			groups = append(groups, &group{content: content, digest: Digest(content)})
			at = len(groups) - 1
		}
		groups[at].members = append(groups[at].members, a.Observation)
		digests[i] = groups[at].digest
	}
	// The largest group; of two as large, the one with the lower digest, so that the order of
	// answers decides nothing.
	slices.SortFunc(groups, func(a, b *group) int {
		return cmp.Or(cmp.Compare(len(b.members), len(a.members)), a.digest.Compare(b.digest))
	})
	if len(groups) == 0 || len(groups[0].members) < quorum {
		for i, a := range answers {
			if reports[i].Differs == "" {
				reports[i].Differs = fmt.Sprintf("height %d, block %s, content %s", a.Observation.Content.Height, a.Observation.Content.BlockHash, digests[i])
			}
		}
		return Record{}, nil, fmt.Errorf("%w: %d must name the same block and content: %s", ErrNoQuorum, quorum, describe(reports))
	}
	won := groups[0]
	attachments := [][]byte{won.content}
	for i, a := range answers {
		if a.Observation == nil {
			continue
		}
		var raw [][]byte
		reports[i].Answers, raw = attach(a.Observation.Raw)
		attachments = append(attachments, raw...)
		if digests[i] == won.digest {
			reports[i].Agrees = true
		} else if reports[i].Differs == "" {
			reports[i].Differs = won.members[0].Content.differs(&a.Observation.Content)
		}
	}
	slices.SortFunc(reports, byDaemon)
	content := won.members[0].Content
	balances, totals, err := content.Balances(rules)
	if err != nil {
		return Record{}, nil, err
	}
	return Record{
		Event: &SnapshotTaken{
			Height: content.Height, BlockHash: content.BlockHash, HardFork: content.HardFork, Content: won.digest,
			Quorum: quorum, Daemons: reports, Totals: totals,
		},
		Attachments: attachments,
	}, balances, nil
}

func (o *Observation) check(terms *Terms) error {
	if o.Network != terms.Oxen.Network {
		return &DaemonError{FailureNetwork, fmt.Errorf("is on %.40q, the terms name %s", o.Network, terms.Oxen.Network)}
	}
	if o.Genesis != terms.Oxen.Genesis {
		return &DaemonError{FailureGenesis, fmt.Errorf("its genesis block is %s, the terms name %s", o.Genesis, terms.Oxen.Genesis)}
	}
	return nil
}

func attach(raw []RawAnswer) ([]Answer, [][]byte) {
	var out []Answer
	var bodies [][]byte
	for _, r := range raw {
		out = append(out, Answer{r.Call, Digest(r.Body)})
		bodies = append(bodies, r.Body)
	}
	return out, bodies
}

// describe says who said what, in full: for logs and terminals, never for an entry.
func describe(reports []DaemonReport) string {
	var parts []string
	for _, r := range reports {
		word := r.Differs
		switch {
		case r.Agrees:
			word = "agrees"
		case r.Details != "":
			word = r.Details
		}
		parts = append(parts, r.Daemon+": "+word)
	}
	return strings.Join(parts, "; ")
}

// differs names the first difference between two contents in normal form.
func (c *Content) differs(other *Content) string {
	if c.Height != other.Height || c.BlockHash != other.BlockHash {
		return fmt.Sprintf("answers for height %d, block %s", other.Height, other.BlockHash)
	}
	if c.HardFork != other.HardFork {
		return fmt.Sprintf("says hard fork %d", other.HardFork)
	}
	for i := range min(len(c.Nodes), len(other.Nodes)) {
		if !c.Nodes[i].equal(&other.Nodes[i]) {
			if c.Nodes[i].Key != other.Nodes[i].Key {
				return fmt.Sprintf("has other service nodes, from %s on", other.Nodes[i].Key)
			}
			return fmt.Sprintf("says otherwise of service node %s", other.Nodes[i].Key)
		}
	}
	if len(c.Nodes) != len(other.Nodes) {
		return fmt.Sprintf("has %d service nodes instead of %d", len(other.Nodes), len(c.Nodes))
	}
	if !slices.Equal(c.Rewards, other.Rewards) {
		return "says otherwise of the accrued rewards"
	}
	return "says otherwise of the blacklisted key images"
}

// equal reports whether two contents, both in normal form, are the same.
func (c *Content) equal(other *Content) bool {
	return c.Height == other.Height && c.BlockHash == other.BlockHash && c.HardFork == other.HardFork &&
		slices.EqualFunc(c.Nodes, other.Nodes, func(a, b Node) bool { return a.equal(&b) }) &&
		slices.Equal(c.Rewards, other.Rewards) && slices.Equal(c.Blacklist, other.Blacklist)
}

func (n *Node) equal(other *Node) bool {
	a, b := *n, *other
	a.Contributors, b.Contributors = nil, nil
	return reflect.DeepEqual(a, b) && slices.EqualFunc(n.Contributors, other.Contributors, func(a, b Contributor) bool {
		return a.Address == b.Address && slices.Equal(a.Locked, b.Locked)
	})
}

// BlockAnswer is what one daemon gave when asked about a height: the status of its block, or the
// error why not.
type BlockAnswer struct {
	Daemon string
	Block  *BlockStatus
	Err    error
}

// ErrNotYet is returned while a snapshot can be neither finalised nor discarded.
var ErrNotYet = errors.New("not final yet")

// DecideSnapshot says what becomes of a taken snapshot: it is final when quorum daemons still name
// its block and hold it immutable (on a fakechain: have finality_depth blocks above it), and
// discarded when quorum daemons have another block at its height. Otherwise the error is ErrNotYet
// with what is missing.
func DecideSnapshot(terms *Terms, quorum int, s Snapshot, answers []BlockAnswer) (Record, error) {
	if quorum < 1 {
		return Record{}, errNoQuorum
	}
	final := make([]DaemonReport, 0, len(answers))
	others := map[Hash][]int{}
	var attachments [][]byte
	agree := 0
	names := map[string]bool{}
	for i, w := range answers {
		if names[w.Daemon] {
			return Record{}, fmt.Errorf("daemon %s answered twice", w.Daemon)
		}
		names[w.Daemon] = true
		r, raw, ok := w.report(terms)
		attachments = append(attachments, raw...)
		switch {
		case !ok:
		case w.Block.BlockHash.IsZero():
			r.Differs = fmt.Sprintf("has no block at height %d: its top is %d", s.Height, w.Block.Top)
		case w.Block.BlockHash != s.BlockHash:
			r.Differs = fmt.Sprintf("has block %s at height %d", w.Block.BlockHash, s.Height)
			others[w.Block.BlockHash] = append(others[w.Block.BlockHash], i)
		default:
			if missing := w.Block.finality(terms, s.Height); missing != "" {
				r.Differs = missing
			} else {
				r.Agrees = true
				agree++
			}
		}
		final = append(final, r)
	}
	if agree >= quorum {
		slices.SortFunc(final, byDaemon)
		return Record{Event: &SnapshotFinalized{Height: s.Height, BlockHash: s.BlockHash, Daemons: final}, Attachments: attachments}, nil
	}
	for _, now := range slices.SortedFunc(maps.Keys(others), Hash.Compare) {
		who := others[now]
		if len(who) < quorum {
			continue
		}
		for i := range final {
			final[i].Agrees = slices.Contains(who, i)
			if final[i].Agrees {
				final[i].Differs = ""
			}
		}
		slices.SortFunc(final, byDaemon)
		return Record{Event: &SnapshotDiscarded{Height: s.Height, BlockHash: s.BlockHash, Now: now, Daemons: final}, Attachments: attachments}, nil
	}
	return Record{}, fmt.Errorf("snapshot of height %d: %w: %s", s.Height, ErrNotYet, describe(final))
}

// MissSnapshot says that the snapshot of a height was missed: quorum daemons have left its window
// behind.
func MissSnapshot(terms *Terms, quorum int, height uint64, answers []BlockAnswer) (Record, error) {
	if quorum < 1 {
		return Record{}, errNoQuorum
	}
	window, top, agree := terms.Window(height), uint64(0), 0
	e := &SnapshotMissed{Height: height}
	var attachments [][]byte
	names := map[string]bool{}
	for _, w := range answers {
		if names[w.Daemon] {
			return Record{}, fmt.Errorf("daemon %s answered twice", w.Daemon)
		}
		names[w.Daemon] = true
		r, raw, ok := w.report(terms)
		attachments = append(attachments, raw...)
		switch {
		case !ok:
		case w.Block.Top <= window:
			r.Differs = fmt.Sprintf("its top is %d", w.Block.Top)
		default:
			r.Agrees = true
			agree++
			if top == 0 || w.Block.Top < top {
				top = w.Block.Top
			}
		}
		e.Daemons = append(e.Daemons, r)
	}
	if agree < quorum {
		return Record{}, fmt.Errorf("snapshot of height %d: %w: %s", height, ErrNotYet, describe(e.Daemons))
	}
	slices.SortFunc(e.Daemons, func(a, b DaemonReport) int { return cmp.Compare(a.Daemon, b.Daemon) })
	e.Reason = fmt.Sprintf("the daemons' top block is %d and no snapshot was taken up to %d", top, window)
	return Record{Event: e, Attachments: attachments}, nil
}

// report is what an entry says of the answer, as far as it does not depend on the question: ok if
// the daemon answered and is on the terms' chain, else Differs says why not.
func (w *BlockAnswer) report(terms *Terms) (r DaemonReport, raw [][]byte, ok bool) {
	r.Daemon = w.Daemon
	err := w.Err
	if err == nil && w.Block == nil {
		err = errNoAnswer
	}
	if err == nil {
		err = (&Observation{Network: w.Block.Network, Genesis: w.Block.Genesis}).check(terms)
	}
	if w.Block != nil {
		r.Version = versionOf(w.Block.Version)
		r.Answers, raw = attach(w.Block.Raw)
	}
	if err != nil {
		r.fail(err)
	}
	return r, raw, err == nil
}

// finality says what is missing for a block at a height to be final in the eyes of a daemon; ""
// when it is final.
func (w *BlockStatus) finality(terms *Terms, height uint64) string {
	if terms.Fakechain() {
		if deep := height + terms.Oxen.FinalityDepth; w.Top < deep {
			return fmt.Sprintf("its top is %d, final from %d on", w.Top, deep)
		}
		return ""
	}
	if w.ImmutableHeight == 0 || w.ImmutableHeight < height {
		return fmt.Sprintf("holds immutable only up to %d", w.ImmutableHeight)
	}
	return ""
}
