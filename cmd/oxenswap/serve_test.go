package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/oxenrpc/oxentest"
)

// oxenswap runs a command line to its end and returns stdout.
func oxenswap(t *testing.T, args ...string) string {
	t.Helper()
	var out, words bytes.Buffer
	if code := run(t.Context(), args, strings.NewReader(""), &out, &words); code != 0 {
		t.Fatalf("oxenswap %v: exit code %d: %s", args, code, &words)
	}
	return out.String()
}

// TestServe lets the service find its snapshots by itself while the chain goes on and jumps over a
// height.
func TestServe(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	vkey := strings.TrimSpace(oxenswap(t, "operator", "keygen", "ada", "--out", filepath.Join(t.TempDir(), "ada.key")))
	args := []string{"--dir", dir, "init", "--terms", "../../demo/terms.toml", "--operator", vkey}
	daemons := map[string]*oxentest.Daemon{}
	show := func(n int) {
		for name, d := range daemons {
			s, err := worldState(n, name)
			if err != nil {
				t.Fatal(err)
			}
			d.Play(s)
		}
	}
	for _, name := range []string{"a", "b"} {
		s, err := worldState(1, name)
		if err != nil {
			t.Fatal(err)
		}
		daemons[name] = oxentest.NewDaemon(s)
		server := httptest.NewServer(daemons[name])
		t.Cleanup(server.Close)
		args = append(args, "--daemon", name+"="+server.URL)
	}
	oxenswap(t, args...)
	config := filepath.Join(dir, datadir.ConfigFile)
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.ReplaceAll(text, []byte(`"@every 20s"`), []byte(`"@every 1s"`))
	text = bytes.ReplaceAll(text, []byte(`"*/5 * * * *"`), []byte(`"@every 1s"`))
	text = bytes.ReplaceAll(text, []byte(`listen = ""`), []byte(`listen = "127.0.0.1:0"`))
	if err := os.WriteFile(config, text, 0o644); err != nil {
		t.Fatal(err)
	}

	// The log that is served has changed its key.
	next := filepath.Join(t.TempDir(), "next.key")
	oxenswap(t, "--dir", dir, "ledger", "keygen", "--out", next)
	oxenswap(t, "--dir", dir, "ledger", "rotate", next)

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	in, out := io.Pipe()
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"--dir", dir, "serve"}, strings.NewReader(""), io.Discard, out)
		out.Close()
	}()
	lines := bufio.NewScanner(in)
	await := func(want ...string) (line string) {
		t.Helper()
		for lines.Scan() {
			found := true
			for _, w := range want {
				found = found && strings.Contains(lines.Text(), w)
			}
			if found {
				return lines.Text()
			}
		}
		t.Fatalf("the service ended without saying %q", want)
		return ""
	}
	var listening struct{ Address string }
	if err := json.Unmarshal([]byte(await(`"listening"`)), &listening); err != nil {
		t.Fatal(err)
	}
	await(`"snapshot taken"`, `"height":240`)
	show(2) // height 250: 240 is final now
	await(`"height":240`, `"status":"final"`)
	await(`"stakes found"`, `"height":240`, `"found":12`, `"missing":0`)
	show(4) // height 274: 262 went by unseen
	await(`"snapshot missed"`, `"height":262`)

	var head struct{ Size int }
	if err := json.Unmarshal([]byte(oxenswap(t, "--dir", dir, "--json", "ledger", "head")), &head); err != nil {
		t.Fatal(err)
	}
	for published := 0; published < head.Size; { // further evidence of stakes may come in between
		var line struct{ Entries int }
		if err := json.Unmarshal([]byte(await(`"ledger published"`)), &line); err != nil {
			t.Fatal(err)
		}
		published = line.Entries
	}
	checkServed(t, "http://"+listening.Address+"/ledger/", dir)
	drained := make(chan struct{})
	go func() { defer close(drained); io.Copy(io.Discard, in) }()
	checkPortal(t, "http://"+listening.Address, dir)

	// A second service is refused while one runs; readers are not.
	var words bytes.Buffer
	if code := run(t.Context(), []string{"--dir", dir, "serve"}, strings.NewReader(""), io.Discard, &words); code != 1 {
		t.Errorf("a second service got exit code %d: %s", code, &words)
	}
	if list := oxenswap(t, "--dir", dir, "snapshot", "list"); !strings.Contains(list, "missed") {
		t.Errorf("the list does not show the missed snapshot:\n%s", list)
	}
	stop()
	if code := <-done; code != 0 {
		t.Errorf("the service ended with exit code %d", code)
	}
	<-drained
	oxenswap(t, "--dir", dir, "ledger", "verify")
}
