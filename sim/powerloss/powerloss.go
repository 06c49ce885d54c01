// Package powerloss imagines that the power fails under SQLite, for tests. A VFS around SQLite's
// own reports every write and sync of the files in one directory; of each file the package keeps
// what is written and what is durable. A cut makes a directory as it could be found afterwards:
// each file as of its last sync, with none, all or some of the 512-byte sectors that were written
// since; each name as of the last sync of the directory, or as it is now.
//
// Files that Go writes itself are reported by whoever writes them.
package powerloss

// #cgo LDFLAGS: -Wl,--unresolved-symbols=ignore-all
// #include "vfs.h"
import "C"

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unsafe"
)

const sector = 512

// content is a file, whatever its name.
type content struct{ live, durable []byte }

// Disk is the directory that is followed.
type Disk struct {
	mu    sync.Mutex
	dir   string
	files []*content          // by number - 1
	live  map[string]*content // by name
	kept  map[string]*content // by name, as of the directory's last sync
	lazy  func(name string) bool
	after func()
}

// There is one default VFS in a process, so there is one disk.
var (
	install sync.Once
	present struct {
		sync.Mutex
		disk *Disk
	}
)

// Follow follows the files of an empty directory until the next Follow. after is called after every
// write and sync; a nil lazy means that every sync works, otherwise those of the files for which it
// is true do nothing.
func Follow(dir string, lazy func(name string) bool, after func()) (*Disk, error) {
	failed := false
	install.Do(func() { failed = C.powerloss_register() != 0 })
	if failed {
		return nil, errors.New("register a VFS with SQLite")
	}
	if lazy == nil {
		lazy = func(string) bool { return false }
	}
	d := &Disk{dir: dir, live: map[string]*content{}, kept: map[string]*content{}, lazy: lazy, after: after}
	present.Lock()
	defer present.Unlock()
	present.disk = d
	return d, nil
}

// End stops following.
func (d *Disk) End() {
	present.Lock()
	defer present.Unlock()
	if present.disk == d {
		present.disk = nil
	}
}

func following() *Disk {
	present.Lock()
	defer present.Unlock()
	return present.disk
}

// change runs a change of the model, and then what is called after every one.
func (d *Disk) change(f func()) {
	d.mu.Lock()
	f()
	d.mu.Unlock()
	d.after()
}

// Write reports that Go has written a whole new file.
func (d *Disk) Write(name string, data []byte) {
	d.change(func() { d.live[name] = &content{live: bytes.Clone(data)} })
}

// Sync reports that Go has synced a file.
func (d *Disk) Sync(name string) {
	d.change(func() {
		if c := d.live[name]; c != nil && !d.lazy(name) {
			c.durable = bytes.Clone(c.live)
		}
	})
}

// Rename reports that Go has renamed a file.
func (d *Disk) Rename(from, to string) {
	d.change(func() {
		d.live[to] = d.live[from]
		delete(d.live, from)
	})
}

// SyncDirectory reports that Go has synced the directory.
func (d *Disk) SyncDirectory() {
	d.change(func() { d.kept = maps.Clone(d.live) })
}

//export powerlossOpened
func powerlossOpened(path *C.char) C.int {
	d := following()
	// SQLite follows links when it makes a path absolute.
	dir, name := filepath.Split(C.GoString(path))
	if d == nil || filepath.Clean(dir) != d.dir {
		return 0
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.live[name]
	if c == nil {
		c = &content{}
		d.live[name] = c
	}
	if i := slices.Index(d.files, c); i >= 0 {
		return C.int(i + 1)
	}
	d.files = append(d.files, c)
	return C.int(len(d.files))
}

//export powerlossWrote
func powerlossWrote(id C.int, data unsafe.Pointer, n C.int, at C.longlong) {
	written := unsafe.Slice((*byte)(data), int(n))
	following().with(id, func(c *content) {
		if end := int(at) + len(written); end > len(c.live) {
			c.live = append(c.live, make([]byte, end-len(c.live))...)
		}
		copy(c.live[at:], written)
	})
}

//export powerlossTruncated
func powerlossTruncated(id C.int, n C.longlong) {
	following().with(id, func(c *content) { c.live = c.live[:min(int(n), len(c.live))] })
}

//export powerlossSynced
func powerlossSynced(id C.int) {
	d := following()
	d.with(id, func(c *content) {
		for name, other := range d.live {
			if other != c || d.lazy(name) {
				continue
			}
			c.durable = append(c.durable[:0], c.live...)
			// With the first sync of a journal SQLite syncs the directory as well.
			if journal := strings.HasSuffix(name, "-wal") || strings.HasSuffix(name, "-journal"); journal && d.kept[name] != c {
				d.kept = maps.Clone(d.live)
			}
		}
	})
}

//export powerlossDeleted
func powerlossDeleted(path *C.char, durable C.int) {
	d := following()
	dir, name := filepath.Split(C.GoString(path))
	if d == nil || filepath.Clean(dir) != d.dir {
		return
	}
	d.change(func() {
		delete(d.live, name)
		if durable != 0 {
			delete(d.kept, name)
		}
	})
}

// with changes a file of a disk that is still followed.
func (d *Disk) with(id C.int, f func(*content)) {
	if d != nil {
		d.change(func() { f(d.files[id-1]) })
	}
}

// Luck is how much of what was not synced survives.
type Luck int

// The kinds of luck.
const (
	None Luck = iota
	All
	Some
)

// Cut writes what is left when the power fails now.
func (d *Disk) Cut(into string, luck Luck, r *rand.Rand) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	names := maps.Clone(d.kept)
	maps.Copy(names, d.live)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		c := d.kept[name]
		if luck == All || luck == Some && r.IntN(2) == 0 {
			c = d.live[name]
		}
		if c == nil || strings.HasSuffix(name, "-shm") {
			continue
		}
		if err := os.WriteFile(filepath.Join(into, name), c.left(luck, r), 0o600); err != nil {
			return fmt.Errorf("cut: %w", err)
		}
	}
	return nil
}

// left is what a file holds after the power failed.
func (c *content) left(luck Luck, r *rand.Rand) []byte {
	switch luck {
	case None:
		return c.durable
	case All:
		return c.live
	}
	out := bytes.Clone(c.durable)
	if len(c.live) != len(c.durable) && r.IntN(2) == 0 {
		out = append(out, make([]byte, max(0, len(c.live)-len(out)))...)[:len(c.live)]
	}
	odds := 1 + r.IntN(8)
	for at := 0; at < min(len(c.live), len(out)); at += sector {
		end := min(at+sector, len(c.live), len(out))
		if !bytes.Equal(out[at:end], c.live[at:end]) && r.IntN(odds) == 0 {
			copy(out[at:end], c.live[at:end])
		}
	}
	return out
}
