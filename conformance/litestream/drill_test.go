//go:build litestream

// Package litestream runs the disaster drill of docs/OPERATIONS.md with the real replicator,
// github.com/benbjohnson/litestream in the version below, and the real commands. It builds all of
// them and takes minutes:
//
//	go test -tags litestream ./conformance/litestream
package litestream

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"oxenswap/oxenrpc/oxentest"
)

const version = "v0.5.18"

type drill struct {
	*testing.T
	bin, dir string
	files    int
}

func newDrill(t *testing.T) *drill {
	d := &drill{T: t, bin: t.TempDir(), dir: t.TempDir()}
	for _, args := range [][]string{{"install", "github.com/benbjohnson/litestream/cmd/litestream@" + version}, {"build", "-o", d.bin, "oxenswap/cmd/oxenswap", "oxenswap/cmd/oxenaudit"}} {
		c := exec.Command("go", args...)
		c.Env = append(os.Environ(), "GOBIN="+d.bin)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("go %v: %v: %s", args, err, out)
		}
	}
	return d
}

func (d *drill) path(name string) string { return filepath.Join(d.dir, name) }

func (d *drill) command(name string, args ...string) *exec.Cmd {
	if name == "oxenswap" {
		args = append([]string{"--clock", "2026-11-22T12:00:00Z"}, args...)
	}
	return exec.CommandContext(d.Context(), filepath.Join(d.bin, name), args...)
}

// run expects a command to succeed and returns its stdout.
func (d *drill) run(name string, args ...string) string {
	d.Helper()
	c := d.command(name, args...)
	var words bytes.Buffer
	c.Stderr = &words
	out, err := c.Output()
	if err != nil {
		d.Fatalf("%s %v: %v: %s%s", name, args, err, out, &words)
	}
	return string(out)
}

// refused expects a command to fail with all of some words.
func (d *drill) refused(words []string, name string, args ...string) {
	d.Helper()
	out, err := d.command(name, args...).CombinedOutput()
	if err == nil {
		d.Fatalf("%s %v was not refused: %s", name, args, out)
	}
	for _, w := range words {
		if !strings.Contains(string(out), w) {
			d.Errorf("%s %v: %s: expected %q", name, args, out, w)
		}
	}
}

// migration makes a data directory with a snapshot.
func (d *drill) migration() (data string) {
	d.Helper()
	data = d.path("data")
	vkey := strings.TrimSpace(d.run("oxenswap", "operator", "keygen", "ada", "--out", d.path("ada.key")))
	args := []string{"--dir", data, "init", "--terms", "../../demo/terms.toml", "--operator", vkey}
	w, err := oxentest.ReadWorld("../../oxenrpc/testdata/migration/world1.json.gz")
	d.must(err)
	for _, name := range []string{"a", "b"} {
		s, err := w.State(name)
		d.must(err)
		server := httptest.NewServer(oxentest.NewDaemon(s))
		d.Cleanup(server.Close)
		args = append(args, "--daemon", name+"="+server.URL)
	}
	d.run("oxenswap", args...)
	d.run("oxenswap", "--dir", data, "snapshot", "take")
	return data
}

func (d *drill) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// replicate starts the replicator and waits until it has copied something.
func (d *drill) replicate(data, replica string) *exec.Cmd {
	d.Helper()
	c := d.command("litestream", "replicate", filepath.Join(data, "ledger.db"), "file://"+replica)
	out, err := c.StdoutPipe()
	d.must(err)
	c.Stderr = c.Stdout
	d.must(c.Start())
	d.Cleanup(func() { c.Process.Kill() })
	said := ""
	for buf := make([]byte, 4096); !strings.Contains(said, "replicating to"); {
		n, err := out.Read(buf)
		if said += string(buf[:n]); err != nil {
			d.Fatalf("litestream ended: %v: %s", err, said)
		}
	}
	go func() { // or it would wait for a reader
		for buf := make([]byte, 4096); err == nil; {
			_, err = out.Read(buf)
		}
	}()
	return c
}

// claims hands in the demonstration's claims one by one, with notes of an operator in between.
func (d *drill) claims(data string, lines []string) {
	d.Helper()
	for _, line := range lines {
		d.files++
		file := d.path(fmt.Sprintf("claim%d.jsonl", d.files))
		d.must(os.WriteFile(file, []byte(line+"\n"), 0o600))
		d.run("oxenswap", "--dir", data, "claim", "import", file)
		d.note(data, 3)
	}
}

func (d *drill) note(data string, n int) {
	d.Helper()
	for range n {
		d.run("oxenswap", "--dir", data, "ledger", "correct", "0", "--note", "still here")
	}
}

func (d *drill) size(data string) (size int) {
	d.Helper()
	var head struct{ Size int }
	d.must(json.Unmarshal([]byte(d.run("oxenswap", "--dir", data, "--json", "ledger", "head")), &head))
	return head.Size
}

// audit exports a ledger and lets the auditor recompute all of it.
func (d *drill) audit(data string) {
	d.Helper()
	d.files++
	export := d.path(fmt.Sprintf("export%d", d.files))
	d.run("oxenswap", "--dir", data, "ledger", "verify")
	d.run("oxenswap", "--dir", data, "ledger", "export", "--full", export)
	var opened struct {
		Body struct {
			Migration string `json:"migration"`
			Key       string `json:"ledger_key"`
		} `json:"body"`
	}
	d.must(json.Unmarshal([]byte(d.run("oxenswap", "--dir", data, "ledger", "show", "0")), &opened))
	d.run("oxenaudit", "replay", export, "--key", opened.Body.Key, "--migration", opened.Body.Migration)
}

// TestDrill loses a machine while claims come in, and then another one whose last entries had not
// been copied.
func TestDrill(t *testing.T) {
	d := newDrill(t)
	data, replica := d.migration(), d.path("replica")
	text, err := os.ReadFile("../../demo/claims.jsonl")
	d.must(err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) < 4 {
		t.Fatalf("only %d claims", len(lines))
	}

	replicator := d.replicate(data, replica)
	d.claims(data, lines[:len(lines)/2])
	// A command is killed while it writes; what it was at is recorded or it is not.
	killed := d.command("oxenswap", "--dir", data, "claim", "import", "../../demo/claims.jsonl")
	d.must(killed.Start())
	killed.Process.Kill()
	killed.Wait()
	d.claims(data, lines[len(lines)/2:])
	size := d.size(data)
	d.must(replicator.Process.Signal(syscall.SIGTERM)) // it copies the rest before it ends
	replicator.Wait()

	t.Run("everything was copied", func(t *testing.T) {
		d := &drill{T: t, bin: d.bin, dir: t.TempDir()}
		d.run("litestream", "restore", "-o", d.path("restored.db"), "file://"+replica)
		restored := d.path("data")
		key, config := filepath.Join(data, "ledger.key"), filepath.Join(data, "oxenswap.toml")
		d.run("oxenswap", "--dir", restored, "ledger", "restore", d.path("restored.db"), "--key", key, "--config", config, "--checkpoint", filepath.Join(data, "checkpoint"))
		if got := d.size(restored); got != size {
			t.Errorf("%d entries of %d were restored", got, size)
		}
		d.audit(restored)
		// It goes on where it was, replicated again, with an empty replica.
		again := d.replicate(restored, d.path("replica"))
		d.note(restored, 2)
		d.must(again.Process.Signal(syscall.SIGTERM))
		again.Wait()
		if got := d.size(restored); got != size+2 {
			t.Errorf("%d entries instead of %d", got, size+2)
		}
		d.audit(restored)
	})

	t.Run("the last entries were not copied", func(t *testing.T) {
		d := &drill{T: t, bin: d.bin, dir: t.TempDir()}
		d.note(data, 1) // nobody replicates now, and the holder has a receipt of it
		d.run("litestream", "restore", "-o", d.path("restored.db"), "file://"+replica)
		restored := d.path("data")
		key, config := filepath.Join(data, "ledger.key"), filepath.Join(data, "oxenswap.toml")
		d.refused([]string{fmt.Sprintf("the database has %d entries and the checkpoint %d", size, size+1), "Put back the newest copy", "must not go on"},
			"oxenswap", "--dir", restored, "ledger", "restore", d.path("restored.db"), "--key", key, "--config", config, "--checkpoint", filepath.Join(data, "checkpoint"))
		if _, err := os.Stat(restored); !os.IsNotExist(err) {
			t.Errorf("something was made: %v", err)
		}
		// The disk of the old machine can be read after all.
		d.run("oxenswap", "--dir", data, "ledger", "backup", d.path("backup.db"))
		d.run("oxenswap", "--dir", restored, "ledger", "restore", d.path("backup.db"), "--key", key, "--config", config, "--checkpoint", filepath.Join(data, "checkpoint"))
		if got := d.size(restored); got != size+1 {
			t.Errorf("%d entries of %d were restored", got, size+1)
		}
		d.audit(restored)
	})
}
