//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"oxenswap/oxenrpc/oxentest"
	"oxenswap/store"
	"oxenswap/swap"
)

const (
	height = 1000
	depth  = 10 // how many blocks make a snapshot final
)

const termsText = `version = 1
name = "load"
portal = "claim.example"
opens = "2026-01-01T00:00:00Z"
closes = "2040-01-01T00:00:00Z"
legacy_claims = false

[oxen]
network = "fakechain"
genesis = "%s"
finality_depth = %d

[token]
chain_id = 31337
address = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
symbol = "SESH"
decimals = 9

[[programme]]
name = "stake"
kind = "convert-stake"
snapshot_height = %[3]d
ratio = "54/100"
cap = "1000000000000000000"

[[programme]]
name = "rewards"
kind = "convert-rewards"
snapshot_height = %[3]d
ratio = "54/100"
cap = "1000000000000000000"
`

// world is a data directory, made with the program itself.
type world struct {
	dir, program, auditor string
	claims                claims
	vkey                  string // of the ledger
}

func (w *world) data() string { return filepath.Join(w.dir, "data") }

// prepare brings a migration to an approved round: every account has stake or rewards in the
// snapshot, and a claim.
func (w *world) prepare(ctx context.Context, accounts int) error {
	var err error
	if w.claims.holders, err = newHolders("holder", accounts); err != nil {
		return err
	}
	network := oxentest.Synth{
		Nodes: max(accounts/10, 1), Contributions: accounts, Wallets: accounts, Rewards: accounts, Height: height, Network: "fakechain", Seed: 1,
		Address: func(i int) string { return w.claims.holders[i].oxen },
	}
	taken, err := play(network, nil)
	if err != nil {
		return err
	}
	daemon := oxentest.NewDaemon(taken)
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: daemon}
	go server.Serve(listener)
	defer server.Close()

	genesis, err := headerHash(taken, 0)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(w.dir, "terms.toml"), fmt.Appendf(nil, termsText, genesis, depth, height), 0o644); err != nil {
		return err
	}
	operator, err := w.run("operator", "keygen", "ada", "--out", "ada.key")
	if err != nil {
		return err
	}
	out, err := w.run("--json", "init", "--terms", "terms.toml", "--operator", strings.TrimSpace(string(operator)), "--daemon", "a=http://"+listener.Addr().String())
	if err != nil {
		return err
	}
	var made struct {
		Migration string `json:"migration"`
		Key       string `json:"ledger_key"`
	}
	if err := json.Unmarshal(out, &made); err != nil {
		return err
	}
	w.claims.migration, w.vkey = made.Migration, made.Key
	if _, err := w.run("snapshot", "take"); err != nil {
		return err
	}
	network.Height += depth
	later, err := play(network, taken)
	if err != nil {
		return err
	}
	daemon.Play(later)
	if err := w.claims.sign(accounts); err != nil {
		return err
	}
	w.claims.taken = accounts
	lines, err := w.claims.lines(0, accounts)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(w.dir, "claims.jsonl"), lines, 0o644); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"snapshot", "finalize"}, {"claim", "import", "claims.jsonl"}, {"round", "build"}, {"round", "approve", "1", "--key", "ada.key"},
	} {
		if _, err := w.run(args...); err != nil {
			return err
		}
	}
	return w.readEntries(ctx)
}

// readEntries learns where the first claims are.
func (w *world) readEntries(ctx context.Context) error {
	r, err := store.OpenReader(ctx, w.data())
	if err != nil {
		return err
	}
	defer r.Close()
	return r.View(ctx, func(t swap.Tables, _ uint64) error {
		for i := range w.claims.holders {
			c, err := t.LatestClaim(w.claims.holders[i].account)
			if err != nil {
				return fmt.Errorf("the claim of %s: %w", w.claims.holders[i].oxen, err)
			}
			w.claims.holders[i].entry, w.claims.entries[i] = c.Entry, c.Entry
		}
		return nil
	})
}

// play is what a daemon of a network answers. It knows the snapshot's block of an earlier state
// too.
func play(s oxentest.Synth, earlier *oxentest.State) (*oxentest.State, error) {
	world, err := s.World()
	if err != nil {
		return nil, err
	}
	if earlier != nil {
		params := fmt.Appendf(nil, `{"height":%d}`, height)
		world.Calls = append(world.Calls, oxentest.Call{
			Daemon:   "a",
			Request:  fmt.Appendf(nil, `{"jsonrpc":"2.0","id":"0","method":"get_block_header_by_height","params":%s}`, params),
			Response: earlier.Answer("get_block_header_by_height", params),
		})
	}
	return world.State("a")
}

func headerHash(s *oxentest.State, height uint64) (string, error) {
	var answer struct {
		Result struct {
			Header struct {
				Hash string `json:"hash"`
			} `json:"block_header"`
		} `json:"result"`
	}
	err := json.Unmarshal(s.Answer("get_block_header_by_height", fmt.Appendf(nil, `{"height":%d}`, height)), &answer)
	return answer.Result.Header.Hash, err
}

// run runs the program on the data directory.
func (w *world) run(args ...string) ([]byte, error) {
	return w.execute(w.program, append([]string{"--dir", w.data()}, args...)...)
}

func (w *world) execute(program string, args ...string) ([]byte, error) {
	c := exec.Command(program, args...)
	var words bytes.Buffer
	c.Stderr, c.Dir = &words, w.dir
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s%s", filepath.Base(program), strings.Join(args, " "), err, out, words.Bytes())
	}
	return out, nil
}
