// Package datadir is the operator's data directory: the ledger's database, its signing key, and the
// configuration.
//
//	oxenswap.toml   the configuration
//	ledger.key      the ledger's signing key, readable by its owner only
//	ledger.db       entries and projections (package store)
//	terms.json      the migration's terms, canonical
//	public          the export that serve publishes
//	stakes.json     how far serve has come in looking for the transactions of stakes; it can be removed
//
// A directory is whole or not there: Create makes it under another name and puts it in place by one
// rename. It has one writer at a time; commands that write while a service runs append through it,
// and any number read beside it.
package datadir

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"path/filepath"
	"reflect"
	"time"

	"golang.org/x/mod/sumdb/note"

	"oxenswap/ethclient"
	"oxenswap/oxenrpc"
	"oxenswap/store"
	"oxenswap/swap"
	"oxenswap/swap/chaincheck"
	"oxenswap/swap/ledger"
)

// PublicDir is the folder of the data directory that holds the public export. Any web server can
// serve it.
const PublicDir = "public"

// StakesFile is the file of the data directory that keeps what looking for stakes has found out.
const StakesFile = "stakes.json"

// Options say which data directory to open, and how.
type Options struct {
	Path  string
	Clock time.Time                        // fixes the clock, on a fakechain only; zero: the system's
	Warn  func(format string, args ...any) // gets warnings for the person at the terminal
}

// Now returns the clock.
func (o Options) Now() func() time.Time {
	if o.Clock.IsZero() {
		return time.Now
	}
	return func() time.Time { return o.Clock }
}

// ErrFixedClock refuses a fixed clock where real money could depend on it.
var ErrFixedClock = errors.New("a fixed clock is for a fakechain")

// CheckClock refuses a fixed clock for any other migration than one about a fakechain.
func (o Options) CheckClock(terms *swap.Terms) error {
	if !o.Clock.IsZero() && terms != nil && !terms.Fakechain() {
		return fmt.Errorf("%w: this migration is about %s", ErrFixedClock, terms.Oxen.Network)
	}
	return nil
}

// Dir is an opened data directory. It is a swap.Ledger when it was opened for writing.
type Dir struct {
	*store.Reader
	Writer    *store.Store // nil: opened for reading, or a running service is the writer
	Path      string
	Config    *Config
	Migration swap.Migration // as it was when the directory was opened
	Now       func() time.Time

	updates swap.Ledger // nil: opened for reading
}

// Open opens the data directory for writing, through a running service if there is one, and puts a
// changed configuration into force.
func (o Options) Open(ctx context.Context) (*Dir, error) {
	if err := CheckModes(o.Path); err != nil { // before SQLite makes files of the database's mode
		return nil, err
	}
	g, err := store.OpenGuest(ctx, o.Path)
	if errors.Is(err, store.ErrNoHost) {
		return o.OpenAlone(ctx)
	} else if err != nil {
		return nil, err
	}
	return o.prepare(ctx, &Dir{Reader: g.Reader, updates: g})
}

// OpenAlone opens the data directory for writing as its only writer.
func (o Options) OpenAlone(ctx context.Context) (*Dir, error) {
	key, err := ReadKey(filepath.Join(o.Path, KeyFile))
	if err != nil {
		return nil, err
	}
	return o.openWith(ctx, key)
}

func (o Options) openWith(ctx context.Context, key note.Signer) (*Dir, error) {
	if err := CheckModes(o.Path); err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, o.Path, store.Options{Signer: key, Clock: o.Now()})
	if err != nil {
		return nil, err
	}
	return o.prepare(ctx, &Dir{Reader: s.Reader, updates: s, Writer: s})
}

// prepare checks what must hold before anything is written. On an error it closes the directory.
func (o Options) prepare(ctx context.Context, d *Dir) (_ *Dir, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	if err := o.fill(ctx, d); err != nil {
		return nil, err
	}
	if err := d.checkClockOutside(ctx, o.Warn); err != nil {
		return nil, err
	}
	return d, d.applyConfig(ctx)
}

// OpenReading opens the data directory for reading, beside a running writer if there is one.
func (o Options) OpenReading(ctx context.Context) (*Dir, error) {
	if _, err := ReadConfig(o.Path); err != nil {
		return nil, err
	}
	if err := CheckModes(o.Path); err != nil {
		return nil, err
	}
	r, err := store.OpenReader(ctx, o.Path)
	if err != nil {
		return nil, err
	}
	d := &Dir{Reader: r}
	if err := o.fill(ctx, d); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return d, nil
}

// fill reads the configuration and the migration.
func (o Options) fill(ctx context.Context, d *Dir) (err error) {
	d.Path, d.Now = o.Path, o.Now()
	if d.Config, err = ReadConfig(o.Path); err != nil {
		return err
	}
	if err := d.Reload(ctx); err != nil {
		return err
	}
	return o.CheckClock(d.Terms())
}

// Reload reads the migration again, as it is now.
func (d *Dir) Reload(ctx context.Context) error {
	return d.View(ctx, func(t swap.Tables, _ uint64) (err error) {
		d.Migration, err = t.Migration()
		return err
	})
}

// Update implements swap.Ledger.
func (d *Dir) Update(
	ctx context.Context, decide func(swap.Tables, time.Time) ([]swap.Record, error),
) ([]ledger.Entry, error) {
	if d.updates == nil {
		return nil, errors.New("the data directory is open for reading only")
	}
	return d.updates.Update(ctx, decide)
}

// Close ends all work on the data directory.
func (d *Dir) Close() error {
	if d.Writer != nil {
		return d.Writer.Close()
	}
	return d.Reader.Close()
}

// Terms are the migration's.
func (d *Dir) Terms() *swap.Terms { return d.Migration.Terms }

// File is the path of a file that the configuration names, relative to the data directory.
func (d *Dir) File(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(d.Path, path)
}

// applyConfig appends a config.set when the configuration file differs from what is in force.
func (d *Dir) applyConfig(ctx context.Context) error {
	want, err := d.Config.InForce(d.Terms())
	if err != nil {
		return err
	}
	if reflect.DeepEqual(want, d.Migration.Config) {
		return nil
	}
	_, err = d.Update(ctx, func(swap.Tables, time.Time) ([]swap.Record, error) {
		return []swap.Record{{Event: &swap.ConfigSet{Config: want, By: Person()}}}, nil
	})
	if err != nil {
		return fmt.Errorf("putting %s into force: %w", ConfigFile, err)
	}
	return d.Reload(ctx)
}

// Person returns the name of the system's user who runs the program.
func Person() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "unknown"
}

// Clients ask the configured Oxen daemons.
func (d *Dir) Clients() ([]*oxenrpc.Client, error) {
	if len(d.Config.Oxen.Daemons) == 0 {
		return nil, fmt.Errorf("%s names no [[oxen.daemon]]", ConfigFile)
	}
	var out []*oxenrpc.Client
	for _, daemon := range d.Config.Oxen.Daemons {
		c, err := oxenrpc.New(oxenrpc.Config{Name: daemon.Name, URL: daemon.URL})
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// Daemons are the configured Oxen daemons, as snapshots need them.
func (d *Dir) Daemons() ([]swap.Daemon, error) {
	clients, err := d.Clients()
	out := make([]swap.Daemon, len(clients))
	for i, c := range clients {
		out[i] = c
	}
	return out, err
}

// CoinDaemons are the configured Oxen daemons, as proofs of coins need them.
func (d *Dir) CoinDaemons() ([]swap.CoinDaemon, error) {
	clients, err := d.Clients()
	out := make([]swap.CoinDaemon, len(clients))
	for i, c := range clients {
		out[i] = c
	}
	return out, err
}

// ChainDaemons are the configured Oxen daemons, as looking on their chain needs them.
func (d *Dir) ChainDaemons() ([]chaincheck.Daemon, error) {
	clients, err := d.Clients()
	out := make([]chaincheck.Daemon, len(clients))
	for i, c := range clients {
		out[i] = c
	}
	return out, err
}

// Recipients reads the code at recipients, where an RPC is configured. Close it.
func (d *Dir) Recipients() *ethclient.RecipientReader {
	token := ""
	if len(d.Config.Chain.RPC) > 0 {
		token = d.Config.Chain.RPC[0]
	}
	return ethclient.NewRecipientReader(d.Config.Chain.EthereumRPC, token, d.Terms().Token.ChainID, d.Terms().Token.ContributionFactory)
}
