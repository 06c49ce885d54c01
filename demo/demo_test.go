// Package demo_test runs the demonstration and compares what it paid with what an independent
// program computed.
package demo_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDemo runs demo/run.sh: real recorded daemons and claims, a local chain, two rounds, an audit.
func TestDemo(t *testing.T) {
	bin, dir := t.TempDir(), t.TempDir()
	if out, err := exec.Command("go", "build", "-o", bin+"/", "../cmd/...").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	demo := exec.CommandContext(t.Context(), "./run.sh", bin)
	demo.Env = append(os.Environ(), "DEMO_DIR="+dir)
	out, err := demo.CombinedOutput()
	if err != nil {
		t.Fatalf("the demonstration failed: %v\n%s", err, out)
	}
	if !bytes.HasSuffix(out, []byte("\naudit: every entry holds\n")) {
		t.Errorf("the demonstration does not end with a clean audit:\n%s", out)
	}

	t.Run("documents", func(t *testing.T) { checkDocuments(t, bin, dir, string(out)) })

	var expected struct {
		Accounts map[string]map[string]string `json:"accounts"` // Oxen address -> programme -> atomic SESH
	}
	text, err := os.ReadFile("../oxenrpc/testdata/migration/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &expected); err != nil {
		t.Fatal(err)
	}
	if len(expected.Accounts) != 9 {
		t.Fatalf("%d expected accounts", len(expected.Accounts))
	}
	paid := map[string]map[string]string{}
	var payments []struct {
		Oxen, Programme, Amount string
		PaidIn                  *string `json:"paid_in"`
	}
	query(t, bin, dir, &payments, "round", "payments")
	for _, p := range payments {
		if p.PaidIn == nil {
			t.Errorf("%s of %s is not paid", p.Programme, p.Oxen)
		}
		if paid[p.Oxen] == nil {
			paid[p.Oxen] = map[string]string{}
		}
		paid[p.Oxen][p.Programme] = p.Amount
	}
	for oxen, programmes := range expected.Accounts {
		var owed struct {
			Programmes []struct{ Programme, Owed string }
			Claim      *struct{ Text string }
		}
		query(t, bin, dir, &owed, "owed", "--oxen", oxen)
		for _, p := range owed.Programmes {
			want := programmes[p.Programme]
			if want == "" {
				want = "0"
			}
			if p.Owed != want {
				t.Errorf("%s is owed %s from %s, expected %s", oxen, p.Owed, p.Programme, want)
			}
			if owed.Claim != nil && want != "0" && paid[oxen][p.Programme] != want {
				t.Errorf("%s was paid %q from %s, expected %s", oxen, paid[oxen][p.Programme], p.Programme, want)
			}
		}
	}
}

// query runs oxenswap --json in the demonstration's folder.
func query(t *testing.T, bin, dir string, to any, args ...string) {
	t.Helper()
	c := exec.Command(filepath.Join(bin, "oxenswap"), append([]string{"--dir", filepath.Join(dir, "oxenswap"), "--json"}, args...)...)
	var words strings.Builder
	c.Stderr = &words
	out, err := c.Output()
	if err != nil {
		t.Fatalf("oxenswap %v: %v: %s", args, err, words.String())
	}
	if err := json.Unmarshal(out, to); err != nil {
		t.Fatalf("oxenswap %v: %v", args, err)
	}
}
