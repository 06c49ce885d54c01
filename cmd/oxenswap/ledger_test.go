package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/torchwood"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/mod/sumdb/note"
)

// witness signs a checkpoint as a witness of the given name does and writes its signature line to a
// file; with a name alone it writes the witness's key to NAME.vkey.
func witness(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 && len(args) != 3 {
		ts.Fatalf("usage: witness NAME [CHECKPOINT OUT]")
	}
	seed := sha256.Sum256([]byte(args[0]))
	signer, err := torchwood.NewCosignatureSigner("witness.example/"+args[0], ed25519.NewKeyFromSeed(seed[:]))
	ts.Check(err)
	if len(args) == 1 {
		ts.Check(os.WriteFile(ts.MkAbs(args[0]+".vkey"), []byte(signer.Verifier().String()), 0o600))
		return
	}
	text, _, ok := strings.Cut(ts.ReadFile(args[1]), "\n\n")
	if !ok {
		ts.Fatalf("%s is not a checkpoint", args[1])
	}
	signed, err := note.Sign(&note.Note{Text: text + "\n"}, signer)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), bytes.TrimPrefix(signed, []byte(text+"\n\n")), 0o600))
}

// Two processes on one directory: the second one says so within a second, whichever they are.
func TestSecondProcess(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(t.TempDir(), "oxenswap") // TestMain runs the program under this name
	if err := os.Symlink(self, bin); err != nil {
		t.Fatal(err)
	}
	asked, answer := make(chan struct{}, 100), make(chan struct{})
	daemon := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-answer
	}))
	defer daemon.Close()
	defer close(answer)
	dir, backup := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "backup")
	vkey := strings.TrimSpace(oxenswap(t, "operator", "keygen", "ada", "--out", filepath.Join(t.TempDir(), "ada.key")))
	oxenswap(t, "--dir", dir, "init", "--terms", "../../demo/terms.toml", "--operator", vkey, "--daemon", "a="+daemon.URL)
	oxenswap(t, "--dir", dir, "ledger", "backup", backup)

	run := func(args ...string) (string, time.Duration, error) {
		start := time.Now()
		out, err := exec.Command(bin, append([]string{"--dir", dir}, args...)...).CombinedOutput()
		return string(out), time.Since(start), err
	}
	_, idle, err := run("--version") // what a process takes to start on this machine
	if err != nil {
		t.Fatal(err)
	}
	restore := []string{"ledger", "restore", backup, "--checkpoint", backup + ".checkpoint"}
	refused := func(beside string, commands ...[]string) {
		t.Helper()
		for _, args := range commands {
			out, took, err := run(args...)
			if err == nil || !strings.Contains(out, "in use by process") || !strings.Contains(out, "stop that one first") {
				t.Errorf("%v beside %s: %v: %s", args, beside, err, out)
			}
			if took > time.Second+2*idle {
				t.Errorf("%v beside %s was refused after %v; a process starts in %v", args, beside, took, idle)
			}
		}
	}
	begin := func(args ...string) (*exec.Cmd, io.Reader) {
		t.Helper()
		c := exec.Command(bin, append([]string{"--dir", dir}, args...)...)
		words, err := c.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		return c, words
	}
	end := func(c *exec.Cmd) {
		c.Process.Kill()
		c.Wait()
	}

	command, _ := begin("snapshot", "take") // which waits for the daemon
	defer end(command)
	<-asked
	refused("a command", []string{"snapshot", "take"}, []string{"ledger", "correct", "1", "--note", "x"}, []string{"serve"}, []string{"ledger", "rebuild"}, restore)
	end(command)

	service, words := begin("serve")
	defer end(service)
	for said, buf := "", make([]byte, 4096); !strings.Contains(said, `"serving"`); {
		n, err := words.Read(buf)
		if said += string(buf[:n]); err != nil {
			t.Fatalf("the service ended: %v: %s", err, said)
		}
	}
	go io.Copy(io.Discard, words)
	refused("the service", []string{"serve"}, []string{"ledger", "rebuild"}, restore)
	for _, args := range [][]string{
		{"ledger", "head"}, {"ledger", "verify"}, {"ledger", "backup", filepath.Join(t.TempDir(), "backup")}, {"ledger", "correct", "1", "--note", "x"},
	} {
		if out, _, err := run(args...); err != nil {
			t.Errorf("%v beside the service: %v: %s", args, err, out)
		}
	}
}

// Two processes that make one directory: there is one, and it is whole.
func TestSecondInit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	vkey := strings.TrimSpace(oxenswap(t, "operator", "keygen", "ada", "--out", filepath.Join(t.TempDir(), "ada.key")))
	oxenswap(t, "--dir", dir, "init", "--terms", "../../demo/terms.toml", "--operator", vkey)
	oxenswap(t, "--dir", dir, "ledger", "verify")
}
