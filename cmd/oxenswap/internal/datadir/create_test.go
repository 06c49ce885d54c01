package datadir

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/BurntSushi/toml"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// demo are the terms of the demonstration and a configuration for them.
func demo(t *testing.T) (*swap.Terms, []byte) {
	t.Helper()
	var tree map[string]any
	if _, err := toml.DecodeFile("../../../../demo/terms.toml", &tree); err != nil {
		t.Fatal(err)
	}
	terms, err := swap.TermsFromTree(tree)
	if err != nil {
		t.Fatal(err)
	}
	_, operator, err := ledger.NewKey(rand.Reader, "ada")
	if err != nil {
		t.Fatal(err)
	}
	config, err := NewConfig(terms, []string{operator}, nil, ChainConfig{})
	if err != nil {
		t.Fatal(err)
	}
	return terms, config
}

// TestCreatePrivately: whatever the umask, nothing in a new data directory is for others, and it
// opens.
func TestCreatePrivately(t *testing.T) {
	terms, config := demo(t)
	parent := t.TempDir()
	if err := os.Chmod(parent, 0o755); err != nil {
		t.Fatal(err)
	}
	defer syscall.Umask(syscall.Umask(0))
	o := Options{Path: filepath.Join(parent, "data"), Warn: t.Logf}
	if _, err := o.Create(t.Context(), terms, config, "test"); err != nil {
		t.Fatal(err)
	}
	d, err := o.OpenAlone(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	seen := map[string]bool{}
	if err := filepath.WalkDir(o.Path, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		seen[entry.Name()] = true
		if got := info.Mode().Perm(); got&0o077 != 0 {
			t.Errorf("%s: got mode %04o, want nothing for others", path, got)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ledger.db", "ledger.db-wal", "ledger.db-shm", KeyFile, ConfigFile, "terms.json", "checkpoint"} {
		if !seen[name] {
			t.Errorf("%s: not there, so its mode was not looked at", name)
		}
	}
}

// TestModes: a file of the data directory that others can read stops every command, with the
// command that repairs it; the public export is for everybody.
func TestModes(t *testing.T) {
	terms, config := demo(t)
	o := Options{Path: filepath.Join(t.TempDir(), "data"), Warn: t.Logf}
	if _, err := o.Create(t.Context(), terms, config, "test"); err != nil {
		t.Fatal(err)
	}
	path := func(name string) string { return filepath.Join(o.Path, name) }
	if err := errors.Join(os.Mkdir(path(PublicDir), 0o755), os.WriteFile(path("public/x"), nil, 0o644), os.Mkdir(path("sub"), 0o700)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		mode   fs.FileMode
		others []string // likewise, mode 0644
		repair string   // "": nothing is wrong
	}{
		{"", 0o711, nil, ""},
		{"ledger.db", 0o640, nil, "chmod 600 " + path("ledger.db")},
		{ConfigFile, 0o604, nil, "chmod 600 " + path(ConfigFile)},
		{KeyFile, 0o620, nil, "chmod 600 " + path(KeyFile)},
		{"", 0o755, nil, "find "},
		{"", 0o702, nil, "find "},
		{"sub", 0o755, nil, "find "},
		{"checkpoint", 0o644, []string{ConfigFile, "terms.json"}, "find "},
	} {
		for _, name := range append(c.others, c.name) {
			mode := fs.FileMode(0o644)
			if name == c.name {
				mode = c.mode
			}
			if err := os.Chmod(path(name), mode); err != nil {
				t.Fatal(err)
			}
		}
		d, err := o.OpenReading(t.Context())
		if err == nil {
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
		}
		var mode *ModeError
		switch {
		case c.repair == "" && err != nil:
			t.Errorf("%q of mode %04o: got %v, want it opened", c.name, c.mode, err)
		case c.repair != "" && (!errors.As(err, &mode) || !strings.HasPrefix(mode.Repair(), c.repair) || mode.More != len(c.others)):
			t.Errorf("%q of mode %04o: got %v, want a repair by %q of %d more", c.name, c.mode, err, c.repair, len(c.others))
		}
		for _, name := range append(c.others, c.name) {
			restored := fs.FileMode(0o600)
			if name == "" || name == "sub" {
				restored = 0o700
			}
			if err := os.Chmod(path(name), restored); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestDrafts: of two processes that make one directory, the second leaves the first one's draft
// alone; what a killed one left is removed; what is not a folder of this user is not touched.
func TestDrafts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	prefix := filepath.Join(filepath.Dir(dir), ".data"+draftMark)
	planted := prefix + "planted"
	if err := os.Symlink(t.TempDir(), planted); err != nil {
		t.Fatal(err)
	}
	left := prefix + "left"
	if err := os.Mkdir(left, 0o700); err != nil {
		t.Fatal(err)
	}
	first, release, err := newDraft(dir)
	if err != nil {
		t.Fatal(err)
	}
	second, releaseSecond, err := newDraft(dir)
	if err != nil {
		t.Fatal(err)
	}
	if first == second || first == prefix || !strings.HasPrefix(first, prefix) {
		t.Errorf("drafts: got %s and %s, want two names that nobody can know", first, second)
	}
	if _, err := os.Stat(first); err != nil {
		t.Errorf("the first one's draft: got %v, want it left alone", err)
	}
	if _, err := os.Lstat(planted); err != nil {
		t.Errorf("a link with the name of a draft: got %v, want it left alone", err)
	}
	if _, err := os.Lstat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a draft that nobody holds: got %v, want it removed", err)
	}
	if err := errors.Join(release(), releaseSecond()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(first); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a draft after release: got %v, want it removed", err)
	}
}

// TestCreateRefusesPlaces: parents that others can write, and what is there already.
func TestCreateRefusesPlaces(t *testing.T) {
	terms, config := demo(t)
	for _, c := range []struct {
		name   string
		parent fs.FileMode
		make   func(dir string) error
		says   string // "": taken
	}{
		{"a parent of this user alone", 0o700, nil, ""},
		{"a parent that others can read", 0o755, nil, ""},
		{"a sticky parent", 0o777 | fs.ModeSticky, nil, ""},
		{"an empty directory", 0o700, func(dir string) error { return os.Mkdir(dir, 0o700) }, "exists already"},
		{"a parent that everybody can write", 0o777, nil, "others can write"},
		{"a parent that a group can write", 0o775, nil, "others can write"},
		{"a link to an empty directory", 0o700, func(dir string) error { return os.Symlink(t.TempDir(), dir) }, "is no directory"},
		{"a file", 0o700, func(dir string) error { return os.WriteFile(dir, nil, 0o600) }, "is no directory"},
	} {
		parent := t.TempDir()
		if err := os.Chmod(parent, c.parent); err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(parent, "data")
		if c.make != nil {
			if err := c.make(dir); err != nil {
				t.Fatal(err)
			}
		}
		_, err := Options{Path: dir, Warn: t.Logf}.Create(t.Context(), terms, config, "test")
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.says)
		}
		names, err := os.ReadDir(parent)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			if n.Name() != "data" {
				t.Errorf("%s: got %s left behind", c.name, n.Name())
			}
		}
	}
}
