package audit

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ethereum/go-ethereum/accounts/abi"

	"oxenswap/oxenrpc/wire"
	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// examiner checks entries alone. It is used from many goroutines.
type examiner struct {
	export *ledger.Export
	files  *files
	terms  *swap.Terms
	att    swap.Attachments
	calls  abi.ABI // that a transaction may make
	claims *backlog
	public bool // accept that what is private was left out
}

func (e *examined) wrong(format string, args ...any) {
	e.problems = append(e.problems, fmt.Sprintf(format, args...))
}

func (e *examined) note(what string, n int) {
	if n > 0 {
		e.notes = append(e.notes, Count{what, uint64(n)})
	}
}

// What can be counted of single entries.
const (
	countClaims     = "claim signatures"
	countAnswers    = "daemons' sets of raw answers"
	countLegacy     = "lines of the legacy file"
	countRaw        = "raw transactions"
	countAttached   = "attachments by digest"
	uncheckedSilent = "daemons that gave no answer that the export could hold"
	uncheckedCode   = "what was seen at claims' recipients on the chains when they came"
	uncheckedHidden = "attachments withheld from a public export"
)

// examine checks what an entry says as far as no other entry is needed.
func (x *examiner) examine(e *examined) {
	e.complete = x.attached(e)
	switch event := e.event.(type) {
	case *swap.ClaimAccepted:
		e.note(countClaims, 1) // Verify is called from the backlog
	case *swap.ClaimRefused:
		x.numbered(e, swap.Claim{
			Text: event.Text, Signature: event.Signature, Oxen: event.Oxen, Account: event.Account, Recipient: event.Recipient, Sequence: event.Sequence,
		})
	case *swap.ProofReceived:
		if p := event.Pending; p != nil {
			x.numbered(e, swap.Claim{
				Text: p.Text, Signature: p.Signature, Oxen: p.Oxen, Account: p.Account, Recipient: p.Recipient, Sequence: p.Sequence,
			})
		}
	case *swap.ClaimChecked:
		var refusal *swap.Refusal // a contract that appeared later is what such an entry is for
		if err := event.Code.Check(swap.EVMAddress{}); err != nil && !errors.As(err, &refusal) {
			e.wrong("%v", err)
		}
	case *swap.RailHit:
		if event.Asked <= event.Limit {
			e.wrong("%s asked do not pass the limit %d", event.Asked.In(event.Rail), event.Limit)
		}
	case *swap.RoundBuilt:
		x.round(e, event)
	}
	if !e.complete {
		return
	}
	switch event := e.event.(type) {
	case *swap.SnapshotTaken:
		x.taken(e, event)
	case *swap.SnapshotFinalized:
		e.ready = x.sightings(e, event.Height, event.Daemons)
	case *swap.SnapshotDiscarded:
		e.ready = x.sightings(e, event.Height, event.Daemons)
	case *swap.LegacyImported:
		e.ready = x.legacy(e, event)
	case *swap.TxSigned:
		e.ready = x.signed(e, event)
	case *swap.PushPlanned:
		e.ready = x.planned(e, event)
	case *swap.RoundBuilt:
		x.read(e, event.Leaves)
		x.read(e, event.Allocations)
	case *swap.Correction:
		if event.Evidence != nil {
			x.read(e, *event.Evidence)
		}
	}
}

// attached notes the attachments that an entry names, and reports whether all of them are in the export.
func (x *examiner) attached(e *examined) bool {
	complete := true
	for _, h := range e.event.Attachments() {
		switch x.files.name(h) {
		case listed:
			e.note(countAttached, 1)
			continue
		case absent:
			e.wrong("attachment %s is not in the export", h)
		case withheld:
			switch {
			case !slices.Contains(swap.Private(e.event), h):
				e.wrong("attachment %s is withheld, though nothing in it is private", h)
			case !x.public:
				e.wrong("attachment %s is withheld: ask the operator for the full export, or accept with --public that it is not checked", h)
			default:
				e.note(uncheckedHidden, 1)
			}
		}
		complete = false
	}
	return complete
}

// read gives the plain bytes of an attachment, nil after saying what is wrong.
func (x *examiner) read(e *examined, h swap.Hash) []byte {
	data, err := x.att.Attachment(h)
	if err != nil {
		e.wrong("%v", err)
		return nil
	}
	return data
}

// numbered verifies a numbered claim that an entry tells, and makes it ready. Whether accepted, refused or waiting for a
// proof, only well-signed ones become an entry.
func (x *examiner) numbered(e *examined, told swap.Claim) {
	c, err := swap.VerifyClaim(x.terms, told.Oxen, told.Text, told.Signature)
	if err != nil {
		e.wrong("%v", err)
		return
	}
	if c.Account != told.Account || c.Recipient != told.Recipient || c.Sequence != told.Sequence || c.Oxen != told.Oxen || c.Text != told.Text {
		e.wrong("the claim says something else than the entry's fields")
		return
	}
	e.note(countClaims, 1)
	e.ready = c
}

// round checks the sums that a round states of itself.
func (x *examiner) round(e *examined, event *swap.RoundBuilt) {
	for i := range event.Programmes {
		t := &event.Programmes[i]
		p, ok := x.terms.Programme(t.Programme)
		if !ok {
			e.wrong("the terms have no programme %q", t.Programme)
			continue
		}
		if err := t.Conserved(); err != nil {
			e.wrong("%v", err)
		}
		if given := t.Before + t.Amount; given < t.Before || given > p.Cap {
			e.wrong("programme %s: %s given before and %s now pass its cap of %s", t.Programme, t.Before, t.Amount, p.Cap)
		}
	}
}

// rawAnswers reads the answers of one daemon; nil, after saying what is wrong, if any is missing. What daemons answered
// alike is in bodies once.
func (x *examiner) rawAnswers(e *examined, d swap.DaemonReport, bodies map[swap.Hash][]byte) []swap.RawAnswer {
	var raw []swap.RawAnswer
	for _, a := range d.Answers {
		body := bodies[a.Body]
		if body == nil {
			if body = x.read(e, a.Body); body == nil {
				return nil
			}
			bodies[a.Body] = body
		}
		raw = append(raw, swap.RawAnswer{Call: a.Call, Body: body})
	}
	return raw
}

// observed reads what each daemon answered. A daemon that agrees must have given answers that can be read.
func observed[T any](x *examiner, e *examined, reports []swap.DaemonReport, parse func([]swap.RawAnswer) (T, error), got func(i int, t *T, err error)) {
	readings := make([]struct {
		raw    []swap.RawAnswer
		parsed T
		err    error
	}, len(reports))
	bodies := map[swap.Hash][]byte{}
	var parsing sync.WaitGroup
	for i, d := range reports {
		if len(d.Answers) == 0 {
			continue
		}
		if readings[i].raw = x.rawAnswers(e, d, bodies); readings[i].raw != nil {
			parsing.Go(func() { readings[i].parsed, readings[i].err = parse(readings[i].raw) })
		}
	}
	parsing.Wait()
	for i, d := range reports {
		if (d.Differs == "") != d.Agrees {
			e.wrong("daemon %s: it agrees and differs, or does neither", d.Daemon)
		}
		if len(d.Answers) == 0 {
			if d.Agrees {
				e.wrong("daemon %s agrees without an answer", d.Daemon)
			}
			e.note(uncheckedSilent, 1)
			got(i, nil, errors.New(d.Differs))
			continue
		}
		switch r := &readings[i]; {
		case r.raw == nil:
			got(i, nil, errors.New("its answers are missing"))
		case r.err != nil:
			if d.Agrees {
				e.wrong("daemon %s: %v", d.Daemon, r.err)
			}
			got(i, nil, r.err)
		default:
			e.note(countAnswers, 1)
			got(i, &r.parsed, nil)
		}
	}
}

// taken decides again, from the raw answers alone, what the daemons agreed on.
func (x *examiner) taken(e *examined, event *swap.SnapshotTaken) {
	answers := make([]swap.Answered, len(event.Daemons))
	observed(x, e, event.Daemons, wire.Observation, func(i int, o *swap.Observation, err error) {
		answers[i] = swap.Answered{Daemon: event.Daemons[i].Daemon, Observation: o, Err: err}
	})
	record, balances, err := swap.AgreedBalances(x.terms, event.Quorum, answers)
	if err != nil {
		e.wrong("from the raw answers: %v", err)
		return
	}
	again := record.Event.(*swap.SnapshotTaken)
	switch {
	case again.Height != event.Height || again.BlockHash != event.BlockHash || again.HardFork != event.HardFork:
		e.wrong("the raw answers are of block %d %s, hard fork %d", again.Height, again.BlockHash, again.HardFork)
	case again.Content != event.Content:
		e.wrong("the raw answers give the content %s, the entry names %s", again.Content, event.Content)
	case again.Totals != event.Totals:
		e.wrong("the raw answers give other totals: %+v", again.Totals)
	case x.read(e, event.Content) != nil:
		e.ready = decoded{x.att, event.Content, balances, nil}
	}
	sameReports(e, event.Daemons, again.Daemons)
}

// decoded gives what was recomputed and found to be what an entry's attachment says.
type decoded struct {
	swap.Attachments
	digest      swap.Hash
	balances    []swap.Balance
	allocations []swap.Allocation
}

var _ swap.Decoded = decoded{}

// Balances implements swap.Decoded.
func (d decoded) Balances(content swap.Hash) ([]swap.Balance, bool) {
	return d.balances, d.balances != nil && content == d.digest
}

// Allocations implements swap.Decoded.
func (d decoded) Allocations(list swap.Hash) ([]swap.Allocation, bool) {
	return d.allocations, d.allocations != nil && list == d.digest
}

// sameReports compares who agreed. The words about a difference are for people and may change with the software.
func sameReports(e *examined, reports, again []swap.DaemonReport) {
	for i, d := range reports {
		switch r := again[i]; {
		case r.Daemon != d.Daemon:
			e.wrong("the daemons are not in the order of their names")
			return
		case r.Agrees != d.Agrees:
			word := "agrees"
			if d.Agrees {
				word = "differs (" + r.Differs + ")"
			}
			e.wrong("daemon %s %s by its raw answers", d.Daemon, word)
		case r.Version != "" && r.Version != d.Version:
			e.wrong("daemon %s is version %s by its raw answers, the entry says %q", d.Daemon, r.Version, d.Version)
		}
	}
}

// sightings reads what each daemon said about the block of a snapshot. The quorum in force decides, so it is left to the
// replay.
func (x *examiner) sightings(e *examined, height uint64, reports []swap.DaemonReport) []swap.Saw {
	saw := make([]swap.Saw, len(reports))
	parse := func(raw []swap.RawAnswer) (swap.Sighting, error) { return wire.Sighting(raw, height) }
	observed(x, e, reports, parse, func(i int, s *swap.Sighting, err error) {
		saw[i] = swap.Saw{Daemon: reports[i].Daemon, Sighting: s, Err: err}
	})
	return saw
}

// legacyFile is the file of legacy claims with the verdict on each line.
type legacyFile struct {
	data  []byte
	lines []swap.LegacyLine
}

// legacy verifies the lines of the legacy file on all cores.
func (x *examiner) legacy(e *examined, event *swap.LegacyImported) *legacyFile {
	data := x.read(e, event.File)
	if data == nil {
		return nil
	}
	lines := swap.SplitLines(data)
	f := &legacyFile{data, make([]swap.LegacyLine, len(lines))}
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(lines) {
					return
				}
				f.lines[i] = swap.VerifyLegacyLine(x.terms, lines[i])
			}
		})
	}
	workers.Wait()
	e.note(countLegacy, len(lines))
	return f
}
