package crash

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"oxenswap/store"
	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
	"oxenswap/swap/ledger"
	acts "oxenswap/swap/service"
)

// The environment of a driver: what it does, and where.
const (
	driverJob = "CRASH_DRIVER"
	driverDir = "CRASH_DIR"
)

// A scene is a migration with holders whose keys are known, so that they can sign as many claims as
// a test needs. It is the same in every process.
type scene struct {
	terms   *swap.Terms
	signer  note.Signer
	vkey    string
	holders []*cryptonote.Wallet
	now     time.Time
}

const termsFile = "testdata/terms.json"

func newScene() *scene {
	canonical, err := os.ReadFile(termsFile)
	panicOn(err)
	s := &scene{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	s.terms, err = swap.ParseTerms(canonical)
	panicOn(err)
	random := rand.NewChaCha8([32]byte{7})
	skey, vkey, err := ledger.NewKey(random, s.terms.Origin())
	panicOn(err)
	s.vkey = vkey
	s.signer, err = ledger.NewSigner(skey)
	panicOn(err)
	for range 16 {
		w, err := cryptonote.NewWallet(cryptonote.Fakechain, random)
		panicOn(err)
		s.holders = append(s.holders, w)
	}
	return s
}

// panicOn is for what cannot fail unless the test itself is wrong.
func panicOn(err error) {
	if err != nil {
		panic(err)
	}
}

func (s *scene) options() store.Options {
	return store.Options{Signer: s.signer, Clock: func() time.Time { return s.now }}
}

// first are the records of a new ledger.
func (s *scene) first() []swap.Record {
	config := swap.Config{
		Operators: []string{s.vkey}, Quorum: 1, Daemons: 1,
		Limits: swap.Limits{Recipient: 1e15, Round: 1e16, Day: 1e17},
		Rails:  swap.Rails{Transaction: 1e15, Day: 1e16, GasPrice: 1e11, Batch: 200},
	}
	return []swap.Record{
		{Event: &swap.MigrationOpened{
			Migration: s.terms.ID(), Terms: swap.Digest(s.terms.Canonical()), Software: "crash", LedgerKey: s.vkey, Operators: []string{s.vkey},
		}, Attachments: [][]byte{s.terms.Canonical()}},
		{Event: &swap.ConfigSet{Config: config, By: "crash"}},
	}
}

// snapshot is one in which every holder has a reward.
func (s *scene) snapshot() swap.Record {
	c := &swap.Content{Height: 240, BlockHash: swap.Hash{1}, HardFork: 19}
	for _, h := range s.holders {
		c.Rewards = append(c.Rewards, swap.Reward{Address: h.Address().String(), Amount: 5e9})
	}
	panicOn(c.Normalise())
	content, err := c.Encode()
	panicOn(err)
	_, totals, err := c.Balances(swap.Rules1)
	panicOn(err)
	answer := bytes.Repeat([]byte("an answer "), 1000)
	return swap.Record{Event: &swap.SnapshotTaken{
		Height: c.Height, BlockHash: c.BlockHash, HardFork: c.HardFork, Content: swap.Digest(content), Quorum: 1, Totals: totals,
		Daemons: []swap.DaemonReport{{Daemon: "a", Version: "10.6.0", Agrees: true, Answers: []swap.Answer{{Call: "get_service_nodes", Body: swap.Digest(answer)}}}},
	}, Attachments: [][]byte{content, answer}}
}

// make makes the scene's ledger in a directory.
func (s *scene) make(dir string) error {
	l, err := store.Create(context.Background(), dir, s.options(), s.first())
	if err != nil {
		return err
	}
	_, err = l.Update(context.Background(), func(swap.Tables, time.Time) ([]swap.Record, error) {
		return []swap.Record{s.snapshot()}, nil
	})
	return errors.Join(err, l.Close())
}

func (s *scene) create(t testing.TB, dir string) {
	t.Helper()
	must(t, s.make(dir))
}

// claim is the claim of a holder as it arrives, signed.
func (s *scene) claim(holder int, sequence uint32) acts.Incoming {
	text := swap.ClaimText{Migration: s.terms.ID(), Recipient: swap.EVMAddress{1, byte(holder), byte(sequence), byte(sequence >> 8)}, Sequence: sequence, Until: s.terms.Closes.Truncate(24 * time.Hour)}
	w := s.holders[holder]
	signature, err := w.Sign(0, 0, []byte(text.String()), rand.NewChaCha8([32]byte{byte(holder), byte(sequence)}))
	panicOn(err)
	c, err := swap.VerifyClaim(s.terms, w.Address().String(), text.String(), signature.String())
	panicOn(err)
	return acts.Incoming{Claim: c, Code: swap.RecipientCode{Ethereum: swap.SeenNothing, Target: swap.SeenNothing}}
}

// submit records a claim and returns the receipt that its holder is given.
func (s *scene) submit(l *store.Store, in acts.Incoming) ([]byte, error) {
	ctx := context.Background()
	done, err := acts.SubmitClaim(ctx, l, in)
	if err != nil {
		return nil, err
	}
	e, err := l.Entry(ctx, done.Claim.Entry)
	if err != nil {
		return nil, err
	}
	checkpoint, err := l.Checkpoint()
	if err != nil {
		return nil, err
	}
	return ledger.NewReceipt(e.Bytes, checkpoint, l.Key(), l)
}

// drive is the main function of a driver: this test program as a process that records claims and
// prints each receipt once it has it. "serve" goes on until it is killed, "some" ends after a few
// claims, one after the other.
func drive(job string) int {
	s := newScene()
	l, err := store.Open(context.Background(), os.Getenv(driverDir), s.options())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var next uint32
	panicOn(l.View(context.Background(), func(t swap.Tables, _ uint64) error {
		return t.LatestClaims(func(c swap.Claim) error { next = max(next, c.Sequence); return nil })
	}))
	var mu sync.Mutex
	answer := func(holder int, sequence uint32) error {
		receipt, err := s.submit(l, s.claim(holder, sequence))
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return err
		}
		fmt.Printf("receipt %s\n", base64.StdEncoding.EncodeToString(receipt))
		return nil
	}
	if job == "some" {
		failed := 0
		for i := range 4 {
			if answer(i, next+1) != nil {
				failed = 1
			}
		}
		if err := l.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			failed = 1
		}
		return failed
	}
	for holder := range s.holders {
		go func() {
			for sequence := next + 1; answer(holder, sequence) == nil; sequence++ {
			}
		}()
	}
	select {}
}

// driver is a running driver.
type driver struct {
	command  *exec.Cmd
	receipts chan struct{} // one for each
	done     chan struct{}
	stderr   bytes.Buffer
	ok       bool // it ended by itself, with success
}

// startDriver starts a driver, whose receipts go to the witness.
func startDriver(t testing.TB, w *witness, dir string, env []string, job string) *driver {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	d := &driver{command: exec.Command(self), receipts: make(chan struct{}, 1<<16), done: make(chan struct{})}
	d.command.Env = append(append(os.Environ(), driverJob+"="+job, driverDir+"="+dir), env...)
	d.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	d.command.Stderr = &d.stderr
	out, err := d.command.StdoutPipe()
	must(t, err)
	must(t, d.command.Start())
	go func() {
		defer close(d.done)
		// A line without its end was not answered.
		for lines := bufio.NewReader(out); ; {
			line, err := lines.ReadString('\n')
			if err != nil {
				io.Copy(io.Discard, out)
				return
			}
			text, ok := strings.CutPrefix(strings.TrimSpace(line), "receipt ")
			receipt, err := base64.StdEncoding.DecodeString(text)
			if !ok || err != nil {
				continue
			}
			w.keep(receipt)
			d.receipts <- struct{}{}
		}
	}()
	return d
}

// wait returns after n receipts, or when the driver has ended.
func (d *driver) wait(t testing.TB, n int) {
	t.Helper()
	for range n {
		select {
		case <-d.receipts:
		case <-d.done:
			t.Fatalf("the driver ended: %v: %s", d.command.Wait(), d.stderr.String())
		case <-time.After(time.Minute):
			t.Fatal("no receipt for a minute")
		}
	}
}

func (d *driver) kill(t testing.TB) {
	t.Helper()
	must(t, d.command.Process.Kill())
	<-d.done
	d.command.Wait()
}

// end waits until the driver ends by itself, and returns what it complained about.
func (d *driver) end(t testing.TB) string {
	t.Helper()
	<-d.done
	d.ok = d.command.Wait() == nil
	return d.stderr.String()
}
