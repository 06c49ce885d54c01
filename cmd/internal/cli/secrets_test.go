package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestSecretsAreNotEchoed: whatever place of a command line a secret is in, the call is refused
// before any command runs, and nothing of it comes out again.
func TestSecretsAreNotEchoed(t *testing.T) {
	raw := strings.Repeat("4f", 32)
	words := "abandon ability able about above absent absorb abstract absurd abuse access zoo"
	note := "PRIVATE+KEY+ada+2594dc85+AZ1CqLrhkJmE0aVg7pE8b1"
	keystore := `{"address":"5aaeb6","crypto":{"ciphertext":"77ab"},"version":3}`
	for _, c := range []struct {
		args  []string
		where string
	}{
		{[]string{"things", "do", "--name", note, "x"}, "--name"},
		{[]string{"things", "do", "--name=" + note, "x"}, "the value of --name"},
		{[]string{"things", "do", "--name", "a=" + note, "x"}, "--name"},
		{[]string{"things", "do", "--name", raw, "x"}, "--name"},
		{[]string{"things", "do", "--name", "0x" + strings.ToUpper(raw), "x"}, "--name"},
		{[]string{"things", "do", "--name=a=" + raw, "x"}, "--name"},
		{[]string{"things", "do", "--name", words, "x"}, "--name"},
		{[]string{"things", "do", "--name", keystore, "x"}, "--name"},
		{append([]string{"things", "do", "--name"}, strings.Fields(words)...), "arguments"},
		{strings.Fields(words), "arguments"},
		{[]string{note}, "an argument"},
		{[]string{"things", raw}, "an argument"},
		{[]string{"--" + note}, "an argument"},
		{[]string{"-" + raw}, "an argument"},
		{[]string{"--" + raw + "=x"}, "an argument"},
		{[]string{"things", "do", "--nane", note}, "an argument"},
		{[]string{"things", "do", "x", "--", note}, "an argument"},
	} {
		var out bytes.Buffer
		ran := false
		root := program(func() error { ran = true; return nil })
		root.SetOut(&out)
		root.SetErr(&out)
		code := Execute(context.Background(), root, c.args, nil)
		if code != 2 || ran || !strings.Contains(out.String(), c.where) || !strings.Contains(out.String(), "looks like") {
			t.Errorf("%.40q: got code %d, ran %t, %q; want it refused, naming %s", c.args, code, ran, out.String(), c.where)
		}
		for _, part := range []string{note[:20], raw[:12], strings.ToUpper(raw[:12]), "abandon", "ciphertext"} {
			if strings.Contains(out.String(), part) {
				t.Errorf("%.40q: the answer repeats %q", c.args, part)
			}
		}
	}
}

// TestDigestsPass: what takes a digest, and ordinary values, are no secrets.
func TestDigestsPass(t *testing.T) {
	raw := strings.Repeat("4f", 32)
	for _, args := range [][]string{
		{"do", "--attachment", raw}, {"do", "--attachment=" + raw}, {"do", "--message", raw}, {"do", "--root", "0x" + raw},
		{"do", "--name", "ada+2594dc85+AZ1CqLrhkJmE0aVg7pE8b1"}, {"do", "--name", "a=http://127.0.0.1:22023"}, {"do", raw + ".json"},
		{"do", "--name", "daemon b was down for an hour and we restarted it after the lunch break"},
		{"do", "--name", "-", "x"},
	} {
		do := &cobra.Command{Use: "do", RunE: func(*cobra.Command, []string) error { return nil }}
		for _, name := range []string{"attachment", "message", "root", "name"} {
			do.Flags().String(name, "", "")
		}
		root := Root(&cobra.Command{Use: "prog"}, do)
		var out bytes.Buffer
		root.SetErr(&out)
		if code := Execute(context.Background(), root, args, nil); code != 0 {
			t.Errorf("%q: got code %d, %s, want 0", args, code, out.String())
		}
	}
}
