//go:build failpoints

package crash

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"oxenswap/sim/powerloss"
	"oxenswap/store"
	"oxenswap/swap/fail"
	"oxenswap/swap/ledger"
)

// TestPowerLoss cuts the power of a service that answers claims, at random writes and syncs, and
// opens what is left. Disks that do not keep their word, as SQLite's synchronous NORMAL and OFF
// treat a good one, must be noticed by the same test.
func TestPowerLoss(t *testing.T) {
	wanted := max(*cycles/2, 40)
	begun, cuts, receipts := time.Now(), 0, 0
	count := newCounter("cuts of the power", wanted)
	for n := 0; n*cutsPerLedger < wanted; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			p := newPower(t, fmt.Sprint("power ", n), nil)
			must(t, p.run())
			if !p.moved || p.failed != nil {
				t.Fatalf("after %d cuts and %d receipts, log moved %v: %v", len(p.cuts), p.receipts, p.moved, p.failed)
			}
			cuts, receipts = cuts+len(p.cuts), receipts+p.receipts
			count.add(len(p.cuts))
		})
	}
	t.Logf("power: %d cuts under %d receipts, %v", cuts, receipts, time.Since(begun).Round(time.Second))
	for _, control := range []struct {
		name string
		lazy func(name string) bool
		skip string
	}{
		{"synchronous NORMAL: the write-ahead log is not synced", func(name string) bool { return name == "ledger.db-wal" }, ""},
		{"synchronous OFF: nothing is synced", func(string) bool { return true }, ""},
		{"the checkpoint is not synced", nil, "file sync"},
		{"the directory is not synced", nil, "file directory"},
	} {
		t.Run(control.name, func(t *testing.T) {
			for n := range 10 {
				p := newPower(t, fmt.Sprint(control.name, n), control.lazy)
				p.control = true
				if control.skip != "" {
					fail.Set(control.skip, 0, fail.Skip)
				}
				err := p.run()
				must(t, err)
				if p.failed != nil {
					t.Logf("noticed by one of %d cuts: %v", len(p.cuts), p.failed)
					return
				}
			}
			t.Error("nobody noticed")
		})
	}
}

// cutsPerLedger is how often the power of one ledger is cut: enough claims for SQLite to move its
// log into the database in between.
const cutsPerLedger = 50

// power is a service on a disk whose power is cut again and again.
type power struct {
	*testing.T
	*scene
	control bool // it is to fail
	dir     string
	rand    *rand.Rand
	disk    *powerloss.Disk

	mu       sync.Mutex
	answered [][]byte // the last receipts
	receipts int
	next     int // events until the next cut
	cuts     []cut
	moved    bool // SQLite has moved its log into the database meanwhile
	failed   error
}

// A cut is what a loss of power has left, and what had been answered before.
type cut struct {
	dir      string
	answered [][]byte
}

func newPower(t *testing.T, part string, lazy func(string) bool) *power {
	t.Helper()
	p := &power{T: t, scene: newScene(), dir: folder(t), rand: random(part), next: 1 << 30}
	var err error
	p.disk, err = powerloss.Follow(p.dir, lazy, p.event)
	must(t, err)
	fail.Watch(p.step)
	return p
}

// step tells the disk what Go itself has done to the checkpoint.
func (p *power) step(step string) {
	const file = "checkpoint"
	switch step {
	case "file write":
		data, err := os.ReadFile(filepath.Join(p.dir, file+".new"))
		if err != nil {
			return // of another directory
		}
		p.disk.Write(file+".new", data)
	case "file sync":
		p.disk.Sync(file + ".new")
	case "file rename":
		p.disk.Rename(file+".new", file)
	case "file directory":
		p.disk.SyncDirectory()
	}
}

// run answers claims until there were enough cuts, and then checks what each has left.
func (p *power) run() error {
	err := p.serve()
	p.disk.End()
	fail.Watch(nil)
	fail.Set("", 0, "")
	for _, c := range p.cuts {
		if p.failed == nil {
			if p.failed = p.check(c.dir, c.answered); p.failed != nil && !p.control {
				keepFolder(p, c.dir)
			}
		}
		err = errors.Join(err, os.RemoveAll(c.dir))
	}
	return err
}

func (p *power) serve() error {
	if err := p.make(p.dir); err != nil {
		return err
	}
	small, err := os.Stat(filepath.Join(p.dir, "ledger.db"))
	if err != nil {
		return err
	}
	l, err := store.Open(context.Background(), p.dir, p.options())
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.next = 1 + p.rand.IntN(20)
	p.mu.Unlock()
	var all sync.WaitGroup
	errs := make([]error, 4)
	for holder := range errs {
		all.Go(func() {
			for sequence := uint32(1); p.goesOn(); sequence++ {
				receipt, err := p.submit(l, p.claim(holder, sequence))
				if err != nil {
					errs[holder] = err
					return
				}
				p.mu.Lock()
				p.answered = append(p.answered[max(0, len(p.answered)-15):], receipt)
				p.receipts++
				p.mu.Unlock()
			}
		})
	}
	all.Wait()
	large, err := os.Stat(filepath.Join(p.dir, "ledger.db"))
	if err != nil {
		return errors.Join(err, l.Close())
	}
	p.mu.Lock()
	p.moved = large.Size() > small.Size()
	p.next = 1 // and while it is closed
	p.mu.Unlock()
	return errors.Join(append(errs, l.Close())...)
}

func (p *power) goesOn() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.cuts) < cutsPerLedger && p.failed == nil
}

// event may cut the power after a write or a sync.
func (p *power) event() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next--; p.next > 0 || len(p.cuts) > cutsPerLedger {
		return
	}
	p.next = 1 + p.rand.IntN(150)
	// Whoever was answered before the cut must find their claim.
	answered := slices.Clone(p.answered)
	dir, err := os.MkdirTemp(filepath.Dir(p.dir), "cut")
	if err == nil {
		err = p.disk.Cut(dir, powerloss.Luck(p.rand.IntN(3)), p.rand)
	}
	if err != nil {
		p.failed = err
	}
	p.cuts = append(p.cuts, cut{dir, answered})
}

// check opens what a cut has left, and records another claim there.
func (p *power) check(dir string, answered [][]byte) error {
	if err := p.covered(dir, answered); err != nil {
		return err
	}
	l, err := store.Open(context.Background(), dir, p.options())
	if err != nil {
		return err
	}
	if _, err := p.submit(l, p.claim(5, 1)); err != nil {
		return errors.Join(err, l.Close())
	}
	if err := l.Close(); err != nil {
		return err
	}
	w := newWitness(dir)
	w.receipts = answered
	_, err = w.try(context.Background())
	return err
}

// covered looks whether the checkpoint on disk, before anybody repairs it, covers what was
// answered.
func (p *power) covered(dir string, answered [][]byte) error {
	key, err := ledger.NewVerifier(p.vkey)
	if err != nil {
		return err
	}
	msg, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return err
	}
	now, _, err := ledger.OpenCheckpoint(msg, key)
	if err != nil {
		return err
	}
	for _, receipt := range answered {
		_, c, _, err := ledger.CheckReceipt(receipt, key)
		if err != nil {
			return err
		}
		if c.N > now.N {
			return fmt.Errorf("a receipt carries a checkpoint of %d entries, and the one on disk covers %d", c.N, now.N)
		}
	}
	return nil
}

// TestPowerModel holds the imagined disk against SQLite's own promises: with synchronous FULL no
// committed row is lost, with NORMAL and OFF some are.
func TestPowerModel(t *testing.T) {
	for mode, keeps := range map[string]bool{"FULL": true, "NORMAL": false, "OFF": false} {
		t.Run(mode, func(t *testing.T) {
			dir, r := t.TempDir(), random(mode)
			committed, lost, cuts := 0, 0, 0
			var disk *powerloss.Disk
			cut := func() error {
				into := t.TempDir()
				if err := disk.Cut(into, powerloss.Luck(r.IntN(3)), r); err != nil {
					return err
				}
				cuts++
				rows, err := count(filepath.Join(into, "ledger.db"))
				if err != nil || rows < committed {
					lost++
				}
				return nil
			}
			disk, err := powerloss.Follow(dir, nil, func() {})
			must(t, err)
			defer disk.End()
			db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, "ledger.db")+"?_journal_mode=WAL&_synchronous="+mode)
			must(t, err)
			db.SetMaxOpenConns(1)
			_, err = db.Exec("CREATE TABLE rows (n INTEGER)")
			must(t, err)
			for range 60 {
				_, err := db.Exec("INSERT INTO rows VALUES (1)")
				must(t, err)
				committed++
				must(t, cut())
			}
			must(t, db.Close())
			if keeps != (lost == 0) {
				t.Errorf("synchronous %s: %d of %d cuts lost something", mode, lost, cuts)
			}
		})
	}
}

func count(path string) (n int, err error) {
	db, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	err = db.QueryRow("SELECT count(*) FROM rows").Scan(&n)
	return n, err
}
