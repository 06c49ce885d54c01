package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"reflect"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/mod/sumdb/note"

	"oxenswap/cmd/internal/cli"
	"oxenswap/oxenrpc"
	"oxenswap/store"
	"oxenswap/swap"
	"oxenswap/swap/fail"
	"oxenswap/swap/ledger"
)

// app is what the commands share.
type app struct {
	dir            string
	json           bool
	clock          string
	stdin          io.Reader
	stdout, stderr io.Writer
}

// keyFile holds the ledger's signing key, in note form, readable by its owner only.
const keyFile = "ledger.key"

// world is an opened data directory. It is a swap.Ledger when it was opened for writing.
type world struct {
	*store.Reader
	updates   swap.Ledger  // nil: opened for reading
	writer    *store.Store // nil: opened for reading, or a running service is the writer
	config    *config
	migration swap.Migration
	now       func() time.Time
}

// Update implements swap.Ledger.
func (w *world) Update(ctx context.Context, decide func(swap.Tables, time.Time) ([]swap.Record, error)) ([]ledger.Entry, error) {
	if w.updates == nil {
		return nil, errors.New("the data directory is open for reading only")
	}
	return w.updates.Update(ctx, decide)
}

// Close ends all work on the data directory.
func (w *world) Close() error {
	if w.writer != nil {
		return w.writer.Close()
	}
	return w.Reader.Close()
}

// terms are the migration's.
func (w *world) terms() *swap.Terms { return w.migration.Terms }

// open opens the data directory for writing, through a running service if there is one, and puts a changed configuration
// into force.
func (a *app) open(ctx context.Context) (*world, error) {
	g, err := store.OpenGuest(ctx, a.dir)
	if errors.Is(err, store.ErrNoHost) {
		return a.own(ctx)
	} else if err != nil {
		return nil, err
	}
	return a.begin(ctx, &world{Reader: g.Reader, updates: g})
}

// own opens the data directory for writing as its only writer.
func (a *app) own(ctx context.Context) (*world, error) {
	signer, err := readKey(filepath.Join(a.dir, keyFile))
	if err != nil {
		return nil, err
	}
	return a.ownWith(ctx, signer)
}

func (a *app) ownWith(ctx context.Context, signer note.Signer) (*world, error) {
	now, err := a.now()
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, a.dir, store.Options{Signer: signer, Clock: now})
	if err != nil {
		return nil, err
	}
	return a.begin(ctx, &world{Reader: s.Reader, updates: s, writer: s})
}

// begin does what comes before writing, or closes the world again.
func (a *app) begin(ctx context.Context, w *world) (_ *world, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close())
		}
	}()
	if w.config, err = readConfig(a.dir); err != nil {
		return nil, err
	}
	if w.now, err = a.now(); err != nil {
		return nil, err
	}
	if err := errors.Join(w.load(ctx), a.checkClock(w)); err != nil {
		return nil, err
	}
	if err := a.checkClockOutside(ctx, w); err != nil {
		return nil, err
	}
	return w, w.applyConfig(ctx)
}

// read opens the data directory for reading, beside a running writer if there is one.
func (a *app) read(ctx context.Context) (*world, error) {
	c, err := readConfig(a.dir)
	if err != nil {
		return nil, err
	}
	now, err := a.now()
	if err != nil {
		return nil, err
	}
	s, err := store.OpenReader(ctx, a.dir)
	if err != nil {
		return nil, err
	}
	w := &world{Reader: s, config: c, now: now}
	if err := errors.Join(w.load(ctx), a.checkClock(w)); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return w, nil
}

// with runs a function on the data directory opened by open or read, and closes it.
func (a *app) with(ctx context.Context, open func(context.Context) (*world, error), f func(*world) error) error {
	w, err := open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(f(w), w.Close())
}

func (w *world) load(ctx context.Context) error {
	return w.View(ctx, func(t swap.Tables, _ uint64) (err error) {
		w.migration, err = t.Migration()
		return err
	})
}

// applyConfig appends a config.set when the configuration file differs from what is in force.
func (w *world) applyConfig(ctx context.Context) error {
	want, err := w.config.inForce(w.terms())
	if err != nil {
		return err
	}
	if reflect.DeepEqual(want, w.migration.Config) {
		return nil
	}
	_, err = w.Update(ctx, func(swap.Tables, time.Time) ([]swap.Record, error) {
		return []swap.Record{{Event: &swap.ConfigSet{Config: want, By: whoami()}}}, nil
	})
	if err != nil {
		return fmt.Errorf("putting %s into force: %w", configFile, err)
	}
	return w.load(ctx)
}

// whoami names the person at the keyboard, as the system knows them.
func whoami() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "unknown"
}

// now returns the clock: the system's, or the fixed one of --clock.
func (a *app) now() (func() time.Time, error) {
	if a.clock == "" {
		return time.Now, nil
	}
	at, err := time.Parse(time.RFC3339, a.clock)
	if err != nil {
		return nil, cli.Usage("--clock %q is not a time such as 2026-11-22T12:00:00Z", a.clock)
	}
	return func() time.Time { return at }, nil
}

// checkClock refuses a fixed clock where real money could depend on it.
func (a *app) checkClock(w *world) error {
	if a.clock != "" && w.migration.Terms != nil && !w.terms().Fakechain() {
		return cli.Usage("--clock is for a fakechain: this migration is about %s", w.terms().Oxen.Network)
	}
	return nil
}

// readKey reads the ledger's signing key and refuses a file that others can read.
func readKey(path string) (note.Signer, error) {
	signer, _, err := readSecret(path)
	return signer, err
}

// readSecret is readKey with the text of the key.
func readSecret(path string) (signer note.Signer, skey string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, "", fmt.Errorf("reading the ledger key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, "", fmt.Errorf("%s is readable by others (mode %04o): run `chmod 600 %s`", path, info.Mode().Perm(), path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, "", fmt.Errorf("reading the ledger key: %w", err)
	}
	skey = strings.TrimSpace(string(text))
	if signer, err = ledger.NewSigner(skey); err != nil {
		return nil, "", fmt.Errorf("%s: %w", path, err)
	}
	return signer, skey, nil
}

// newKey makes an Ed25519 note key and writes the secret half into a file of mode 0600 that did not exist before.
func newKey(path, name string) (vkey string, err error) {
	skey, vkey, err := ledger.NewKey(rand.Reader, name)
	if err != nil {
		return "", err
	}
	return vkey, writeNew(path, []byte(skey+"\n"), 0o600)
}

// writeNew writes a file that did not exist before, durably and at once: it is never there in part.
func writeNew(path string, data []byte, mode os.FileMode) error {
	draft := path + ".new"
	if err := os.Remove(draft); err != nil && !errors.Is(err, os.ErrNotExist) { // of a process that was killed
		return err
	}
	f, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	err = fail.Do("new file", func() error { _, err := f.Write(data); return err })
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(draft))
	}
	// A link, unlike a rename, replaces nothing.
	return errors.Join(fail.Do("new file name", func() error { return os.Link(draft, path) }), os.Remove(draft), syncDir(filepath.Dir(path)))
}

// clients ask the configured Oxen daemons.
func (w *world) clients() ([]*oxenrpc.Client, error) {
	if len(w.config.Oxen.Daemons) == 0 {
		return nil, fmt.Errorf("%s names no [[oxen.daemon]]", configFile)
	}
	var out []*oxenrpc.Client
	for _, d := range w.config.Oxen.Daemons {
		c, err := oxenrpc.New(oxenrpc.Config{Name: d.Name, URL: d.URL})
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// daemons are the configured Oxen daemons, as snapshots need them.
func (w *world) daemons() ([]swap.Daemon, error) {
	clients, err := w.clients()
	out := make([]swap.Daemon, len(clients))
	for i, c := range clients {
		out[i] = c
	}
	return out, err
}

// print writes data: as JSON with --json, otherwise with text.
func (a *app) print(data any, text func(w io.Writer)) error {
	if a.json {
		var buf bytes.Buffer
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(data); err != nil {
			return err
		}
		_, err := a.stdout.Write(buf.Bytes())
		return err
	}
	tw := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	text(tw)
	return tw.Flush()
}

// say writes words for a person.
func (a *app) say(format string, args ...any) {
	fmt.Fprintf(a.stderr, format+"\n", args...)
}

// readLimited reads a file, or standard input for "-", of at most limit bytes.
func (a *app) readLimited(path string, limit int64) ([]byte, error) {
	in := a.stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return data, nil
}
