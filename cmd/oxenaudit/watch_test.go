package main

import (
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"oxenswap/audit/follow"
	"oxenswap/ethclient/contracts"
	"oxenswap/swap"
)

// TestWebhook: alarms reach it, once more if it fails at first; one that always fails does not hide
// the alarm.
func TestWebhook(t *testing.T) {
	l := smallLog(t)
	dir, state := t.TempDir(), filepath.Join(t.TempDir(), "state")
	l.export(t, dir)
	var got []string
	failures := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if failures > 0 {
			failures--
			http.Error(w, "busy", http.StatusServiceUnavailable)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("alarm: headers %v, body read with %v, want JSON", r.Header, err)
		}
		got = append(got, string(body))
	}))
	t.Cleanup(server.Close)
	look := func() (int, string, string) {
		return oxenaudit(t, "watch", dir, "--key", l.vkey, "--state", state, "--once", "--max-age", "1ms", "--webhook", server.URL+"/secret")
	}

	failures = 1
	if code, out, words := look(); code != 1 || len(got) != 1 || words != "" {
		t.Fatalf("exit code %d, %d alarms:\n%s%s", code, len(got), out, words)
	}
	var posted struct {
		Log   string `json:"log"`
		Alarm struct {
			Kind string `json:"kind"`
			What string `json:"what"`
		} `json:"alarm"`
	}
	must(t, json.Unmarshal([]byte(got[0]), &posted))
	if posted.Log != l.terms.Origin() || posted.Alarm.Kind != "stale" || !strings.Contains(posted.Alarm.What, "the last entry") {
		t.Errorf("posted: %s", got[0])
	}
	failures = 100
	code, out, words := look()
	if code != 1 || !strings.Contains(out, " ALARM stale: ") || !strings.Contains(words, "webhook: an alarm could not be delivered: the server answers 503") {
		t.Errorf("exit code %d:\n%s%s", code, out, words)
	}
	server.Close()
	if _, _, words := look(); strings.Contains(words, "secret") {
		t.Errorf("the webhook's URL is told: %s", words)
	}
}

// TestWatchChain: a watch compares a real distributor's events with the log, and what happens there
// without an entry raises an alarm.
func TestWatchChain(t *testing.T) {
	w := newChainWorld(t)
	dir := t.TempDir()
	watch := &follow.Watch{
		Key: mustVerifier(t, w.log.vkey), StateFile: filepath.Join(t.TempDir(), "state"), Grace: -time.Second, // whatever the clock of the chain is
		Open:  func(context.Context) (fs.FS, func(), error) { return os.DirFS(dir), func() {}, nil },
		Chain: func(context.Context, uint64) (follow.Chain, error) { return chain{w.reader}, nil },
	}
	look := func(kinds ...string) *follow.Seen {
		t.Helper()
		w.log.export(t, dir)
		seen, err := watch.Look(t.Context())
		must(t, err)
		var got []string
		for _, a := range seen.Alarms {
			got = append(got, a.Kind)
		}
		if !slices.Equal(got, kinds) {
			t.Errorf("alarms %v, want %v: %v", got, kinds, seen.Alarms)
		}
		return seen
	}
	if seen := look(); seen.Blocks == 0 {
		t.Error("the chain was not compared")
	}
	data, err := contracts.Distributor().ABI.Pack("pause")
	must(t, err)
	w.send(w.guardian, (*common.Address)(&w.d.Address), data)
	final, err := chain{w.reader}.Final(t.Context())
	must(t, err)
	if seen := look(follow.Unlogged); seen.Blocks != final || !strings.Contains(seen.Alarms[0].What, `"event":"Paused"`) {
		t.Errorf("up to block %d of %d: %v", seen.Blocks, final, seen.Alarms)
	}
	must(t, w.reader.Events(t.Context(), w.d.Address, final, final, func(e swap.Event) error {
		w.log.add(t, e)
		return nil
	}))
	look()
}
