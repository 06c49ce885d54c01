package audit

import (
	"bytes"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"oxenswap/ethclient/contracts"
	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// tamper changes the n-th entry of a kind; everything after it is signed again with the real key.
type tamper struct {
	name string
	kind string
	n    int
	// change may replace the event; it sees all of them.
	change func(t *testing.T, l *testLog, events []swap.Event, i int)
	want   string // in the words about a problem of the entry
}

// on makes a change of one event's fields.
func on[T swap.Event](change func(e T)) func(*testing.T, *testLog, []swap.Event, int) {
	return func(_ *testing.T, _ *testLog, events []swap.Event, i int) { change(events[i].(T)) }
}

var tampers = []tamper{
	{"another id", "migration.opened", 0, on(func(e *swap.MigrationOpened) { e.Migration = "0011223344556677" }), "its terms are those of"},
	{"another ledger key", "migration.opened", 0, func(t *testing.T, l *testLog, events []swap.Event, i int) {
		_, events[i].(*swap.MigrationOpened).LedgerKey = newTestKey(t, l.terms.Origin()+"/fork")
	}, "opened for the ledger key"},
	{"a quorum that is no majority", "config.set", 0, on(func(e *swap.ConfigSet) { e.Quorum = 1 }), "more than half"},
	{"no rail", "config.set", 1, on(func(e *swap.ConfigSet) { e.Rails.Day = 0 }), "rails.day"},
	{"totals", "snapshot.taken", 0, on(func(e *swap.SnapshotTaken) { e.Totals.Staked++ }), "totals"},
	{"a stake in the content", "snapshot.taken", 0, func(t *testing.T, l *testLog, events []swap.Event, i int) {
		e := events[i].(*swap.SnapshotTaken)
		content, err := swap.ParseContent(l.files[ledger.Digest(e.Content)])
		must(t, err)
		content.Nodes[0].Contributors[0].Locked[0].Amount++
		_, e.Totals, err = content.Balances(swap.Rules1)
		must(t, err)
		data, err := content.Encode()
		must(t, err)
		e.Content = l.attach(data)
	}, "the raw answers give the content"},
	{"one daemon's raw answer", "snapshot.taken", 0, func(_ *testing.T, l *testLog, events []swap.Event, i int) {
		e := events[i].(*swap.SnapshotTaken)
		for j, a := range e.Daemons[1].Answers {
			if a.Call == "get_accrued_batched_earnings" {
				e.Daemons[1].Answers[j].Body = l.attach(bytes.Replace(l.files[ledger.Digest(a.Body)], []byte(`"amounts":[`), []byte(`"amounts":[9`), 1))
			}
		}
	}, "too few daemons agree"},
	{"a dissenter that agrees", "snapshot.taken", 1, on(func(e *swap.SnapshotTaken) {
		e.Daemons[1].Agrees, e.Daemons[1].Differs = false, "nothing"
		e.Daemons[2].Agrees, e.Daemons[2].Differs = true, ""
	}), "daemon b agrees by its raw answers"},
	{"an answer missing", "snapshot.taken", 0, on(func(e *swap.SnapshotTaken) { e.Daemons[0].Answers = e.Daemons[0].Answers[1:] }), "daemon a: get_last_block_header: no answer"},
	{"a daemon's version", "snapshot.taken", 0, on(func(e *swap.SnapshotTaken) { e.Daemons[0].Version = "11.0.0" }), "version"},
	{"a lower tip", "snapshot.finalized", 0, func(_ *testing.T, l *testLog, events []swap.Event, i int) {
		e := events[i].(*swap.SnapshotFinalized)
		for j, a := range e.Daemons[0].Answers {
			if a.Call == "get_info" {
				e.Daemons[0].Answers[j].Body = l.attach(bytes.Replace(l.files[ledger.Digest(a.Body)], []byte(`"height":251`), []byte(`"height":246`), 1))
			}
		}
	}, "its top is 245, final from 250 on"},
	{"an answer of nobody", "snapshot.finalized", 0, on(func(e *swap.SnapshotFinalized) { e.Daemons[1].Answers = nil }), "daemon b agrees without an answer"},
	{"another block now", "snapshot.discarded", 0, on(func(e *swap.SnapshotDiscarded) { e.Now[0]++ }), "the chain has block"},
	{"a height nobody named", "snapshot.missed", 0, on(func(e *swap.SnapshotMissed) { e.Height++ }), "name no snapshot"},
	{"a stake left out", "snapshot.evidence", 0, on(func(e *swap.SnapshotEvidence) { e.Missing++ }), "0 stakes of the snapshot have no transaction, it says 1"},
	{"a number", "snapshot.evidence", 0, on(func(e *swap.SnapshotEvidence) { e.Found++ }), "the evidence has 12 stakes, the entry says 13"},
	{"a stake of nobody", "snapshot.evidence", 0, func(t *testing.T, l *testLog, events []swap.Event, i int) {
		e := events[i].(*swap.SnapshotEvidence)
		list, err := swap.ParseStakeEvidence(l.files[ledger.Digest(e.Stakes)])
		must(t, err)
		list.Stakes[0].OneTime[0]++
		data, err := list.Encode()
		must(t, err)
		e.Stakes = l.attach(data)
	}, "the snapshot has no stake with the one-time key"},
	{"another block", "snapshot.evidence", 0, on(func(e *swap.SnapshotEvidence) { e.BlockHash[0]++ }), "is final, of block"},
	{"a reason for refusals", "legacy.imported", 0, on(func(e *swap.LegacyImported) { e.Refused = map[string]uint64{"signature": 2} }), "imported again"},
	{"a line of the file", "legacy.imported", 0, func(_ *testing.T, l *testLog, events []swap.Event, i int) {
		e := events[i].(*swap.LegacyImported)
		e.File = l.attach(bytes.Replace(l.files[ledger.Digest(e.File)], []byte("SigV1"), []byte("SigV2"), 1))
	}, "imported again"},
	{"another winner", "claim.accepted", 1, func(t *testing.T, l *testLog, events []swap.Event, i int) {
		w := loadWallets(t)[1]
		c, err := swap.VerifyLegacyClaim(l.terms, w.Address, w.Texts[0].Text, w.Texts[0].Signature)
		must(t, err)
		events[i] = accepted(c, notChecked)
	}, "the legacy file's next claim"},
	{"a recipient", "claim.accepted", 3, on(func(e *swap.ClaimAccepted) {
		to := evmAddress("thief")
		e.Text, e.Recipient = strings.Replace(e.Text, e.Recipient.String(), to.String(), 1), to
	}), "signature"},
	{"somebody else's signature", "claim.accepted", 3, func(_ *testing.T, _ *testLog, events []swap.Event, i int) {
		events[i].(*swap.ClaimAccepted).Signature = events[i+1].(*swap.ClaimAccepted).Signature
	}, "signature"},
	{"a sequence twice", "claim.accepted", 7 + moreClaims, func(t *testing.T, l *testLog, events []swap.Event, i int) {
		c := l.signClaim(loadWallets(t)[3], evmAddress("thief"), 1)
		events[i] = accepted(c, notChecked)
	}, "already-used"},
	{"another reason", "claim.refused", 0, on(func(e *swap.ClaimRefused) { e.Reason = swap.ReasonExpired }), `the reason is "already-used"`},
	{"a bad signature", "claim.refused", 0, func(_ *testing.T, _ *testLog, events []swap.Event, i int) {
		events[i].(*swap.ClaimRefused).Signature = events[6].(*swap.ClaimAccepted).Signature
	}, "signature"},
	{"a check of no claim", "claim.checked", 0, on(func(e *swap.ClaimChecked) { e.Claim = 1 }), "entry 1 is not an accepted claim"},
	{"an unknown word", "claim.checked", 0, on(func(e *swap.ClaimChecked) { e.Code.Target = "gold" }), "unknown word"},
	{"an earlier cut-off", "round.built", 1, on(func(e *swap.RoundBuilt) { e.Cutoff = 9 }), "rebuilt from the first 9 entries"},
	{"what is unclaimed", "round.built", 1, on(func(e *swap.RoundBuilt) { e.Programmes[1].Unclaimed++ }), "unclaimed"},
	{"a sum that is not conserved", "round.built", 1, on(func(e *swap.RoundBuilt) { e.Programmes[0].Owed++ }), "rounding lost or made something"},
	{"a leaf", "round.built", 1, func(_ *testing.T, l *testLog, events []swap.Event, i int) {
		e := events[i].(*swap.RoundBuilt)
		e.Leaves = l.attach(bytes.Replace(l.files[ledger.Digest(e.Leaves)], []byte(",4"), []byte(",5"), 1))
	}, "leaves, line"},
	{"a stranger's approval", "round.approved", 0, func(t *testing.T, l *testLog, events []swap.Event, i int) {
		e := events[i].(*swap.RoundApproved)
		text, _, _ := strings.Cut(e.Note, "\n\n")
		signer, _ := newTestKey(t, "mallory")
		signed, err := ledger.SignNote(text+"\n", signer)
		must(t, err)
		e.Note = string(signed)
	}, "not signed by an operator in force"},
	{"one operator twice", "round.approved", 1, func(_ *testing.T, _ *testLog, events []swap.Event, i int) { events[i] = events[i-1] }, "another operator's"},
	{"a round that is not there", "round.abandoned", 0, on(func(e *swap.RoundAbandoned) { e.Round = 2 }), "round 2"},
	{"an owner", "distributor.deployed", 0, on(func(e *swap.DistributorDeployed) { e.Owner = evmAddress("thief") }), "signed with the owner"},
	{"other code", "distributor.deployed", 0, on(func(e *swap.DistributorDeployed) { e.CodeHash[0]++ }), "code hash"},
	{"another address", "distributor.deployed", 0, on(func(e *swap.DistributorDeployed) { e.Address[0]++ }), "its transaction creates"},
	{"a recipient left out", "push.planned", 0, func(_ *testing.T, l *testLog, events []swap.Event, i int) {
		e := events[i].(*swap.PushPlanned)
		_, rest, _ := bytes.Cut(l.files[ledger.Digest(e.List)], []byte("\n"))
		e.List = l.attach(rest)
		e.Recipients--
	}, "line 1 of its list should be"},
	{"a plan's amount", "push.planned", 0, on(func(e *swap.PushPlanned) { e.Amount++ }), "amount: the entry says"},
	{"batches that are too large", "push.planned", 0, func(_ *testing.T, l *testLog, events []swap.Event, i int) {
		e := events[i].(*swap.PushPlanned)
		e.List, e.Batches = l.attach(bytes.ReplaceAll(l.files[ledger.Digest(e.List)], []byte("1,0x"), []byte("0,0x"))), 1
	}, "more than the 3 recipients"},
	{"a rail that was not hit", "rail.hit", 0, on(func(e *swap.RailHit) { e.Asked = e.Limit }), "do not pass the limit"},
	{"a sender", "tx.signed", 1, on(func(e *swap.TxSigned) { e.Sender = evmAddress("thief") }), "is signed by"},
	{"a hash", "tx.signed", 1, on(func(e *swap.TxSigned) { e.Hash[0]++ }), "the raw transaction has hash"},
	{"a fee", "tx.signed", 1, on(func(e *swap.TxSigned) { e.GasFee++ }), "wei per gas"},
	{"an amount", "tx.signed", 1, on(func(e *swap.TxSigned) { e.Amount++ }), "it moves"},
	{"funds for somebody else", "tx.signed", 1, resign(func(t *testing.T, l *testLog, tx *types.DynamicFeeTx) {
		data, err := contracts.TestToken().ABI.Pack("transfer", common.Address(evmAddress("thief")), big.NewInt(1e12))
		must(t, err)
		tx.Data = data
	}), "it funds"},
	{"a root that nobody approved", "tx.signed", 2, resign(func(t *testing.T, l *testLog, tx *types.DynamicFeeTx) {
		tx.Data[40]++
	}), "it proposes root"},
	{"a ledger root", "tx.signed", 2, resign(func(t *testing.T, l *testLog, tx *types.DynamicFeeTx) {
		tx.Data[len(tx.Data)-1]++
	}), "it proposes ledger root"},
	{"another contract", "tx.signed", 3, resign(func(t *testing.T, l *testLog, tx *types.DynamicFeeTx) {
		to := common.Address(evmAddress("thief"))
		tx.To = &to
	}), "it must go to"},
	{"another function", "tx.signed", 3, resign(func(t *testing.T, l *testLog, tx *types.DynamicFeeTx) {
		tx.Data = pack(t, "cancel")
	}), "it must call activate"},
	{"a price of gas above the rail", "tx.signed", 3, resign(func(t *testing.T, l *testLog, tx *types.DynamicFeeTx) { tx.GasFeeCap = big.NewInt(2e12) }), "the rail is"},
	{"a payment called a no-op", "tx.signed", 4, on(func(e *swap.TxSigned) { e.Noop = true }), "it is called a no-op"},
	{"a no-op that is not called so", "tx.signed", 4, resign(func(t *testing.T, l *testLog, tx *types.DynamicFeeTx) {
		self := common.Address(addressOfKey(l.chain.publisher))
		tx.To, tx.Data = &self, nil
	}), "it does nothing"},
	{"a leaf that is not of the batch", "tx.signed", 6, func(t *testing.T, l *testLog, events []swap.Event, i int) {
		var first types.Transaction
		must(t, first.UnmarshalBinary(l.files[ledger.Digest(events[i-6].(*swap.TxSigned).Raw)]))
		resign(func(_ *testing.T, _ *testLog, tx *types.DynamicFeeTx) { tx.Data = first.Data() })(t, l, events, i)
	}, "it pays"},
	{"ether", "tx.signed", 3, resign(func(t *testing.T, l *testLog, tx *types.DynamicFeeTx) { tx.Value = big.NewInt(1) }), "sends 1 wei"},
	{"a recipient of a push", "tx.signed", 5, resign(func(t *testing.T, l *testLog, tx *types.DynamicFeeTx) {
		tx.Data[4+5*32+31]++
	}), "it pays"},
	{"a proof", "tx.signed", 5, resign(func(t *testing.T, l *testLog, tx *types.DynamicFeeTx) {
		at := 4 + int(new(big.Int).SetBytes(tx.Data[4+2*32:4+3*32]).Int64()) + 32
		tx.Data[at]++
	}), "its proof does not lead"},
	{"a transaction of nobody", "tx.mined", 1, on(func(e *swap.TxMined) { e.Hash[0]++ }), "none"},
	{"a failure that is final", "tx.finalized", 1, on(func(e *swap.TxFinalized) { e.Success = false }), "failed in its block"},
	{"a failure of what succeeded", "tx.failed", 0, func(_ *testing.T, _ *testLog, events []swap.Event, i int) {
		events[i].(*swap.TxFailed).Hash = events[i-1].(*swap.TxFinalized).Hash
	}, "is finalized already"},
	{"a ledger root", "root.proposed", 0, on(func(e *swap.RootProposed) { e.LedgerRoot[0]++ }), "the log was rewritten after the proposal"},
	{"a total", "root.proposed", 0, on(func(e *swap.RootProposed) { e.Total++ }), "with total"},
	{"a root", "root.activated", 0, on(func(e *swap.RootActivated) { e.Root[0]++ }), "which this ledger did not build"},
	{"a root", "root.cancelled", 0, on(func(e *swap.RootCancelled) { e.Root[0]++ }), "which this ledger did not build"},
	{"one atomic unit", "payout.seen", 1, on(func(e *swap.PayoutSeen) { e.Amount++; e.Cumulative++ }), "its leaf in the live root is"},
	{"an amount", "payout.seen", 1, on(func(e *swap.PayoutSeen) { e.Amount++ }), "are not"},
	{"a stranger", "payout.seen", 1, on(func(e *swap.PayoutSeen) { e.Recipient = evmAddress("thief") }), "its leaf in the live root is 0"},
	{"a round", "payout.seen", 1, on(func(e *swap.PayoutSeen) { e.Round = 1 }), "while round 2 was live"},
	{"a payment twice", "payout.seen", 2, func(_ *testing.T, _ *testLog, events []swap.Event, i int) { events[i] = events[i-1] }, "already"},
	{"an earlier block", "payout.seen", 1, on(func(e *swap.PayoutSeen) { e.Block = 1 }), "not in the chain's order"},
	{"an earlier closing", "distributor.seen", 5, on(func(e *swap.DistributorSeen) { e.Fields["closesAt"] = "1" }), "it only ever moves later"},
	{"an event twice", "distributor.seen", 4, func(_ *testing.T, l *testLog, events []swap.Event, i int) {
		e := events[i].(*swap.DistributorSeen)
		e.LogPosition = events[i-1].(*swap.PayoutSeen).LogPosition
	}, "already"},
	{"another list", "chain.differs", 0, on(func(e *swap.ChainDiffers) { e.Count++ }), "the list has 2"},
	{"what does not exist yet", "correction", 1, on(func(e *swap.Correction) { e.Entry = 1e6 }), "does not exist yet"},
	{"another key", "key.rotated", 0, func(t *testing.T, l *testLog, events []swap.Event, i int) {
		_, vkey, err := ledger.NewKey(newEntropy("thief"), l.terms.Origin())
		must(t, err)
		events[i].(*swap.KeyRotated).Key = vkey
	}, "its note names the key"},
	{"a stranger's note", "key.rotated", 1, func(t *testing.T, l *testLog, events []swap.Event, i int) {
		e := events[i].(*swap.KeyRotated)
		text, _, _ := strings.Cut(e.Note, "\n\n")
		secret, _, err := ledger.NewKey(newEntropy("thief"), l.terms.Origin())
		must(t, err)
		thief, err := ledger.NewSigner(secret)
		must(t, err)
		signed, err := ledger.SignNote(text+"\n", thief)
		must(t, err)
		e.Note = string(signed)
	}, "no verifiable signatures"},
	{"a note of the former key", "key.rotated", 1, func(t *testing.T, l *testLog, events []swap.Event, i int) {
		e := events[i].(*swap.KeyRotated)
		signed, err := ledger.SignRotation(ledger.Rotation{Origin: l.terms.Origin(), Entry: int64(i), Old: l.vkey, New: e.Key}, l.signer)
		must(t, err)
		e.Note = string(signed)
	}, "and the ledger's key is"},
	{"the notes exchanged", "key.rotated", 0, func(t *testing.T, l *testLog, events []swap.Event, i int) {
		first, second := events[i].(*swap.KeyRotated), events[l.find("key.rotated", 1)].(*swap.KeyRotated)
		*first, *second = *second, *first
	}, "and the ledger's key is"},
	{"rules that nobody knows", "rules.set", 0, on(func(e *swap.RulesSet) { e.Rules = 9 }), "this software knows"},
	{"one operator twice", "rules.set", 0, on(func(e *swap.RulesSet) { e.Notes[1] = e.Notes[0] }), "must be another operator's"},
	{"a later closing", "terms.extended", 0, on(func(e *swap.TermsExtended) { e.Closes = e.Closes.Add(time.Hour) }), "about something else"},
}

// resign signs the n-th raw transaction again after a change, with the key that signed it, and
// makes its entry agree.
func resign(change func(*testing.T, *testLog, *types.DynamicFeeTx)) func(*testing.T, *testLog, []swap.Event, int) {
	return func(t *testing.T, l *testLog, events []swap.Event, i int) {
		e := events[i].(*swap.TxSigned)
		var tx types.Transaction
		must(t, tx.UnmarshalBinary(l.files[ledger.Digest(e.Raw)]))
		inner := &types.DynamicFeeTx{ChainID: tx.ChainId(), Nonce: tx.Nonce(), Gas: tx.Gas(), GasFeeCap: tx.GasFeeCap(), GasTipCap: tx.GasTipCap(), To: tx.To(), Data: tx.Data()}
		change(t, l, inner)
		again, err := types.SignNewTx(l.chain.publisher, types.LatestSignerForChainID(inner.ChainID), inner)
		must(t, err)
		raw, err := again.MarshalBinary()
		must(t, err)
		old := e.Hash
		e.Raw, e.Hash, e.GasFee = l.attach(raw), swap.Hash(again.Hash()), swap.Wei(again.GasFeeCap().Uint64())
		// Its fate follows it, so that nothing later gives the change away.
		for _, other := range events[i+1:] {
			switch o := other.(type) {
			case *swap.TxMined:
				replace(&o.Hash, old, e.Hash)
			case *swap.TxFinalized:
				replace(&o.Hash, old, e.Hash)
			case *swap.TxFailed:
				replace(&o.Hash, old, e.Hash)
			}
		}
	}
}

func replace(h *swap.Hash, old, new swap.Hash) {
	if *h == old {
		*h = new
	}
}

// TestTamper: whatever is changed in an entry and signed again with the real key, the audit names
// that entry first.
func TestTamper(t *testing.T) {
	l := large(t)
	kinds := map[string]bool{}
	for _, c := range slices.Concat(tampers, coinTampers) {
		kinds[c.kind] = true
		t.Run(c.kind+"/"+c.name, func(t *testing.T) {
			t.Parallel()
			at := l.find(c.kind, c.n)
			forged := l.changed(func(forged *testLog, events []swap.Event) []swap.Event {
				c.change(t, forged, events, int(at))
				return events
			})
			r := replayed(t, forged.inMemory(), l.options())
			if got := firstEntry(r); got != fmt.Sprint(at) {
				t.Fatalf("entry %s is named first, not %d: %v", got, at, r.Problems)
			}
			if first := r.Problems[0]; first.Kind != forged.decoded()[at].Kind() || !slices.ContainsFunc(r.Problems, func(p Problem) bool {
				return p.Entry != nil && *p.Entry == at && strings.Contains(p.What, c.want)
			}) {
				t.Errorf("want %q about a %s, got %v", c.want, c.kind, r.Problems)
			}
		})
	}
	for _, kind := range swap.Kinds() {
		if !kinds[kind] {
			t.Errorf("nothing tampers with %s", kind)
		}
	}
}
