package store

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// model holds a store against swap.Memory: random entries, valid ones and others, go to both.
type model struct {
	*world
	t       *rapid.T
	dir     string
	store   *Store
	memory  *swap.Memory
	att     swap.AttachmentMap
	entries []ledger.Entry
	sender  swap.EVMAddress
	nonce   uint64
	refused *swap.ClaimRefused // the last one
}

func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		m := &model{world: newWorld(rt, 8), t: rt, dir: dir, memory: &swap.Memory{}, att: swap.AttachmentMap{}}
		m.sender = m.address()
		m.store = m.create(dir)
		defer func() { m.store.Close() }()
		for _, r := range m.first() {
			m.attach(r)
		}
		m.must(m.store.Entries(context.Background(), 0, 2, func(e Stored) error {
			m.entries = append(m.entries, e.Entry)
			return swap.Apply(m.memory, m.att, e.Entry)
		}))
		m.advanced(rt, rapid.IntRange(0, 5).Draw(rt, "stage"))
		rt.Repeat(map[string]func(*rapid.T){
			"snapshot": func(t *rapid.T) {
				m.record(m.taken(rapid.SampledFrom([]uint64{100, 240, 250, 262, 1<<63 + 5}).Draw(t, "height")))
			},
			"publish": func(t *rapid.T) { m.publish(t) },
			"decide":  m.decide,
			"missed":  func(t *rapid.T) { m.record(event(&swap.SnapshotMissed{Height: m.height(t), Reason: "no daemon"})) },
			"claim":   m.claimed,
			"hand in": m.handIn,
			"judge":   m.judge,
			"legacy": func(t *rapid.T) {
				m.record(m.legacy(rapid.SampledFrom([][]int{{0}, {1, 2}, {}, {3, 3}}).Draw(t, "holders")...)...)
			},
			"round":   m.round,
			"approve": m.approve,
			"abandon": func(t *rapid.T) { m.record(event(&swap.RoundAbandoned{Round: m.roundNumber(t), Reason: "test"})) },
			"deploy":  func(*rapid.T) { m.record(m.deployed()) },
			"chain":   m.chain,
			"sign":    m.sign,
			"advance": m.advance,
			"plan":    m.plan,
			"note":    m.note,
			"time": func(t *rapid.T) {
				m.clock.move(time.Duration(rapid.IntRange(0, 100_000).Draw(t, "seconds")) * time.Second)
			},
			"rotate": func(*rapid.T) { m.rotated() },
			"restart": func(*rapid.T) {
				m.must(m.store.Close())
				m.store = m.open(dir)
			},
			"rebuild": func(*rapid.T) { m.must(m.store.Rebuild(context.Background())) },
			"compare": m.compare,
		})
		m.compare(rt)
		m.verify(m.store.Reader)
	})
}

// advanced brings a migration to a stage from which random steps reach further: 1 has a distributor
// and a final snapshot, 2 claims too, 3 a published round and 4 a second one under way. 5 has
// accepted proofs for a snapshot that can still be discarded.
func (m *model) advanced(t *rapid.T, stage int) {
	if stage == 5 {
		m.record(m.taken(240))
		for i := range 4 {
			m.record(event(m.claim(i, 1, m.address())))
			m.handIn(t)
			m.judge(t)
		}
		return
	}
	if stage >= 1 {
		m.record(m.deployed())
		m.record(m.taken(240))
		m.record(m.finalized(240))
	}
	if stage >= 2 {
		for i := range 5 {
			m.record(event(m.claim(i, 1, m.address())))
		}
	}
	if stage >= 3 {
		m.publish(t)
	}
	if stage >= 4 {
		m.record(m.taken(262))
		m.record(m.finalized(262))
		m.record(event(m.claim(1, 2, m.address())))
		m.round(t)
	}
}

func (m *model) publish(t *rapid.T) {
	m.round(t)
	m.approve(t)
	for _, r := range m.rounds() {
		if r.Status == swap.ApprovedRound {
			m.record(event(&swap.RootProposed{Round: r.Round, Root: r.Root, Total: r.Total, LedgerSize: r.Approved + 1, LogPosition: m.position(3)}))
			m.compare(t)
			m.record(event(&swap.RootActivated{Round: r.Round, Root: r.Root, LogPosition: m.position(4)}))
		}
	}
}

func event(e swap.Event) swap.Record { return swap.Record{Event: e} }

func (m *model) attach(r swap.Record) {
	for _, a := range r.Attachments {
		m.att[swap.Digest(a)] = a
	}
}

// record gives records to the store, and what comes of it to the memory: the same entries, or the
// same refusal.
func (m *model) record(records ...swap.Record) {
	m.Helper()
	entries, err := appendTo(m.store, records...)
	for _, r := range records {
		m.attach(r)
	}
	if err == nil {
		for _, e := range entries {
			m.must(swap.Apply(m.memory, m.att, e))
			m.entries = append(m.entries, e)
		}
		return
	}
	// An entry that is refused may leave something in the memory, so that gets a copy.
	memory := &swap.Memory{}
	for _, e := range m.entries {
		m.must(swap.Apply(memory, m.att, e))
	}
	seq := uint64(len(m.entries))
	for _, r := range records {
		body, bodyErr := ledger.MarshalBody(r.Event)
		m.must(bodyErr)
		e := ledger.Entry{Seq: seq, Time: m.clock.Now(), Kind: r.Event.Kind(), Body: body}
		if other := swap.Apply(memory, m.att, e); other != nil {
			if other.Error() != err.Error() {
				m.Fatalf("the store refuses with %q, the memory with %q", err, other)
			}
			return
		}
		seq++
	}
	m.Fatalf("the store refuses what the memory takes: %v", err)
}

// rotated gives the ledger its next key, unless legacy claims must follow at once.
func (m *model) rotated() {
	m.Helper()
	next, vkey := m.key(m.terms.Origin())
	e, err := m.store.Rotate(context.Background(), next, vkey)
	before, memoryErr := m.memory.Migration()
	m.must(memoryErr)
	switch waits := before.Legacy != nil && before.Legacy.Left > 0; {
	case err == nil && !waits:
		m.must(swap.Apply(m.memory, m.att, e))
		m.entries, m.signer, m.vkey = append(m.entries, e), next, vkey
	case err == nil || !waits && len(before.Rotations) < ledger.MaxRotations:
		m.Fatalf("rotating: %v, legacy claims wait: %v", err, waits)
	}
}

func (m *model) height(t *rapid.T) uint64 {
	return rapid.SampledFrom([]uint64{240, 250, 262, 1<<63 + 5}).Draw(t, "height")
}

func (m *model) decide(t *rapid.T) {
	height := m.height(t)
	if m.contents[height] == nil {
		return
	}
	r := m.finalized(height)
	if rapid.IntRange(0, 3).Draw(t, "discard") == 0 {
		f := r.Event.(*swap.SnapshotFinalized)
		r.Event = &swap.SnapshotDiscarded{Height: f.Height, BlockHash: f.BlockHash, Now: m.hash(), Daemons: f.Daemons}
	}
	m.record(r)
}

func (m *model) claimed(t *rapid.T) {
	holder, sequence := rapid.IntRange(0, 7).Draw(t, "holder"), rapid.SampledFrom([]uint32{1, 2, 3, 7, 999999}).Draw(t, "sequence")
	c := m.claim(holder, sequence, m.address())
	if rapid.IntRange(0, 9).Draw(t, "refused") == 0 {
		if m.refused == nil || rapid.Bool().Draw(t, "another") {
			m.refused = m.refusedClaim(holder, sequence)
		}
		m.record(event(m.refused))
		return
	}
	m.record(event(c))
}

// handIn records a proof: for the account's claim, for any entry, or with a claim of its own.
func (m *model) handIn(t *rapid.T) {
	holder := m.holders[rapid.IntRange(0, 7).Draw(t, "holder")]
	proof := rapid.SampledFrom([]string{"proof", "another one", "<a third> \u2028"}).Draw(t, "proof")
	height := rapid.SampledFrom([]uint64{240, 240, 240, 250}).Draw(t, "height")
	if rapid.IntRange(0, 2).Draw(t, "pending") == 0 {
		i := slices.Index(m.holders, holder)
		m.record(handInBoth(m.claim(i, rapid.SampledFrom([]uint32{1, 2, 7}).Draw(t, "sequence"), m.address()), height, proof))
		return
	}
	c, err := m.memory.LatestClaim(holder.Account)
	if err != nil {
		c = swap.Claim{Account: holder.Account, Oxen: holder.Address, Entry: rapid.Uint64Range(0, uint64(len(m.entries))).Draw(t, "entry")}
	}
	m.record(handIn(c, height, proof))
}

// image is one of the few key images of the model.
func image(n int) swap.Hash { return swap.Hash{31: byte(n)} }

const images = 20

// judge accepts or refuses a proof, which may be judged already.
func (m *model) judge(t *rapid.T) {
	var all []swap.Proof
	m.must(m.memory.Proofs(func(p swap.Proof) error { all = append(all, p); return nil }))
	if len(all) == 0 {
		return
	}
	p := all[rapid.IntRange(0, len(all)-1).Draw(t, "proof")]
	if rapid.IntRange(0, 3).Draw(t, "refuse") == 0 {
		m.record(m.refusedProof(p))
		return
	}
	var counted []swap.Hash
	for _, n := range rapid.SliceOfNDistinct(rapid.IntRange(0, images-1), 1, 4, rapid.ID).Draw(t, "images") {
		counted = append(counted, image(n))
	}
	snapshot, err := m.memory.Snapshot(p.Height)
	m.must(err)
	total := rapid.SampledFrom([]swap.Oxen{1, 5e9, 15_000e9, 1 << 63, 1<<64 - 1}).Draw(t, "total")
	m.record(m.acceptedProof(p, snapshot.Digest, total, swap.Oxen(big(t, "staked")), counted...))
}

// round builds a round of both and records it.
func (m *model) round(t *rapid.T) {
	var fromStore swap.Record
	var storeErr error
	m.must(m.store.View(context.Background(), func(t swap.Tables, size uint64) error {
		fromStore, storeErr = built(t, size)
		return nil
	}))
	fromMemory, err := built(m.memory, uint64(len(m.entries)))
	if fmt.Sprint(err) != fmt.Sprint(storeErr) {
		m.Fatalf("the store builds with %v, the memory with %v", storeErr, err)
	}
	if err != nil {
		return
	}
	if diff := cmp.Diff(fromMemory, fromStore, options()...); diff != "" {
		m.Fatalf("rounds differ: %s", diff)
	}
	m.record(fromStore)
}

func (m *model) rounds() []swap.Round {
	rounds, err := m.memory.Rounds()
	m.must(err)
	return rounds
}

func (m *model) roundNumber(t *rapid.T) uint64 {
	return rapid.Uint64Range(1, uint64(len(m.rounds()))+1).Draw(t, "round")
}

func (m *model) approve(t *rapid.T) {
	for _, r := range m.rounds() {
		if r.Status == swap.BuiltRound {
			m.record(m.approved(&r.RoundBuilt, rapid.IntRange(0, 1).Draw(t, "operator")))
			return
		}
	}
}

// big draws numbers around 2^63 too.
func big(t *rapid.T, what string) uint64 {
	return rapid.SampledFrom([]uint64{0, 1, 5, 1<<63 - 1, 1 << 63, 1<<64 - 1}).Draw(t, what)
}

// chain records an event of the distributor.
func (m *model) chain(t *rapid.T) {
	at := swap.LogPosition{Tx: swap.Hash{31: byte(rapid.IntRange(0, 3).Draw(t, "tx"))}, Block: big(t, "block"), BlockHash: m.hash(), LogIndex: big(t, "index")}
	r := swap.Round{RoundBuilt: swap.RoundBuilt{Round: big(t, "number"), Root: m.hash()}}
	if rounds := m.rounds(); len(rounds) > 0 && rapid.Bool().Draw(t, "known") {
		r = rounds[len(rounds)-1]
	}
	switch rapid.IntRange(0, 4).Draw(t, "event") {
	case 0:
		m.record(event(&swap.RootProposed{Round: r.Round, Root: r.Root, Total: r.Total, LedgerSize: r.Approved + 1, LogPosition: at}))
	case 1:
		m.record(event(&swap.RootActivated{Round: r.Round, Root: r.Root, LogPosition: at}))
	case 2:
		m.record(event(&swap.RootCancelled{Round: r.Round, Root: r.Root, LogPosition: at}))
	case 3:
		m.record(event(&swap.PayoutSeen{Recipient: m.address(), Amount: swap.Sesh(big(t, "amount")), Cumulative: swap.Sesh(big(t, "cumulative")), Round: r.Round, LogPosition: at}))
	case 4:
		m.record(event(&swap.DistributorSeen{Event: "Paused", Fields: map[string]string{"by": "x"}, LogPosition: at}))
	}
}

// sign records a transaction: a new intent, or another attempt of one.
func (m *model) sign(t *rapid.T) {
	i := swap.Intent{
		Purpose: rapid.SampledFrom([]string{swap.PurposePush, swap.PurposePropose, swap.PurposeFund}).Draw(t, "purpose"),
		Round:   m.roundNumber(t), Plan: rapid.Uint64Range(0, 1).Draw(t, "plan"), Batch: big(t, "batch"),
	}
	earlier, err := m.memory.Attempts(i)
	m.must(err)
	nonce := m.nonce
	if len(earlier) > 0 && rapid.IntRange(0, 5).Draw(t, "same nonce") > 0 {
		nonce = earlier[0].Nonce
	}
	r := m.signed(i, uint64(len(earlier))+1, m.sender, nonce)
	if rapid.IntRange(0, 5).Draw(t, "large") == 0 {
		r.Event.(*swap.TxSigned).Amount, r.Event.(*swap.TxSigned).GasFee = 1<<64-1, 1<<63
	}
	m.record(r)
	m.nonce += 1 + rapid.Uint64Range(0, 1).Draw(t, "gap")*(1<<63)
}

func (m *model) advance(t *rapid.T) {
	var all []swap.Attempt
	m.must(m.memory.AllAttempts(func(a swap.Attempt) error { all = append(all, a); return nil }))
	in := swap.Inclusion{Hash: m.hash(), Block: big(t, "block"), BlockHash: m.hash(), Success: rapid.IntRange(0, 5).Draw(t, "success") > 0}
	if len(all) > 0 {
		in.Hash = all[rapid.IntRange(0, len(all)-1).Draw(t, "attempt")].Hash
	}
	switch rapid.IntRange(0, 2).Draw(t, "step") {
	case 0:
		m.record(event(&swap.TxMined{Inclusion: in}))
	case 1:
		m.record(event(&swap.TxFinalized{Inclusion: in}))
	case 2:
		m.record(event(&swap.TxFailed{Hash: in.Hash, Reason: "test"}))
	}
}

func (m *model) plan(t *rapid.T) {
	list := []byte("0,0x..,1\n")
	for _, r := range m.rounds() {
		migration, err := m.memory.Migration()
		m.must(err)
		m.record(swap.Record{Event: &swap.PushPlanned{Round: r.Round, Plan: migration.Plans[r.Round].Number + 1, Root: r.Root, List: swap.Digest(list)}, Attachments: [][]byte{list}})
	}
}

func (m *model) note(t *rapid.T) {
	switch rapid.IntRange(0, 5).Draw(t, "kind") {
	case 5:
		r, err := swap.NewChainDiffers(1, m.hash(), []swap.Difference{{What: "balance", About: "it", Chain: "<1", Ledger: fmt.Sprint(rapid.IntRange(0, 3).Draw(t, "differs"))}})
		m.must(err)
		m.record(r)
	case 0:
		m.record(event(&swap.Correction{Entry: rapid.Uint64Range(0, uint64(len(m.entries))).Draw(t, "entry"), Note: "<looked at> & \u2028 done", By: "me"}))
	case 1:
		m.record(event(&swap.RailHit{
			Intent: swap.Intent{Purpose: swap.PurposePush, Round: m.roundNumber(t), Plan: 1}, Rail: rapid.SampledFrom([]string{"day", "gas_price"}).Draw(t, "rail"), Limit: 1, Asked: 2,
		}))
	case 2:
		m.record(event(&swap.ClaimChecked{Claim: rapid.Uint64Range(0, uint64(len(m.entries))).Draw(t, "claim"), Code: swap.RecipientCode{Ethereum: swap.SeenCode, Target: swap.SeenCode}}))
	case 3:
		config := *m.first()[1].Event.(*swap.ConfigSet)
		config.Limits.Round = swap.Sesh(big(t, "limit"))
		m.record(event(&config))
	case 4:
		closes := m.terms.Closes.Add(time.Duration(rapid.IntRange(-1, 3).Draw(t, "days")) * 24 * time.Hour)
		signed, err := ledger.SignNote(swap.ExtensionText(m.terms, closes), m.operators[0])
		m.must(err)
		m.record(event(&swap.TermsExtended{Closes: closes, Note: string(signed)}))
	}
}
