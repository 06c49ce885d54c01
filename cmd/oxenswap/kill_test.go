package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"oxenswap/oxenrpc/oxentest"
)

// TestKilled kills every command again and again, each time a little later, until it gets through,
// and compares the end with that of a run that nobody disturbed.
func TestKilled(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(t.TempDir(), "oxenswap") // TestMain runs the program under this name
	if err := os.Symlink(self, bin); err != nil {
		t.Fatal(err)
	}
	calm := migrate(t, bin, 0)
	killed := migrate(t, bin, 3*time.Millisecond)
	if !reflect.DeepEqual(calm, killed) {
		t.Errorf("killed commands end elsewhere:\n%v\ninstead of\n%v", killed, calm)
	}
}

// migrate runs a migration up to an approved round. With a step every command is killed after one
// step, two steps and so on. It returns what must be the same in the end: claims by recipient,
// snapshots, and the round's numbers.
func migrate(t *testing.T, bin string, step time.Duration) []any {
	t.Helper()
	dir := t.TempDir()
	vkey := strings.TrimSpace(oxenswap(t, "operator", "keygen", "ada", "--out", filepath.Join(dir, "ada.key")))
	daemons := map[string]*oxentest.Daemon{}
	data := filepath.Join(dir, "data")
	global := []string{"--dir", data, "--clock", "2026-11-22T12:00:00Z"}
	initialise := []string{"init", "--terms", "../../demo/terms.toml", "--operator", vkey}
	for _, name := range []string{"a", "b"} {
		s, err := worldState(1, name)
		if err != nil {
			t.Fatal(err)
		}
		daemons[name] = oxentest.NewDaemon(s)
		server := httptest.NewServer(daemons[name])
		t.Cleanup(server.Close)
		initialise = append(initialise, "--daemon", name+"="+server.URL)
	}
	kills := 0
	do := func(args ...string) {
		t.Helper()
		for after := step; ; after += max(step, after/6) { // so that a slow machine gets through as well
			ctx, cancel := t.Context(), context.CancelFunc(func() {})
			if step > 0 {
				ctx, cancel = context.WithTimeout(ctx, after)
			}
			c := exec.CommandContext(ctx, bin, append(global, args...)...) // kills with SIGKILL
			out, err := c.CombinedOutput()
			cut := ctx.Err() != nil
			cancel()
			var exit *exec.ExitError
			switch {
			case err == nil:
				return
			case args[0] == "init" && strings.Contains(string(out), "already"):
				return // it got through just before it was killed
			case cut && (errors.As(err, &exit) || errors.Is(err, context.DeadlineExceeded)):
				kills++
			default:
				t.Fatalf("oxenswap %v: %v: %s", args, err, out)
			}
		}
	}
	show := func(n int) {
		for name, d := range daemons {
			s, err := worldState(n, name)
			if err != nil {
				t.Fatal(err)
			}
			d.Play(s)
		}
	}
	do(initialise...)
	do("snapshot", "take")
	do("claim", "import", "--legacy", "../../demo/legacy.jsonl")
	do("claim", "import", "../../demo/claims.jsonl")
	do("claim", "import", "../../demo/coins.jsonl")
	show(2)
	do("snapshot", "take")
	do("snapshot", "finalize")
	do("round", "build")
	do("round", "approve", "1", "--key", filepath.Join(dir, "ada.key"))
	do("ledger", "export", filepath.Join(dir, "export"))
	do("ledger", "verify")
	if step > 0 && kills < 20 {
		t.Errorf("only %d kills: the steps are too long to mean anything", kills)
	}

	var claims []claimView
	var snapshots []snapshotView
	var rounds []roundView
	read := func(to any, args ...string) {
		t.Helper()
		if err := json.Unmarshal([]byte(oxenswap(t, append(append(global, "--json"), args...)...)), to); err != nil {
			t.Fatal(err)
		}
	}
	read(&claims, "claim", "list")
	read(&snapshots, "snapshot", "list")
	read(&rounds, "round", "list")
	var out []any
	for _, c := range claims {
		out = append(out, c.Text)
	}
	for _, s := range snapshots {
		out = append(out, s.Height, s.Status, s.Digest)
	}
	for _, r := range rounds {
		out = append(out, r.Round, r.Status, r.Root, r.Total, r.Approvals)
	}
	return out
}
