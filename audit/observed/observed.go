// Package observed keeps what an auditor's own daemon answered at the heights of snapshots, and
// says how a log's snapshot differs from it.
//
// An observation is a folder named by its height. It has the raw answers, NAME.json.gz each, and
// observation.json, which names the block, the digest of the content and whether the block became
// final. One whose block is no longer part of the chain is renamed, and counts no more.
package observed

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"oxenswap/oxenrpc/wire"
	"oxenswap/swap"
)

// About is what observation.json says.
type About struct {
	Version   int       `json:"version"` // 1
	Daemon    string    `json:"daemon"`
	Height    uint64    `json:"height"`
	BlockHash swap.Hash `json:"block_hash"`
	Content   swap.Hash `json:"content"` // SHA-256 of its normal form: what a snapshot's digest is
	Time      time.Time `json:"time"`
	Final     bool      `json:"final"` // the daemon later held the block immutable
	Answers   []string  `json:"answers"`
}

const aboutFile = "observation.json"

// maxAbout bounds observation.json, in bytes.
const maxAbout = 64 << 10

// Write keeps an observation below dir. A height that was observed before is left as it is.
func Write(dir string, o swap.Observation, now time.Time) (about About, err error) {
	content, err := o.Content.Encode()
	if err != nil {
		return About{}, err
	}
	about = About{
		Version: 1, Daemon: o.Daemon, Height: o.Content.Height, BlockHash: o.Content.BlockHash, Content: swap.Digest(content),
		Time: now.UTC().Truncate(time.Second),
	}
	place := filepath.Join(dir, strconv.FormatUint(about.Height, 10))
	if _, err := os.Stat(place); err == nil {
		return about, fmt.Errorf("%s: %w", place, fs.ErrExist)
	}
	draft, err := os.MkdirTemp(dir, ".draft-*")
	if err != nil {
		return About{}, err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(draft)
		}
	}()
	for _, r := range o.Raw {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, err := z.Write(r.Body)
		if err := errors.Join(err, z.Close()); err != nil {
			return About{}, err
		}
		about.Answers = append(about.Answers, r.Call)
		if err := os.WriteFile(filepath.Join(draft, r.Call+".json.gz"), packed.Bytes(), 0o644); err != nil {
			return About{}, err
		}
	}
	if err := about.write(draft); err != nil {
		return About{}, err
	}
	if err := os.Chmod(draft, 0o755); err != nil {
		return About{}, err
	}
	return about, os.Rename(draft, place)
}

func (a About) write(place string) error {
	data, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	draft := filepath.Join(place, "."+aboutFile)
	if err := os.WriteFile(draft, append(data, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(draft, filepath.Join(place, aboutFile))
}

// Finalize notes that the block of an observation is final.
func Finalize(dir string, a About) error {
	a.Final = true
	return a.write(filepath.Join(dir, strconv.FormatUint(a.Height, 10)))
}

// Orphan puts an observation aside whose block is no longer part of the chain.
func Orphan(dir string, a About) error {
	place := filepath.Join(dir, strconv.FormatUint(a.Height, 10))
	return os.Rename(place, fmt.Sprintf("%s.orphan-%.16s", place, a.BlockHash))
}

// List gives what was observed, by height.
func List(dir fs.FS) ([]About, error) {
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return nil, err
	}
	var out []About
	for _, e := range entries {
		height, err := strconv.ParseUint(e.Name(), 10, 64)
		if err != nil || !e.IsDir() {
			continue
		}
		data, err := read(dir, path.Join(e.Name(), aboutFile), maxAbout)
		if err != nil {
			return nil, err
		}
		var a About
		if err := json.Unmarshal(data, &a); err != nil {
			return nil, fmt.Errorf("%s: %w", path.Join(e.Name(), aboutFile), err)
		}
		if a.Version != 1 || a.Height != height {
			return nil, fmt.Errorf("%s: version %d, height %d: expected version 1, height %d", e.Name(), a.Version, a.Height, height)
		}
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b About) int { return int(int64(a.Height) - int64(b.Height)) })
	return out, nil
}

// Read decodes the raw answers of an observation, as the service decodes those of its daemons, and
// compares them with what observation.json says.
func Read(dir fs.FS, a About) (swap.Observation, error) {
	var raw []swap.RawAnswer
	place := strconv.FormatUint(a.Height, 10)
	for _, call := range a.Answers {
		name := path.Join(place, call+".json.gz")
		packed, err := read(dir, name, wire.MaxBody)
		if err != nil {
			return swap.Observation{}, err
		}
		z, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return swap.Observation{}, fmt.Errorf("%s: %w", name, err)
		}
		body, err := io.ReadAll(io.LimitReader(z, wire.MaxBody+1))
		if err != nil || len(body) > wire.MaxBody {
			return swap.Observation{}, errors.Join(fmt.Errorf("%s: cut off, or longer than %d bytes", name, wire.MaxBody), err)
		}
		raw = append(raw, swap.RawAnswer{Call: call, Body: body})
	}
	o, err := wire.Observation(raw)
	if err != nil {
		return o, fmt.Errorf("observation of height %d: %w", a.Height, err)
	}
	content, err := o.Content.Encode()
	if err != nil {
		return o, err
	}
	if o.Content.Height != a.Height || o.Content.BlockHash != a.BlockHash || swap.Digest(content) != a.Content {
		return o, fmt.Errorf("observation of height %d: its answers are of block %d %s with content %s", a.Height, o.Content.Height, o.Content.BlockHash, swap.Digest(content))
	}
	o.Daemon = a.Daemon
	return o, nil
}

func read(dir fs.FS, name string, most int64) ([]byte, error) {
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("%s: longer than %d bytes", name, most)
	}
	return data, err
}
