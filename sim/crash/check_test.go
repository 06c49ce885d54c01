package crash

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"oxenswap/store"
	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// A witness stands beside a ledger for all of its life. It keeps the last checkpoint and the
// receipts that it was given, and holds every later state against them.
type witness struct {
	dir string

	mu       sync.Mutex
	vkey     string
	last     tlog.Tree // of the last checkpoint seen
	receipts [][]byte  // not yet held against the ledger
	answers  []answer  // likewise
	honoured int       // receipts that were
	checks   int
	batches  map[uint64]uint64 // legacy.imported -> the claims that must follow it
	read     uint64            // entries looked at for whole transactions
}

func newWitness(dir string) *witness { return &witness{dir: dir, batches: map[uint64]uint64{}} }

// keep is called with a receipt that somebody was given.
func (w *witness) keep(receipt []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.receipts = append(w.receipts, receipt)
}

// An answer is the entry of a claim, as whoever handed it in was told.
type answer struct {
	entry uint64
	text  string
}

// told is called with an answer that somebody was given.
func (w *witness) told(a answer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answers = append(w.answers, a)
}

// holds reports whether the ledger begins with a tree.
func (w *witness) holds(ctx context.Context, tree tlog.Tree) (err error) {
	r, err := store.OpenReader(ctx, w.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return w.begins(ctx, r, tree)
}

// key is the ledger's, or empty when there was no ledger yet.
func (w *witness) key() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.vkey
}

// check compares all of a ledger with itself and with what was seen and answered before.
func (w *witness) check(t testing.TB) store.Verified {
	t.Helper()
	v, err := w.try(context.Background())
	must(t, err)
	return v
}

func (w *witness) try(ctx context.Context) (_ store.Verified, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := os.Stat(w.dir); errors.Is(err, fs.ErrNotExist) && w.last.N == 0 && len(w.receipts) == 0 {
		return store.Verified{}, nil // it was not made yet
	}
	r, err := store.OpenReader(ctx, w.dir)
	if err != nil {
		return store.Verified{}, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	v, err := r.Verify(ctx)
	if err != nil {
		return v, err
	}
	// An export, a receipt or a root on chain can have carried any checkpoint that was ever in
	// place.
	if v.Checkpoint.N < w.last.N {
		return v, fmt.Errorf("the checkpoint covers %d entries and covered %d before", v.Checkpoint.N, w.last.N)
	}
	if err := w.begins(ctx, r, w.last); err != nil {
		return v, err
	}
	for _, receipt := range w.receipts {
		if err := w.honours(ctx, r, receipt); err != nil {
			return v, err
		}
	}
	for _, a := range w.answers {
		if err := a.kept(ctx, r, v.Checkpoint); err != nil {
			return v, err
		}
	}
	w.honoured, w.receipts, w.answers = w.honoured+len(w.receipts), nil, nil
	w.last, w.vkey = v.Checkpoint.Tree, vkeyOf(r)
	w.checks++
	return v, w.whole(ctx, r, v.Entries)
}

// begins reports whether the log begins with a tree.
func (w *witness) begins(ctx context.Context, r *store.Reader, tree tlog.Tree) error {
	if tree.N == 0 {
		return nil
	}
	root, err := r.RootAt(ctx, uint64(tree.N))
	if err == nil && root != tree.Hash {
		err = fmt.Errorf("its first %d entries have root %v, and %v was signed", tree.N, root, tree.Hash)
	}
	return err
}

// honours reports whether a receipt is good and the log is the one that it was given for.
func (w *witness) honours(ctx context.Context, r *store.Reader, receipt []byte) error {
	given, c, _, err := r.Keys().CheckReceipt(receipt)
	if err != nil {
		return err
	}
	now, err := r.Entry(ctx, given.Seq)
	if err != nil {
		return fmt.Errorf("entry %d was answered and is lost: %w", given.Seq, err)
	}
	if again, err := ledger.FormatEntry(given); err != nil || string(again) != string(now.Bytes) {
		return fmt.Errorf("entry %d was answered as %q and is %q (%v)", given.Seq, again, now.Bytes, err)
	}
	return w.begins(ctx, r, c.Tree)
}

// kept reports whether a claim that was answered is in the log, under a checkpoint.
func (a answer) kept(ctx context.Context, r *store.Reader, signed ledger.Checkpoint) error {
	e, err := r.Entry(ctx, a.entry)
	if err != nil {
		return fmt.Errorf("entry %d was answered and is lost: %w", a.entry, err)
	}
	event, err := swap.DecodeEvent(e.Kind, e.Body)
	if err != nil {
		return err
	}
	if c, ok := event.(*swap.ClaimAccepted); !ok || c.Text != a.text || int64(a.entry) >= signed.N {
		return fmt.Errorf("entry %d was answered for %q and is %.300s, under a checkpoint of %d", a.entry, a.text, e.Bytes, signed.N)
	}
	return nil
}

// whole finds the transactions of which only a part is there.
func (w *witness) whole(ctx context.Context, r *store.Reader, size uint64) error {
	if err := r.Entries(ctx, w.read, size, func(e store.Stored) error {
		event, err := swap.DecodeEvent(e.Kind, e.Body)
		if err != nil {
			return err
		}
		switch e := event.(type) {
		case *swap.LegacyImported:
			w.batches[w.read] = e.Taken
		case *swap.ClaimAccepted:
			for first, missing := range w.batches {
				if e.Sequence == 0 && missing > 0 {
					w.batches[first]--
				}
			}
		}
		w.read++
		return nil
	}); err != nil {
		return err
	}
	for first, missing := range w.batches {
		if missing > 0 {
			return fmt.Errorf("half a transaction: %d of the claims of entry %d are missing", missing, first)
		}
	}
	return nil
}

// vkeyOf is the ledger's first key, by which everything that was ever published can be opened.
func vkeyOf(r *store.Reader) (vkey string) {
	if err := r.View(context.Background(), func(t swap.Tables, _ uint64) error {
		m, err := t.Migration()
		if vkey = m.LedgerKey; err != nil || len(m.Rotations) == 0 {
			return err
		}
		first, err := ledger.OpenRotation([]byte(m.Rotations[0]))
		vkey = first.Old
		return err
	}); err != nil {
		return err.Error()
	}
	return vkey
}

// tryExport reads an export as a stranger who finds it at any moment: either there is none yet, or
// it is whole, and it never goes back.
func tryExport(dir string, key note.Verifier, least int64) (int64, error) {
	if _, err := os.Stat(filepath.Join(dir, "manifest")); errors.Is(err, fs.ErrNotExist) && least == 0 {
		return 0, nil
	}
	x, err := ledger.OpenExport(os.DirFS(dir), key)
	if err != nil {
		return 0, err
	}
	if _, err := x.Verify(key); err != nil {
		return 0, err
	}
	if err := x.CheckFiles(nil); err != nil {
		return 0, err
	}
	c, _ := x.Checkpoint()
	n := int64(0)
	for _, err := range x.Entries(0) {
		if err != nil {
			return 0, err
		}
		n++
	}
	if n != c.N || c.N < least {
		return 0, fmt.Errorf("the export in %s has %d entries of %d, and had %d", dir, n, c.N, least)
	}
	return c.N, nil
}
