package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"
	"golang.org/x/mod/sumdb/note"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// rotate gives the ledger another key, with which the world opens it from then on.
func (w *world) rotate(s *Store) ledger.Entry {
	w.Helper()
	next, vkey := w.key(w.terms.Origin())
	e, err := s.Rotate(context.Background(), next, vkey)
	w.must(err)
	w.signer, w.vkey = next, vkey
	return e
}

// signers are the hashes of the keys that have signed a checkpoint.
func signers(t tb, msg []byte) (hashes []uint32) {
	t.Helper()
	_, err := note.Open(msg, nil)
	var unverified *note.UnverifiedNoteError
	if !errors.As(err, &unverified) {
		t.Fatalf("note.Open of %s: got %v, want an unverified note", msg, err)
	}
	for _, s := range unverified.Note.UnverifiedSigs {
		hashes = append(hashes, s.Hash)
	}
	return hashes
}

// TestRotate: the ledger goes on under its next key, twice, and what the earlier ones signed stays
// good.
func TestRotate(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, 12)
	dir, exported := t.TempDir(), t.TempDir()
	s := w.create(dir)
	w.story(s)
	export := func() {
		t.Helper()
		msg, err := s.Checkpoint()
		w.must(err)
		_, err = ledger.WriteExport(t.Context(), exported, s, ledger.ExportConfig{
			Checkpoint: msg, Signer: w.signer, Key: s.Key(), Rotations: s.Keys().Signed(), Withhold: ledger.WithholdNothing,
		})
		w.must(err)
	}
	receipt := func(e ledger.Entry) []byte {
		t.Helper()
		stored, err := s.Entry(ctx, e.Seq)
		w.must(err)
		msg, err := s.Checkpoint()
		w.must(err)
		r, err := ledger.NewReceipt(stored.Bytes, msg, s.Key(), s)
		w.must(err)
		return r
	}
	export()
	keys := []note.Verifier{s.Key()}
	receipts := [][]byte{receipt(w.add(s, remark("before"))[0])}
	for n := range 2 {
		old := w.signer
		e := w.rotate(s)
		msg, err := s.Checkpoint()
		w.must(err)
		if got := signers(t, msg); len(got) != 2 || got[0] != w.signer.KeyHash() || got[1] != old.KeyHash() {
			t.Errorf("the checkpoint of the rotation is signed by %x", got)
		}
		if c, _, err := ledger.OpenCheckpoint(msg, keys[n]); err != nil || uint64(c.N) != e.Seq+1 {
			t.Errorf("who knows the former key: %d entries, %v", c.N, err)
		}
		if e.Kind != "key.rotated" || s.Key().KeyHash() != w.signer.KeyHash() {
			t.Errorf("%s, key %x", e.Kind, s.Key().KeyHash())
		}
		keys = append(keys, s.Key())
		if n == 0 {
			export() // of just the rotation
		}
		receipts = append(receipts, receipt(e), receipt(w.add(s, remark(fmt.Sprint("after ", n)))[0]))
		msg, err = s.Checkpoint()
		w.must(err)
		if got := signers(t, msg); len(got) != 1 || got[0] != w.signer.KeyHash() {
			t.Errorf("the next checkpoint is signed by %x", got)
		}
		w.verify(s.Reader)
		w.must(s.Close())
		if _, err := Open(ctx, dir, Options{Signer: old, Clock: w.clock.Now}); !errors.As(err, new(*KeyError)) || !strings.Contains(err.Error(), fmt.Sprintf("since entry %d: put that key's file in its place", e.Seq)) {
			t.Errorf("opened with the former key: %v", err)
		}
		s = w.open(dir)
	}
	defer func() { w.must(s.Close()) }()
	for i, r := range receipts {
		if _, _, _, err := s.Keys().CheckReceipt(r); err != nil {
			t.Errorf("receipt %d: %v", i, err)
		}
	}
	export()
	for i, key := range keys {
		x, err := ledger.OpenExport(os.DirFS(exported), key)
		if err != nil {
			t.Fatalf("with key %d: %v", i, err)
		}
		w.must(x.CheckFiles(nil))
	}
	live := dump(t, s.Reader)
	w.must(s.Rebuild(ctx))
	if again := dump(t, s.Reader); again != live {
		t.Errorf("rebuilt projections differ:\n%s\ninstead of\n%s", again, live)
	}
}

func TestRotateRefused(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, 4)
	s := w.create(t.TempDir())
	defer s.Close()
	first, firstVkey := w.signer, w.vkey
	w.rotate(s)
	size := w.size(s)
	other, otherVkey := w.key("other.example/0011223344556677")
	next, vkey := w.key(w.terms.Origin())
	_, vkey2 := w.key(w.terms.Origin())
	for name, test := range map[string]struct {
		signer note.Signer
		vkey   string
		want   string
	}{
		"another log's": {other, otherVkey, "every key of a log has its name"},
		"the present":   {w.signer, w.vkey, "is the present one"},
		"a former":      {first, firstVkey, "does not come back"},
		"half of two":   {next, vkey2, "no verifiable signatures"},
		"no key":        {next, "x", "no public note key"},
	} {
		if _, err := s.Rotate(ctx, test.signer, test.vkey); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, not %q", name, err, test.want)
		}
	}
	// Nothing but Rotate changes the key: who signs would not know.
	signed, err := ledger.SignRotation(ledger.Rotation{Origin: w.terms.Origin(), Entry: int64(size), Old: w.vkey, New: vkey}, w.signer)
	w.must(err)
	if _, err := appendTo(s, swap.Record{Event: &swap.KeyRotated{Key: vkey, Note: string(signed)}}); err == nil || !strings.Contains(err.Error(), "only a rotation records it") {
		t.Errorf("by an update: %v", err)
	}
	if got := w.size(s); got != size || s.Key().KeyHash() != w.signer.KeyHash() {
		t.Errorf("%d entries after %d", got, size)
	}
	w.add(s, remark("still the same key"))
	w.verify(s.Reader)
}

// TestRotateCrash: whenever the process ends, the entries say which key the next start needs.
func TestRotateCrash(t *testing.T) {
	w := newWorld(t, 4)
	live, crash := t.TempDir(), t.TempDir()
	s := w.create(live)
	defer s.Close()
	w.add(s, remark("before"))
	old := w.signer
	refused := func(t *testing.T, signer note.Signer, want string) {
		t.Helper()
		if s, err := Open(context.Background(), crash, Options{Signer: signer, Clock: w.clock.Now}); err == nil || !strings.Contains(err.Error(), want) {
			if err == nil {
				s.Close()
			}
			t.Errorf("%v, not %q", err, want)
		}
	}
	copyFiles(t, live, crash, append(databaseFiles(), checkpointFile)...)
	e := w.rotate(s)
	t.Run("before the commit", func(t *testing.T) {
		refused(t, w.signer, "is not the ledger's")
		again, err := Open(context.Background(), crash, Options{Signer: old, Clock: w.clock.Now})
		w.must(err)
		w.must(again.Close())
	})
	t.Run("between commit and checkpoint", func(t *testing.T) {
		copyFiles(t, live, crash, databaseFiles()...)
		r, err := OpenReader(context.Background(), crash)
		w.must(err)
		if v := w.verify(r); uint64(v.Checkpoint.N) != e.Seq || v.Entries != e.Seq+1 {
			t.Errorf("%d entries, a checkpoint of %d", v.Entries, v.Checkpoint.N)
		}
		w.must(r.Close())
		refused(t, old, fmt.Sprintf("since entry %d", e.Seq))
		again := w.open(crash)
		defer again.Close()
		msg, err := again.Checkpoint()
		w.must(err)
		if c, _, err := ledger.OpenCheckpoint(msg, again.Key()); err != nil || uint64(c.N) != e.Seq+1 {
			t.Errorf("%d entries, %v", c.N, err)
		}
		w.add(again, remark("after"))
		w.verify(again.Reader)
	})
	t.Run("a checkpoint of the former key", func(t *testing.T) {
		// Whoever has stolen it cannot make the ledger begin from one.
		c := ledger.Checkpoint{Origin: w.terms.Origin()}
		root, err := s.RootAt(context.Background(), e.Seq+1)
		w.must(err)
		c.N, c.Hash = int64(e.Seq)+1, root
		msg, err := ledger.SignCheckpoint(c, old)
		w.must(err)
		crash = t.TempDir()
		copyFiles(t, live, crash, databaseFiles()...)
		w.must(os.WriteFile(filepath.Join(crash, checkpointFile), msg, 0o600))
		refused(t, w.signer, fmt.Sprintf("which entry %d had replaced", e.Seq))
	})
}

// TestRotateFatal: the commit or the checkpoint of a rotation fails.
func TestRotateFatal(t *testing.T) {
	for _, persisted := range []bool{false, true} {
		t.Run(fmt.Sprint(persisted), func(t *testing.T) {
			w := newWorld(t, 4)
			dir := t.TempDir()
			s := w.create(dir)
			present := w.signer
			if persisted {
				w.must(os.Mkdir(filepath.Join(dir, checkpointFile+".new"), 0o700))
			} else {
				conn, err := s.write.Conn(t.Context())
				w.must(err)
				w.must(conn.Raw(func(c any) error {
					c.(*sqlite3.SQLiteConn).RegisterCommitHook(func() int { return 1 })
					return nil
				}))
				w.must(conn.Close())
			}
			next, vkey := w.key(w.terms.Origin())
			if _, err := s.Rotate(t.Context(), next, vkey); !errors.Is(err, ErrStopped) {
				t.Errorf("Rotate: got %v, want %v", err, ErrStopped)
			}
			w.must(s.Close())
			if persisted {
				w.must(os.Remove(filepath.Join(dir, checkpointFile+".new")))
			}
			for _, key := range []note.Signer{present, next} {
				s, err := Open(t.Context(), dir, Options{Signer: key, Clock: w.clock.Now})
				if inForce := key == next; inForce != persisted {
					if !errors.As(err, new(*KeyError)) {
						t.Errorf("opened with the wrong key: %v", err)
					}
					continue
				}
				w.must(err)
				w.verify(s.Reader)
				w.must(s.Close())
			}
		})
	}
}

// TestRotateBackup: a backup of before a rotation lacks its entry, and is refused as any that is
// older than a checkpoint.
func TestRotateBackup(t *testing.T) {
	w := newWorld(t, 4)
	dir := t.TempDir()
	s := w.create(dir)
	defer s.Close()
	before, after := filepath.Join(t.TempDir(), "before"), filepath.Join(t.TempDir(), "after")
	_, err := s.Backup(t.Context(), before)
	w.must(err)
	checkpoint, err := os.ReadFile(before + ".checkpoint")
	w.must(err)
	old := w.options()
	w.clock.move(time.Second)
	w.rotate(s)
	now, err := s.Checkpoint()
	w.must(err)
	_, err = s.Backup(t.Context(), after)
	w.must(err)
	for name, test := range map[string]struct {
		backup     string
		checkpoint []byte
		o          Options
		want       string
	}{
		"new":                       {after, now, w.options(), ""},
		"new, the last checkpoint":  {after, checkpoint, w.options(), ""},
		"new, the former key":       {after, now, old, "since entry 2"},
		"old, the next key":         {before, now, w.options(), "this copy of the ledger is from before its entry"},
		"old, the former key":       {before, now, old, "this is an older copy"},
		"old, and nothing is known": {before, checkpoint, old, ""},
	} {
		_, err := Restore(t.Context(), t.TempDir(), test.backup, test.checkpoint, test.o)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v, not %q", name, err, test.want)
		}
	}
	if bytes.Equal(now, checkpoint) {
		t.Error("the checkpoints are the same")
	}
}
