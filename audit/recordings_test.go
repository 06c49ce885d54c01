package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"oxenswap/oxenrpc/wire"
	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
)

// recording is what two daemons answered at one height of a recorded network.
type recording struct {
	Height  uint64 `json:"height"`
	Daemons map[string][]struct {
		Call string          `json:"call"`
		Body json.RawMessage `json:"body"`
	} `json:"daemons"`
}

func loadRecording(tb testing.TB, n int) *recording {
	tb.Helper()
	var w recording
	must(tb, json.Unmarshal(readTestdata(tb, fmt.Sprintf("world%d.json", n)), &w))
	return &w
}

func (w *recording) answer(daemon, call string) []byte {
	for _, c := range w.Daemons[daemon] {
		if c.Call == call {
			return c.Body
		}
	}
	return nil
}

func (w *recording) header(daemon string, height uint64) []byte {
	return w.answer(daemon, fmt.Sprintf("%s.%d", wire.CallHeader, height))
}

// tip are the answers that every set begins with. get_last_block_header answers as the header of
// the top block does.
func (w *recording) tip(daemon string) []swap.RawAnswer {
	return []swap.RawAnswer{
		{Call: wire.CallLastHeader, Body: w.header(daemon, w.Height)},
		{Call: wire.CallInfo, Body: w.answer(daemon, wire.CallInfo)},
		{Call: wire.CallGenesis, Body: w.answer(daemon, wire.CallGenesis)},
	}
}

func (w *recording) observation(tb testing.TB, daemon string) *swap.Observation {
	tb.Helper()
	raw := w.tip(daemon)
	for _, call := range []string{wire.CallServiceNodes, wire.CallRewards10, wire.CallBlacklist, wire.CallPoll} {
		raw = append(raw, swap.RawAnswer{Call: call, Body: w.answer(daemon, call)})
	}
	o, err := wire.Observation(raw)
	must(tb, err)
	return &o
}

func (w *recording) status(tb testing.TB, daemon string, height uint64) *swap.BlockStatus {
	tb.Helper()
	s, err := wire.BlockStatus(append(w.tip(daemon), swap.RawAnswer{Call: wire.CallHeader, Body: w.header(daemon, height)}), height)
	must(tb, err)
	return &s
}

// replaced is a recording in which one daemon's answer to a call says something else.
func (w *recording) replaced(daemon, call, old, new string) *recording {
	out := &recording{Height: w.Height, Daemons: map[string][]struct {
		Call string          `json:"call"`
		Body json.RawMessage `json:"body"`
	}{}}
	for d, calls := range w.Daemons {
		out.Daemons[d] = slices.Clone(calls)
		for i, c := range calls {
			if d == daemon && c.Call == call {
				out.Daemons[d][i].Body = bytes.ReplaceAll(c.Body, []byte(old), []byte(new))
			}
		}
	}
	return out
}

// take records a snapshot on which a and b agree; third is what c answers, if anything.
func (l *testLog) take(w *recording, third *swap.Observation) uint64 {
	l.tb.Helper()
	answers := []swap.ObservationAnswer{{Daemon: "a", Observation: w.observation(l.tb, "a")}, {Daemon: "b", Observation: w.observation(l.tb, "b")}, {Daemon: "c", Observation: third}}
	if third == nil {
		answers[2].Err = errors.New("get_info: time-out")
	}
	return l.record(swap.AgreeOnSnapshot(l.terms, l.migration().RulesInForce(), 2, answers))
}

// decide records what two daemons of a recording make of a snapshot.
func (l *testLog) decide(w *recording, height uint64) uint64 {
	l.tb.Helper()
	s, err := l.tables.Snapshot(height)
	must(l.tb, err)
	return l.record(swap.DecideSnapshot(l.terms, 2, s, []swap.BlockAnswer{
		{Daemon: "a", Block: w.status(l.tb, "a", height)}, {Daemon: "b", Block: w.status(l.tb, "b", height)},
		{Daemon: "c", Err: errors.New("get_info: time-out")},
	}))
}

// wallet is a recorded wallet with claims that it signed.
type wallet struct {
	Name    string          `json:"wallet"`
	Address string          `json:"address"`
	Second  swap.EVMAddress `json:"second_recipient"`
	Spend   string          `json:"spend_key"`
	Texts   []struct {
		Text      string `json:"text"`
		Signature string `json:"signature"`
	} `json:"texts"` // legacy, legacy in lower case, claim #1, claim #2
}

func loadWallets(tb testing.TB) []wallet {
	tb.Helper()
	var list []wallet
	must(tb, json.Unmarshal(readTestdata(tb, "wallets.json"), &list))
	return list
}

var notChecked = swap.RecipientCode{Ethereum: swap.SeenNotChecked, Target: swap.SeenNotChecked}

func accepted(c swap.Claim, code swap.RecipientCode) *swap.ClaimAccepted {
	return &swap.ClaimAccepted{
		Text: c.Text, Signature: c.Signature, Oxen: c.Oxen, Account: c.Account, Recipient: c.Recipient,
		Sequence: c.Sequence, Integrated: c.Integrated, Code: code,
	}
}

// claim records the wallet's recorded claim with a number.
func (l *testLog) claim(w wallet, sequence int) uint64 {
	l.tb.Helper()
	t := w.Texts[1+sequence]
	c, err := swap.VerifyClaim(l.terms, w.Address, t.Text, t.Signature)
	must(l.tb, err)
	return l.add(accepted(c, notChecked))
}

// signClaim makes a claim that the wallet never signed on tape.
func (l *testLog) signClaim(w wallet, to swap.EVMAddress, sequence uint32) swap.Claim {
	l.tb.Helper()
	key, err := cryptonote.ParseSecretKey(w.Spend)
	must(l.tb, err)
	text := swap.ClaimText{Migration: l.terms.ID(), Recipient: to, Sequence: sequence, Until: time.Date(2027, 12, 31, 0, 0, 0, 0, time.UTC)}.String()
	sig, err := cryptonote.Sign(key, []byte(text), newEntropy(text))
	must(l.tb, err)
	c, err := swap.VerifyClaim(l.terms, w.Address, text, sig.String())
	must(l.tb, err)
	return c
}

// legacy records a legacy file and the claims that it wins.
func (l *testLog) legacy(lines ...string) {
	l.tb.Helper()
	file := []byte(strings.Join(lines, "\n") + "\n")
	var verified []swap.LegacyLine
	for _, line := range swap.SplitLines(file) {
		verified = append(verified, swap.VerifyLegacyLine(l.terms, line))
	}
	event, taken, err := swap.ImportLegacy(&l.tables, l.migration(), file, verified, l.now)
	must(l.tb, err)
	l.add(&event, file)
	for _, c := range taken {
		l.add(accepted(c, notChecked))
	}
}

func legacyLine(w wallet, text int) string {
	return fmt.Sprintf(`{"oxen":%q,"text":%q,"signature":%q}`, w.Address, w.Texts[text].Text, w.Texts[text].Signature)
}

// build records the next round; alter may change what is built before it becomes an entry.
func (l *testLog) build(alter func(*swap.RoundFiles)) *swap.RoundFiles {
	l.tb.Helper()
	files, err := swap.BuildRound(&l.tables, uint64(len(l.lines)))
	must(l.tb, err)
	if alter != nil {
		alter(files)
	}
	l.record(files.Record(), nil)
	return files
}

func (l *testLog) approve(number uint64, who string) uint64 {
	l.tb.Helper()
	r, err := l.tables.Round(number)
	must(l.tb, err)
	return l.add(&swap.RoundApproved{Round: number, Note: l.sign(who, swap.ApprovalText(l.terms.Origin(), &r.RoundBuilt))})
}
