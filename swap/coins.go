package swap

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"oxenswap/swap/cryptonote"
)

// CoinTransaction is what a daemon says about a transaction. Its bytes are proved by its hash, the
// rest is its word.
type CoinTransaction struct {
	ID           Hash   `json:"id"`
	Height       uint64 `json:"height"` // of its block; 0 in the pool
	InPool       bool   `json:"in_pool"`
	Bytes        string `json:"bytes"`         // hex; prefix and RingCT base only, if pruned
	PrunableHash *Hash  `json:"prunable_hash"` // null: the bytes are whole
}

// CoinImage is whether a key image was spent when the daemons were asked.
type CoinImage struct {
	KeyImage Hash                   `json:"key_image"`
	Status   cryptonote.SpentStatus `json:"status"` // 0 unspent, 1 spent in a block, 2 in the pool
}

// Evidence is all that daemons say about the outputs of one proof, in one order: transactions by
// id, key images by bytes. A transaction that the daemons do not know is left out. Counted is what
// judging it came to.
type Evidence struct {
	Transactions []CoinTransaction `json:"transactions"`
	Images       []CoinImage       `json:"images"`
	Counted      []Hash            `json:"counted"` // what the proof is accepted for: key images under Rules1, then one-time keys
}

// maxEvidence bounds an evidence attachment: 20,000 outputs, each in a transaction of its own of
// some kilobytes.
const maxEvidence = 1 << 30

// Encode returns the bytes of the attachment. It refuses evidence that says two things of one
// transaction or key image.
func (e *Evidence) Encode() ([]byte, error) {
	n := e.normal()
	for i, t := range n.Transactions {
		switch {
		case i > 0 && n.Transactions[i-1].ID == t.ID:
			return nil, fmt.Errorf("evidence: transaction %s is there twice", t.ID)
		case len(t.Bytes)%2 > 0 || strings.TrimLeft(t.Bytes, "0123456789abcdef") != "":
			return nil, fmt.Errorf("evidence: transaction %s: expected bytes in lower-case hex", t.ID)
		case t.InPool && t.Height > 0:
			return nil, fmt.Errorf("evidence: transaction %s is in the pool and in block %d", t.ID, t.Height)
		}
	}
	for i, k := range n.Images {
		if i > 0 && n.Images[i-1].KeyImage == k.KeyImage {
			return nil, fmt.Errorf("evidence: key image %s is there twice", k.KeyImage)
		}
		if k.Status > cryptonote.SpentInPool {
			return nil, fmt.Errorf("evidence: key image %s has unknown status %d", k.KeyImage, k.Status)
		}
	}
	if len(slices.Compact(n.Counted)) < len(e.Counted) {
		return nil, errors.New("evidence: a key image is counted twice")
	}
	return json.Marshal(n)
}

// ParseEvidence reads an attachment and refuses every other spelling of it.
func ParseEvidence(data []byte) (Evidence, error) {
	var e Evidence
	if len(data) > maxEvidence {
		return e, fmt.Errorf("evidence of %d bytes: at most %d are taken", len(data), maxEvidence)
	}
	if err := json.Unmarshal(data, &e); err != nil {
		return e, fmt.Errorf("evidence: %w", err)
	}
	again, err := e.Encode()
	if err != nil {
		return e, err
	}
	if !bytes.Equal(again, data) {
		return e, errors.New("evidence is not in its one spelling")
	}
	return e, nil
}

// normal is a copy in the one order, without nil lists.
func (e *Evidence) normal() Evidence {
	n := Evidence{append([]CoinTransaction{}, e.Transactions...), append([]CoinImage{}, e.Images...), append([]Hash{}, e.Counted...)}
	slices.SortFunc(n.Transactions, func(a, b CoinTransaction) int { return a.ID.Compare(b.ID) })
	slices.SortFunc(n.Images, func(a, b CoinImage) int { return a.KeyImage.Compare(b.KeyImage) })
	slices.SortFunc(n.Counted, Hash.Compare)
	return n
}

// CoinAnswer is what one daemon gave when asked about a proof's outputs: evidence without a
// verdict, or the error why not.
type CoinAnswer struct {
	Daemon   string
	Network  string
	Genesis  Hash
	Evidence Evidence
	Err      error
}

// CoinDaemon is a daemon that can be asked about outputs. The call only reads and is bounded in
// time by ctx.
type CoinDaemon interface {
	Name() string
	// Coins asks for transactions by id and whether key images are spent, now.
	Coins(ctx context.Context, transactions, images []Hash) CoinAnswer
}

// Asked are the transactions and key images of a proof: what daemons are asked for, each once,
// sorted.
func Asked(p *cryptonote.ReserveProof) (transactions, images []Hash) {
	for i := range p.Outputs {
		transactions = append(transactions, Hash(p.Outputs[i].TxID))
		images = append(images, Hash(p.Outputs[i].KeyImage))
	}
	for _, list := range []*[]Hash{&transactions, &images} {
		slices.SortFunc(*list, Hash.Compare)
		*list = slices.Compact(*list)
	}
	return transactions, images
}

// AgreeOnCoins decides which evidence counts: that of at least quorum daemons, on the terms' chain,
// which say the same. It returns their names, or ErrNoQuorum saying who said what.
func AgreeOnCoins(terms *Terms, quorum int, answers []CoinAnswer) (Evidence, []string, error) {
	if quorum < 1 {
		return Evidence{}, nil, errNoQuorum
	}
	type group struct {
		evidence Evidence
		members  []string
	}
	groups := map[Hash]*group{}
	reports := make([]DaemonReport, len(answers))
	names := map[string]bool{}
	for i, a := range answers {
		if names[a.Daemon] {
			return Evidence{}, nil, fmt.Errorf("daemon %s answered twice", a.Daemon)
		}
		names[a.Daemon] = true
		reports[i].Daemon = a.Daemon
		if a.Err == nil {
			a.Err = (&Observation{Network: a.Network, Genesis: a.Genesis}).check(terms)
		}
		a.Evidence.Counted = nil
		var data []byte
		if a.Err == nil {
			if data, a.Err = a.Evidence.Encode(); a.Err != nil {
				a.Err = &DaemonError{FailureMalformed, a.Err}
			}
		}
		if a.Err != nil {
			reports[i].fail(a.Err)
			continue
		}
		d := Digest(data)
		if groups[d] == nil {
			groups[d] = &group{evidence: a.Evidence.normal()}
		}
		groups[d].members = append(groups[d].members, a.Daemon)
		reports[i].Differs = fmt.Sprintf("%d transactions, %d key images, digest %.16s", len(a.Evidence.Transactions), len(a.Evidence.Images), d)
	}
	for _, g := range groups {
		if len(g.members) >= quorum && 2*len(g.members) > len(answers) { // so there is one such group at most
			slices.Sort(g.members)
			return g.evidence, g.members, nil
		}
	}
	slices.SortFunc(reports, byDaemon)
	return Evidence{}, nil, fmt.Errorf("%w about the proof's outputs: %d must say the same: %s", ErrNoQuorum, quorum, describe(reports))
}

// ProofMessage is what a proof of coins must be made for: the SHA-256, in lower-case hex, of the
// account's claim text.
func ProofMessage(claimText string) string { return Digest([]byte(claimText)).String() }

// CoinsProgramme returns the terms' convert-coins programme, of which there is at most one.
func (t *Terms) CoinsProgramme() (*Programme, bool) {
	i := slices.IndexFunc(t.Programmes, func(p Programme) bool { return p.Kind == ConvertCoins })
	if i < 0 {
		return nil, false
	}
	return &t.Programmes[i], true
}

// CoinsSnapshot returns the snapshot for which proofs of coins are judged: the programme's, as soon
// as it is taken.
func CoinsSnapshot(t Tables, m Migration) (Snapshot, error) {
	p, ok := m.Terms.CoinsProgramme()
	if !ok {
		return Snapshot{}, RefuseProof(CheckProgramme, "this migration converts no coins by proof")
	}
	if heights := m.Settled[p.Name]; len(heights) > 0 {
		return t.Snapshot(heights[0])
	}
	all, err := t.Snapshots()
	if err != nil {
		return Snapshot{}, err
	}
	for _, s := range all { // by height
		if s.Status != DiscardedSnapshot && p.SnapshotHeight <= s.Height && s.Height <= p.SnapshotHeight+p.SnapshotWindow {
			return s, nil
		}
	}
	return Snapshot{}, RefuseProof(CheckProgramme, "the snapshot at height %d is not taken yet: after that, make a new proof and hand it in", p.SnapshotHeight)
}

// The checks of a proof that are not cryptonote's.
const (
	CheckProgramme = "programme" // no such programme, not open, no snapshot yet
	CheckClaim     = "claim"     // made for something else than the account's claim
	CheckNothing   = "nothing"   // nothing in it counts
	CheckLeast     = "least"     // shows less than an account without stake must have
)

// ProofRefusal is a proof refused by a check. Detail says what is wrong and what to do.
type ProofRefusal struct{ Check, Detail string }

func (r *ProofRefusal) Error() string { return "proof refused: " + r.Check + ": " + r.Detail }

// RefuseProof makes a *ProofRefusal.
func RefuseProof(check, format string, args ...any) error {
	return &ProofRefusal{check, fmt.Sprintf(format, args...)}
}

// stakes fills in which coins are staked: those whose stakes the stake programme counts, and the
// others. Under Rules1 they are known by key image, later by one-time key and amount.
func (c *Content) stakes(terms *Terms, rules Rules, e *cryptonote.ReserveEvidence) {
	e.Staked, e.Locked = map[cryptonote.KeyImage]bool{}, map[cryptonote.KeyImage]bool{}
	e.StakedCoins = map[cryptonote.Coin]bool{}
	converts := slices.ContainsFunc(terms.Programmes, func(p Programme) bool { return p.Kind == ConvertStake })
	var faults []string
	if rules != Rules1 {
		faults = c.pointFaults()
	}
	at := 0
	for _, n := range c.Nodes {
		for _, k := range n.Contributors {
			for _, l := range k.Locked {
				counted := n.Funded && converts && (rules == Rules1 || faults[at] == "")
				at++
				switch {
				case !counted:
					e.Locked[cryptonote.KeyImage(l.KeyImage)] = true
				case rules == Rules1:
					e.Staked[cryptonote.KeyImage(l.KeyImage)] = true
				default:
					e.StakedCoins[cryptonote.Coin{Key: cryptonote.PublicKey(l.OneTime), Amount: uint64(l.Amount)}] = true
				}
			}
		}
	}
	for _, b := range c.Blacklist {
		e.Locked[cryptonote.KeyImage(b.KeyImage)] = true
	}
}

// Reserve makes of the evidence what cryptonote's verification takes, under the rules that all logs
// have so far.
func (e *Evidence) Reserve(height uint64, rules Rules) (cryptonote.ReserveEvidence, error) {
	out := cryptonote.ReserveEvidence{
		Rules:          cryptonote.Rules(rules),
		SnapshotHeight: height,
		Transactions:   make(map[cryptonote.TxID]cryptonote.RecordedTransaction, len(e.Transactions)),
		Spent:          make(map[cryptonote.KeyImage]cryptonote.SpentStatus, len(e.Images)),
	}
	for _, t := range e.Transactions {
		raw, err := hex.DecodeString(t.Bytes)
		if err != nil {
			return out, fmt.Errorf("evidence: transaction %s: %w", t.ID, err)
		}
		r := cryptonote.RecordedTransaction{Bytes: raw, Height: t.Height, InPool: t.InPool}
		if t.PrunableHash != nil {
			r.Pruned, r.PrunableHash = true, *t.PrunableHash
		}
		out.Transactions[cryptonote.TxID(t.ID)] = r
	}
	for _, i := range e.Images {
		out.Spent[cryptonote.KeyImage(i.KeyImage)] = i.Status
	}
	return out, nil
}

// JudgeProof verifies a received proof against the evidence, the snapshot's stakes and what earlier
// proofs were counted for. It is a pure function: whoever accepts the proof and the auditor run the
// same code. The entry that follows is a ProofAccepted or a ProofRefused; report is for people. It
// stops, with an error, soon after ctx is done.
func JudgeProof(ctx context.Context, t Tables, att Attachments, m Migration, received uint64, daemons []string, evidence Evidence) (Record, cryptonote.ReserveReport, error) {
	var report cryptonote.ReserveReport
	p, err := t.Proof(received)
	if err != nil {
		return Record{}, report, fmt.Errorf("proof.received %d: %w", received, err)
	}
	text, err := att.Attachment(p.Proof)
	if err != nil {
		return Record{}, report, err
	}
	proof, err := cryptonote.ParseReserveProof(string(text))
	if err != nil {
		return Record{}, report, err
	}
	address, err := ParseOxen(m.Terms, p.Oxen)
	if err != nil {
		return Record{}, report, err
	}
	snapshot, err := t.Snapshot(p.Height)
	if err != nil {
		return Record{}, report, fmt.Errorf("snapshot of height %d: %w", p.Height, err)
	}
	if snapshot.Status == DiscardedSnapshot {
		return Record{}, report, fmt.Errorf("the snapshot of height %d was discarded: make the proof again when there is a new one", p.Height)
	}
	raw, err := att.Attachment(snapshot.Digest)
	if err != nil {
		return Record{}, report, err
	}
	content, err := ParseContent(raw)
	if err != nil {
		return Record{}, report, err
	}
	reserve, err := evidence.Reserve(p.Height, m.RulesInForce())
	if err != nil {
		return Record{}, report, err
	}
	rules := m.RulesInForce()
	content.stakes(m.Terms, rules, &reserve)
	reserve.Used = map[cryptonote.KeyImage]bool{}
	for i := range proof.Outputs {
		image := proof.Outputs[i].KeyImage
		if reserve.Used[image], err = counted(t, Hash(image)); err != nil {
			return Record{}, report, err
		}
	}
	var lost error
	if rules != Rules1 {
		reserve.UsedKey = func(key cryptonote.PublicKey) bool {
			used, err := counted(t, Hash(key))
			lost = errors.Join(lost, err)
			return used
		}
	}
	report, err = proof.Verify(ctx, address, []byte(ProofMessage(p.Text)), reserve)
	if err = errors.Join(err, lost); err != nil {
		return Record{}, report, err
	}
	evidence.Counted = nil
	accepted := &ProofAccepted{Received: received, Account: p.Account, Height: p.Height, Snapshot: snapshot.Digest, Daemons: daemons, LeftOut: map[string]uint64{}}
	for i := range report.Outputs {
		o := &report.Outputs[i]
		switch {
		case o.Counted:
			accepted.Counted++
			evidence.Counted = append(evidence.Counted, coinOf(o, rules))
		case report.Good():
			accepted.LeftOut[o.Check.String()]++
			if o.Check == cryptonote.CheckStake {
				if accepted.Staked, err = add(accepted.Staked, Oxen(o.Amount), "stakes in the proof"); err != nil {
					return Record{}, report, err
				}
			}
		}
	}
	accepted.Total = Oxen(report.Total)
	refused, err := refusalOf(t, m, p, &report, accepted)
	if err != nil {
		return Record{}, report, err
	}
	if refused != nil {
		evidence.Counted = nil
	}
	data, err := evidence.Encode()
	if err != nil {
		return Record{}, report, err
	}
	accepted.Evidence = Digest(data)
	if refused != nil {
		return Record{Event: &ProofRefused{
			Received: received, Account: p.Account, Daemons: daemons, Evidence: accepted.Evidence,
			Check: refused.Check, Detail: printable(refused.Detail),
		}, Attachments: [][]byte{data}}, report, nil
	}
	return Record{Event: accepted, Attachments: [][]byte{data}}, report, nil
}

// coinOf is by what a counted output is remembered: its key image under Rules1, then its one-time
// key. A log that has moved to later rules remembers both.
func coinOf(o *cryptonote.OutputReport, rules Rules) Hash {
	if rules == Rules1 {
		return Hash(o.KeyImage)
	}
	return Hash(o.Key)
}

// counted reports whether a proof was counted for a key image or a one-time key.
func counted(t Tables, key Hash) (bool, error) {
	_, err := t.KeyImage(key)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// CountedOutputs are those key images and one-time keys of a proof's outputs for which proofs were
// counted: what a verdict on it rests on beside the evidence.
func CountedOutputs(t Tables, report *cryptonote.ReserveReport) (map[Hash]bool, error) {
	out := map[Hash]bool{}
	for i := range report.Outputs {
		for _, key := range []Hash{Hash(report.Outputs[i].KeyImage), Hash(report.Outputs[i].Key)} {
			used, err := counted(t, key)
			if err != nil {
				return nil, err
			}
			if used {
				out[key] = true
			}
		}
	}
	return out, nil
}

// refusalOf says why a verified proof is refused all the same, or nil.
func refusalOf(t Tables, m Migration, p Proof, report *cryptonote.ReserveReport, e *ProofAccepted) (*ProofRefusal, error) {
	if !report.Good() {
		return &ProofRefusal{report.Check.String(), report.Refusal.Error()}, nil
	}
	if e.Counted == 0 {
		return &ProofRefusal{CheckNothing, "none of its outputs counts: they are staked, spent, newer than the snapshot, or were counted before"}, nil
	}
	programme, _ := m.Terms.CoinsProgramme()
	if p.Pending == nil || e.Total >= programme.MinCoins {
		return nil, nil
	}
	if entitled, err := Entitled(t, m.Terms, p.Account); err != nil || entitled {
		return nil, err
	}
	return &ProofRefusal{CheckLeast, fmt.Sprintf("it shows %s, an account without stake or rewards must show %s", e.Total, programme.MinCoins.Coins())}, nil
}
