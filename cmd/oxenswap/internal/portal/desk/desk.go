// Package desk is everything that the portal knows and does, without HTTP and HTML: questions about
// the migration are answered as plain values, claims and proofs of coins are taken.
//
// Amounts are atomic units: of OXEN where they are balances or sources, of SESH where they are
// owed, given or paid. In JSON they are decimal strings. Hashes are 64 lower-case hex digits
// without 0x, as the ledger writes them, but where a contract takes them (Collect). Times are UTC.
//
// Answers hold no clock: they change only with the ledger, and at the instants that Basis names. So
// whoever renders them may keep the bytes for as long as Desk.Holds says.
package desk

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/mod/sumdb/tlog"

	"oxenswap/cmd/oxenswap/internal/portal/bucket"
	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// Log is the ledger with its bytes. All methods may be called from many goroutines.
type Log interface {
	swap.Ledger
	swap.Attachments
	tlog.HashReader
	// Size is the number of entries.
	Size(ctx context.Context) (uint64, error)
	// Records are the bytes of the entries lo <= i < hi, at most 256 of them.
	Records(ctx context.Context, lo, hi int64) ([][]byte, error)
	// AllocationPage are the first n lines of a round's allocation list that are about accounts
	// after the given one.
	AllocationPage(ctx context.Context, round uint64, after swap.Account, n int) ([]swap.Allocation, error)
	// Checkpoint is the last signed checkpoint; it is on disk.
	Checkpoint() ([]byte, error)
	// Keys verify it: all that the ledger has had.
	Keys() *ledger.Keys
}

// Config is what a desk needs.
type Config struct {
	Log Log
	// Now is the clock of the ledger. nil: time.Now.
	Now func() time.Time
	// ReadCode reads the code at a recipient on Ethereum and on the token's chain. ctx bounds its
	// time; the desk keeps its answers for a minute. nil: the check is recorded as not made.
	ReadCode func(context.Context, swap.EVMAddress) (swap.RecipientCode, error)
	// Daemons are asked about proofs of coins. None: proofs are received and wait.
	Daemons []swap.CoinDaemon
	Limits  Limits
	// Logger gets what answers to holders leave out. nil: it is discarded.
	Logger *zap.Logger
}

// Limits bound what is done at one time. Zero is refused.
type Limits struct {
	Claims  int // claims and signatures that are being checked or recorded: while some are committed, others are checked
	Uploads int // proofs of coins that are being received, up to 8 MiB each
	Waiting int // proofs that are received and not judged
	Judges  int // proofs that are being judged
	// Account is how often claims and proofs of one account are recorded. They count once their
	// signature is verified, so no one can use up the limit of another account.
	Account bucket.Rate
}

// DefaultLimits suit two cores and a gigabyte of memory.
func DefaultLimits() Limits {
	return Limits{Claims: 512, Uploads: 4, Waiting: 200, Judges: 1, Account: bucket.Rate{PerSecond: 0.1, Burst: 20}}
}

// Check refuses limits that are missing.
func (l Limits) Check() error {
	for name, n := range map[string]int{"claims": l.Claims, "uploads": l.Uploads, "waiting": l.Waiting, "judges": l.Judges} {
		if n < 1 {
			return fmt.Errorf("portal: the limit of %s is %d: set at least 1", name, n)
		}
	}
	if l.Account.PerSecond <= 0 || l.Account.Burst < 1 {
		return fmt.Errorf("portal: the rate of an account's claims is %v: set one above zero", l.Account)
	}
	return nil
}

// Desk answers for one migration. Its methods may be called from many goroutines.
type Desk struct {
	log     Log
	now     func() time.Time
	terms   *swap.Terms
	zap     *zap.Logger
	daemons []swap.CoinDaemon
	limits  Limits

	views   chan struct{} // holds one element for each running view
	claims  chan struct{} // holds one element for each claim in work
	uploads chan struct{}
	buckets *bucket.Set // of accounts

	stamps    stamps
	history   history
	reading   sync.Mutex // held while new entries are read into history
	trees     trees
	shares    shares
	entitled  entitledSet
	addresses swap.Addresses // that claims came from
	codes     codeCache
	queue     queue
	graph     graph
}

// New returns a desk. Run keeps it up to date.
func New(ctx context.Context, c Config) (*Desk, error) {
	if err := c.Limits.Check(); err != nil {
		return nil, err
	}
	d := &Desk{
		log: c.Log, now: c.Now, zap: c.Logger, daemons: c.Daemons, limits: c.Limits,
		views: make(chan struct{}, 2*runtime.GOMAXPROCS(0)), claims: make(chan struct{}, c.Limits.Claims), uploads: make(chan struct{}, c.Limits.Uploads),
		buckets: bucket.New(c.Limits.Account, 1<<16),
	}
	if d.now == nil {
		d.now = time.Now
	}
	if d.zap == nil {
		d.zap = zap.NewNop()
	}
	d.history.init()
	d.codes.read = c.ReadCode
	d.queue.wake = make(chan struct{}, 1)
	return d, d.log.View(ctx, func(t swap.Tables, _ uint64) error {
		m, err := t.Migration()
		d.terms, d.codes.terms = m.Terms, m.Terms
		return err
	})
}

// Terms are the migration's.
func (d *Desk) Terms() *swap.Terms { return d.terms }

// A NotFoundError says that what was asked for does not exist.
type NotFoundError struct {
	What string // such as "claim of entry 12"
}

func (e *NotFoundError) Error() string { return "there is no " + e.What }

// A RetryLater says that something cannot be done now and may be asked again.
type RetryLater struct {
	Reason RetryReason
	After  time.Duration // when to ask again
	Err    error         // for the log; nil: nothing is wrong
}

// RetryReason is why something cannot be done now; stable, for programs.
type RetryReason string

// The reasons.
const (
	RetryBusy  RetryReason = "busy"  // too many are being served
	RetryQueue RetryReason = "queue" // too many proofs of coins wait
	RetryChain RetryReason = "chain" // the recipient could not be looked at
	RetryStart RetryReason = "start" // the ledger is still being read
	RetryRate  RetryReason = "rate"  // too many claims of one account
)

func (e *RetryLater) Error() string {
	if e.Err != nil {
		return e.Message() + ": " + e.Err.Error()
	}
	return e.Message()
}

// Words say it without the error for the log.
func (e *RetryLater) Message() string {
	words := map[RetryReason]string{
		RetryBusy: "too many requests are being served", RetryQueue: "too many proofs of coins are waiting",
		RetryChain: "the recipient could not be looked at on chain", RetryStart: "the ledger is still being read",
		RetryRate: "too many claims of this account",
	}
	return fmt.Sprintf("%s: try again in %s", words[e.Reason], e.After.Round(time.Second))
}

func (e *RetryLater) Unwrap() error { return e.Err }

// acquire takes one of a bounded number of places, or says that there is none.
func acquire(places chan struct{}, reason RetryReason) (release func(), err error) {
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	default:
		return nil, &RetryLater{Reason: reason, After: time.Second}
	}
}

// admit takes a token of an account.
func (d *Desk) admit(a swap.Account) error {
	if wait, ok := d.buckets.Take(string(a), time.Now()); !ok {
		return &RetryLater{Reason: RetryRate, After: wait}
	}
	return nil
}

// Evidence is where something is recorded: the ledger's entry, and the transaction if it happened
// on chain, in a final block.
type Evidence struct {
	Entry uint64     `json:"entry"`
	At    time.Time  `json:"at"`
	Tx    *swap.Hash `json:"tx,omitempty"`
	Block uint64     `json:"block,omitempty"`
}

// entry reads one entry.
func (d *Desk) entry(ctx context.Context, seq uint64) (ledger.Entry, error) {
	list, err := d.log.Records(ctx, int64(seq), int64(seq)+1)
	if err != nil {
		return ledger.Entry{}, err
	}
	return ledger.ParseEntry(list[0])
}

// notFound turns the tables' ErrNotFound into a NotFoundError.
func notFound(err error, format string, args ...any) error {
	if errors.Is(err, swap.ErrNotFound) {
		return &NotFoundError{fmt.Sprintf(format, args...)}
	}
	return err
}
