// Package shards writes the claim proofs of a round as static files, so that any web server or CDN
// can carry the day on which everybody collects:
//
//	claim/<round>/index.json    {"format":"oxenswap-claim-shards-v1","round":1,"root":"0x...","total":"...","recipients":1000,"digits":2}
//	claim/<round>/<hex>.json    {"round":1,"root":"0x...","recipients":{"0x<EIP-55>":{"cumulative":"...","proof":["0x...",...]},...}}
//
// A recipient is in the file named by the first digits of its address, in lower case and without
// 0x; there are as many digits as keep files at some 64 recipients. A file that is not there has no
// recipient. Each proof leads to the root, which is in the ledger and on chain, so the files need
// no signature.
package shards

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"github.com/ethereum/go-ethereum/common"

	"oxenswap/swap"
	"oxenswap/swap/merkle"
)

const (
	folder = "claim"
	format = "oxenswap-claim-shards-v1"
	// together is how many recipients a file has, about; maxDigits keeps a folder at 65,536 files.
	together  = 64
	maxDigits = 4
)

// Index is what index.json says.
type Index struct {
	Format     string      `json:"format"`
	Round      uint64      `json:"round"`
	Root       common.Hash `json:"root"`
	Total      swap.Sesh   `json:"total"` // atomic SESH, of all recipients
	Recipients int         `json:"recipients"`
	Digits     int         `json:"digits"` // of an address that name its file
}

// Has reports whether a folder has a round's files.
func Has(dir string, r *swap.RoundBuilt) (bool, error) {
	data, err := os.ReadFile(filepath.Join(dir, folder, strconv.FormatUint(r.Round, 10), "index.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	var x Index
	if err := json.Unmarshal(data, &x); err != nil || x.Format != format || x.Root != common.Hash(r.Root) {
		return false, fmt.Errorf("%s has proofs of round %d for root %s instead of 0x%s: remove them", dir, r.Round, x.Root, r.Root)
	}
	return true, nil
}

// Write writes a round's files, for everybody or for their owner alone to read. They are there all
// at once or not at all.
func Write(dir string, r *swap.RoundBuilt, tree *merkle.Tree, ownerOnly bool) error {
	folderMode, fileMode := fs.FileMode(0o755), fs.FileMode(0o644)
	if ownerOnly {
		folderMode, fileMode = 0o700, 0o600
	}
	parent := filepath.Join(dir, folder)
	if err := os.MkdirAll(parent, folderMode); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(parent, ".new-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := os.Chmod(tmp, folderMode); err != nil {
		return err
	}
	digits := 1
	for digits < maxDigits && tree.Len() > together<<(4*digits) {
		digits++
	}
	order := make([]int, tree.Len())
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		return tree.Leaf(i).Account.Cmp(tree.Leaf(j).Account)
	})
	var body []byte
	for at := 0; at < len(order); {
		name := prefix(tree.Leaf(order[at]).Account, digits)
		body = append(body[:0], fmt.Sprintf(`{"round":%d,"root":"%s","recipients":{`, r.Round, tree.Root())...)
		for first := true; at < len(order) && prefix(tree.Leaf(order[at]).Account, digits) == name; at++ {
			if !first {
				body = append(body, ',')
			}
			first = false
			body = appendLeaf(body, tree.Proof(order[at]))
		}
		if err := os.WriteFile(filepath.Join(tmp, name+".json"), append(body, "}}\n"...), fileMode); err != nil {
			return err
		}
	}
	index, err := json.Marshal(Index{format, r.Round, tree.Root(), r.Total, tree.Len(), digits})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(tmp, "index.json"), append(index, '\n'), fileMode); err != nil {
		return err
	}
	if err := syncAll(tmp); err != nil {
		return err
	}
	if err := os.Rename(tmp, filepath.Join(parent, strconv.FormatUint(r.Round, 10))); err != nil {
		return err
	}
	return sync(parent)
}

func prefix(a common.Address, digits int) string { return hex.EncodeToString(a[:])[:digits] }

func appendLeaf(b []byte, p merkle.Proof) []byte {
	b = fmt.Appendf(b, `"%s":{"cumulative":"%s","proof":[`, p.Leaf.Account, p.Leaf.Amount.Dec())
	for i := range p.Path {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `"0x`...)
		b = hex.AppendEncode(b, p.Path[i][:])
		b = append(b, '"')
	}
	return append(b, "]}"...)
}

// syncAll makes a folder and its files durable. They are written first and synced then: mostly the
// first sync takes the others with it.
func syncAll(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := sync(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return sync(dir)
}

func sync(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

var path = regexp.MustCompile(`^claim/[1-9][0-9]{0,15}/(index|[0-9a-f]{1,4})\.json$`)

// IsPath reports whether a path within an export is one of these files.
func IsPath(name string) bool { return path.MatchString(name) }
