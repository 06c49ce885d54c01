// Package audit recomputes a migration from nothing but an export of its ledger: plain files that
// anyone can fetch.
//
// What it does, in the order of the entries:
//
//   - the manifest's and the checkpoint's signatures, every file against the manifest, every entry
//     against the tree and the tree against the checkpoint; with an earlier checkpoint, that the
//     log still begins with it
//   - each entry alone, on all cores: its strict form, the signature of a claim, the raw answers
//     behind a snapshot, the lines of a legacy file, a raw transaction with its sender and call
//     data
//   - each entry against all before it: swap.Apply on tables in memory, and beside it what Apply
//     leaves to whoever appends: refusals are decided again, the legacy file is imported again,
//     snapshots are agreed on and made final again, every proof of coins is judged again, every
//     round is rebuilt from the tables at its cut-off and compared byte for byte, payments are
//     compared with the root that was live, transactions with their purpose
//   - with daemons of the auditor's own: that each snapshot's block is final there, each transaction of
//     a counted proof in its block, and each stake made by a transaction
//   - with the auditor's own observations: each snapshot at their heights, to the last field
//   - with a chain to ask: the distributor's code and settings, every one of its events, claimed()
//     and the token balance
//
// It holds no key and writes nothing. Memory grows with accounts, payments and the files that the
// manifest lists, never with the content of attachments.
package audit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/mod/sumdb/note"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// GCPercent is what a program that audits should give to runtime/debug.SetGCPercent: most of its
// memory is tables that stay, and next to the signatures it costs nothing to collect twice as often
// as usual.
const GCPercent = 50

// Options say what a replay is compared with. An export is anchored by Key and Migration together:
// without them it can only be shown to agree with itself.
type Options struct {
	Key       string     // a verifier key that the ledger has had, in note form, from a source other than the export
	Migration string     // the migration id, likewise
	Witnesses []string   // verifier keys of witnesses, all of whom must have cosigned the checkpoint
	Since     []byte     // an earlier signed checkpoint, which the log must still begin with
	Rules     swap.Rules // accept a log that is under these older rules; 0: the latest alone
	Public    bool       // accept that proofs of coins were left out, and count those that could not be checked
	Chain     DialChain  // nil: the chain is not asked
	Oxen      Oxen       // the auditor's own daemons
	Observed  fs.FS      // snapshots that the auditor took for themself (package observed); nil: none
	// CodeHash is the Keccak-256 of the code that a distributor with these settings has on chain,
	// by the sources. nil: it is not compared.
	CodeHash func(d swap.Distributor, termsCloseAt uint64, migration string) (swap.Hash, error)
	// Progress gets, from one goroutine, how many of the entries are done. It may be nil.
	Progress func(done, total uint64)
}

// Replay audits the export in a file system, of which it needs only Open. What is wrong with the
// export is in the report; the error is about the options, the chain's RPC, or ctx.
func Replay(ctx context.Context, export fs.FS, o Options) (*Report, error) {
	a := &auditor{options: o, report: newReport()}
	if err := a.parseOptions(); err != nil {
		return nil, err
	}
	if err := a.run(ctx, export); err != nil {
		return nil, err
	}
	a.report.finish()
	return a.report, nil
}

type auditor struct {
	options   Options
	key       note.Verifier // nil: not given
	witnesses []*ledger.Witness
	report    *Report
	export    *ledger.Export
	files     *files
}

func (a *auditor) parseOptions() (err error) {
	if a.options.Key != "" {
		if a.key, err = ledger.NewVerifier(a.options.Key); err != nil {
			return fmt.Errorf("key: %w", err)
		}
	}
	names := map[string]bool{}
	for _, vkey := range a.options.Witnesses {
		w, err := ledger.NewWitness(vkey)
		if err != nil {
			return fmt.Errorf("witness: %w", err)
		}
		if names[w.Name()] {
			return fmt.Errorf("witness: %s is given twice", w.Name())
		}
		names[w.Name()] = true
		a.witnesses = append(a.witnesses, w)
	}
	return nil
}

func (a *auditor) run(ctx context.Context, export fs.FS) error {
	var err error
	if a.export, err = ledger.OpenUnverifiedExport(export); err != nil {
		a.report.global(kindOf(err, "export"), err)
		return nil
	}
	checkpoint, _ := a.export.Checkpoint()
	a.report.Origin, a.report.Entries, a.report.Root = checkpoint.Origin, uint64(checkpoint.N), checkpoint.Hash.String()
	a.files = newFiles(export, a.export.Manifest())

	first, ok := a.open()
	if !ok {
		return nil
	}
	since := a.anchor(first)
	r := &replay{
		auditor: a, terms: first.terms, attachments: attachments{a.export}, since: since,
		rebuilt: map[uint64]*rebuiltRound{}, deploys: map[swap.Hash]deployment{},
		oxen: oxenSide{mined: map[uint64]judgedProof{}}, payments: newPayments(), events: map[eventKey]recordedEvent{}, proofs: proofs{snapshot: oneAttachment{Attachments: attachments{a.export}}},
	}
	if err := r.all(ctx); err != nil {
		return err
	}
	r.checkKeys(first)
	if err := r.summariseRounds(); err != nil {
		return err
	}
	if !r.broken {
		a.files.checkUnused(a.report)
	}
	if err := r.checkOxen(ctx); err != nil {
		return err
	}
	if a.options.Observed != nil && !r.broken {
		if err := r.compareObserved(a.options.Observed); err != nil {
			return err
		}
	}
	switch {
	case a.options.Chain == nil:
		a.report.notChecked("the chain, for want of an RPC: code of the distributor, its events, claimed amounts and its balance", 0)
	case r.broken:
		a.report.notChecked("the chain, because the log could not be read whole", 0)
	default:
		return r.checkChain(ctx)
	}
	return nil
}

// opening is what the first entry says.
type opening struct {
	event *swap.MigrationOpened
	terms *swap.Terms
}

// open reads the first entry, without which nothing can be checked.
func (a *auditor) open() (first opening, ok bool) {
	fail := func(err error) (opening, bool) {
		var wrong *ledger.EntryError
		if errors.As(err, &wrong) {
			a.report.entry(uint64(wrong.Index), "unreadable", err.Error())
		} else {
			a.report.entry(0, "migration.opened", err.Error())
		}
		return opening{}, false
	}
	if a.report.Entries == 0 {
		a.report.global("export", errors.New("the log has no entry"))
		return opening{}, false
	}
	lines, err := a.export.Bundle(0)
	if err != nil {
		return fail(err)
	}
	e, err := ledger.ParseEntry(lines[0])
	if err != nil {
		return fail(err)
	}
	event, err := swap.DecodeEvent(e.Kind, e.Body)
	if err != nil {
		return fail(err)
	}
	if first.event, ok = event.(*swap.MigrationOpened); !ok {
		return fail(fmt.Errorf("the first entry is %s", e.Kind))
	}
	raw, err := attachments{a.export}.Attachment(first.event.Terms)
	if err != nil {
		return fail(fmt.Errorf("terms: %w", err))
	}
	if first.terms, err = swap.ParseTerms(raw); err != nil {
		return fail(err)
	}
	a.report.Migration = first.terms.ID()
	return first, true
}

// anchor compares the export with what the caller knows from elsewhere, and returns the earlier
// checkpoint.
func (a *auditor) anchor(first opening) (since *ledger.Checkpoint) {
	key := a.key
	if key == nil {
		var err error
		if key, err = ledger.NewVerifier(first.event.LedgerKey); err != nil {
			a.report.entry(0, first.event.Kind(), fmt.Sprintf("ledger key: %v", err))
			return nil
		}
	}
	cosignatures, err := a.export.Verify(key, a.witnesses...)
	if err != nil {
		a.report.global(kindOf(err, "checkpoint"), err)
	} else {
		a.report.Anchors.Key = a.key != nil
		a.report.add("signatures of manifest and checkpoint", 2)
	}
	signed := map[string]bool{}
	for _, c := range cosignatures {
		signed[c.Name] = true
	}
	for _, w := range a.witnesses {
		if !signed[w.Name()] {
			a.report.global("checkpoint", fmt.Errorf("the witness %s has not cosigned it", w.Name()))
			continue
		}
		a.report.Anchors.Witnesses = append(a.report.Anchors.Witnesses, w.Name())
	}
	if a.options.Migration != "" {
		if a.options.Migration != first.terms.ID() {
			a.report.entry(0, first.event.Kind(), fmt.Sprintf("it opens migration %s, not %s",
				first.terms.ID(), a.options.Migration))
		} else {
			a.report.Anchors.Migration = true
		}
	}
	if a.options.Since == nil {
		return nil
	}
	keys, err := a.export.Keys(key)
	if err != nil {
		a.report.global("since", err)
		return nil
	}
	c, _, err := keys.OpenCheckpoint(a.options.Since)
	switch {
	case err != nil:
		a.report.global("since", err)
	case uint64(c.N) > a.report.Entries:
		a.report.global("since", fmt.Errorf("the log had %d entries at the earlier checkpoint and has %d now: "+
			"it has shrunk", c.N, a.report.Entries))
	default:
		return &c
	}
	return nil
}

// kindOf names the file that an error is about, or what it is about otherwise.
func kindOf(err error, otherwise string) string {
	var file *ledger.FileError
	if errors.As(err, &file) {
		return file.Path
	}
	return otherwise
}

// attachments gives those of an export to package swap.
type attachments struct{ export *ledger.Export }

// Attachment implements swap.Attachments.
func (a attachments) Attachment(h swap.Hash) ([]byte, error) {
	data, err := a.export.Attachment(ledger.Digest(h))
	if err != nil {
		return nil, &attachmentError{err}
	}
	return data, nil
}

// attachmentError is swap.ErrAttachment with the export's own words, and swap.ErrWithheld too if
// that is why.
type attachmentError struct{ err error }

func (e *attachmentError) Error() string { return e.err.Error() }

func (e *attachmentError) Unwrap() []error {
	if errors.Is(e.err, ledger.ErrWithheld) {
		return []error{swap.ErrAttachment, swap.ErrWithheld, e.err}
	}
	return []error{swap.ErrAttachment, e.err}
}
