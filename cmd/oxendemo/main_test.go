package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethclient"

	"oxenswap/oxenrpc"
	"oxenswap/oxenrpc/oxentest"
	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
)

const world1 = "../../oxenrpc/testdata/migration/world1.json.gz"

// oxendemo runs a command line to its end.
func oxendemo(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, words bytes.Buffer
	code = run(t.Context(), args, &out, &words)
	return code, out.String(), words.String()
}

// server starts a command that serves and returns the URL that it prints.
func server(t *testing.T, args ...string) string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	in, out := io.Pipe()
	var words bytes.Buffer
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, args, out, &words)
		out.Close()
	}()
	t.Cleanup(func() {
		stop()
		if code := <-done; code != 0 {
			t.Errorf("oxendemo %v: exit code %d: %s", args, code, &words)
		}
	})
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil {
		t.Fatalf("oxendemo %v printed no URL: %v", args, err)
	}
	return strings.TrimSpace(line)
}

func observe(t *testing.T, name, url string) swap.Observation {
	t.Helper()
	c, err := oxenrpc.New(oxenrpc.Config{Name: name, URL: url})
	if err != nil {
		t.Fatal(err)
	}
	o, err := c.Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestDaemon(t *testing.T) {
	a := observe(t, "a", server(t, "daemon", "--recording", world1, "--as", "a"))
	b := observe(t, "b", server(t, "daemon", "--recording", world1, "--as", "b", "--shuffle", "7"))
	one, err := a.Content.Encode()
	if err != nil {
		t.Fatal(err)
	}
	two, err := b.Content.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if a.Content.Height != 240 || !bytes.Equal(one, two) {
		t.Errorf("height %d, equal %t", a.Content.Height, bytes.Equal(one, two))
	}
}

func TestChain(t *testing.T) {
	url := server(t, "chain", "--time", "2026-11-22T00:00:00Z")
	const token = "0x5FbDB2315678afecb367f032d93F642f64180aa3\n"
	for range 2 { // the second time it is there already
		if code, out, words := oxendemo(t, "token", "--rpc", url, "--supply", "1000"); code != 0 || out != token {
			t.Fatal(code, out, words)
		}
	}
	client, err := ethclient.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if code, err := client.CodeAt(t.Context(), common.HexToAddress(strings.TrimSpace(token)), nil); err != nil || len(code) == 0 {
		t.Error("no code at the token's address", err)
	}
	if code, out, words := oxendemo(t, "chain", "advance", "--rpc", url, "--seconds", "86400"); code != 0 || !strings.Contains(out, "at 2026-11-23T00:00") {
		t.Error(code, out, words)
	}
}

func TestKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys", "publisher.json")
	code, out, words := oxendemo(t, "key", "--account", "1", "--out", file)
	if code != 0 || out != "0x70997970C51812dc3A010C7d01b50e0d17dc79C8\n" {
		t.Fatal(code, out, words)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	password, err := os.ReadFile(file + ".password")
	if err != nil {
		t.Fatal(err)
	}
	key, err := keystore.DecryptKey(data, strings.TrimSpace(string(password)))
	if err != nil || key.Address.Hex()+"\n" != out {
		t.Error("the keystore file does not open: ", err)
	}
	for _, name := range []string{file, file + ".password"} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Error(name, info.Mode(), err)
		}
	}
	if code, _, words := oxendemo(t, "key", "--account", "1", "--out", file); code != 1 || !strings.Contains(words, "exists") {
		t.Error("an existing file: ", code, words)
	}
}

func TestSynthSnapshot(t *testing.T) {
	dir := t.TempDir()
	args := []string{"synth", "snapshot", "--nodes", "20", "--contributions", "137", "--seed", "5", "--network", "testnet", "--out"}
	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	for _, file := range []string{one, two} {
		if code, _, words := oxendemo(t, append(args, file)...); code != 0 {
			t.Fatal(words)
		}
	}
	first, _ := os.ReadFile(one)
	second, _ := os.ReadFile(two)
	if len(first) == 0 || !bytes.Equal(first, second) {
		t.Error("the same seed gives two outputs")
	}
	o := observe(t, "a", server(t, "daemon", "--recording", one))
	locked := 0
	for _, n := range o.Content.Nodes {
		var staked swap.Oxen
		for _, c := range n.Contributors {
			locked += len(c.Locked)
			for _, l := range c.Locked {
				staked += l.Amount
			}
			if _, err := cryptonote.ParseAddress(c.Address); err != nil {
				t.Error(err)
			}
		}
		if staked != oxentest.Requirement {
			t.Errorf("node %s has %s staked", n.Key, staked)
		}
	}
	if len(o.Content.Nodes) != 20 || locked != 137 || o.Network != "testnet" || len(o.Content.Rewards) != 68 {
		t.Errorf("%d nodes, %d contributions, %d rewards on %s",
			len(o.Content.Nodes), locked, len(o.Content.Rewards), o.Network)
	}
}

func TestSynthClaims(t *testing.T) {
	args := []string{"synth", "claims", "--migration", "1166f61c0c9abbf6", "--count", "20"}
	code, out, words := oxendemo(t, args...)
	if code != 0 || strings.Count(out, "\n") != 20 {
		t.Fatal(code, words)
	}
	if _, again, _ := oxendemo(t, args...); again != out {
		t.Error("the same seed gives two outputs")
	}
	seen := map[string]bool{}
	for line := range strings.Lines(out) {
		var l struct{ Oxen, Text, Signature string }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		text, err := swap.ParseClaimText(l.Text)
		if err != nil || text.Migration != "1166f61c0c9abbf6" {
			t.Error(l.Text, err)
		}
		verify(t, l.Oxen, l.Text, l.Signature)
		seen[l.Oxen], seen[text.Recipient.String()] = true, true
	}
	if len(seen) != 40 {
		t.Errorf("%d different addresses and recipients, expected 40", len(seen))
	}
}

func TestSynthMessages(t *testing.T) {
	code, out, words := oxendemo(t, "synth", "messages", "--count", "3", "--network", "testnet")
	if code != 0 || strings.Count(out, "\n") != 3 {
		t.Fatal(code, words)
	}
	for line := range strings.Lines(out) {
		var l struct{ Address, Message, Signature string }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		verify(t, l.Address, l.Message, l.Signature)
	}
}

func verify(t *testing.T, address, message, signature string) {
	t.Helper()
	a, err := cryptonote.ParseAddress(address)
	if err != nil {
		t.Fatal(err)
	}
	s, err := cryptonote.ParseSignature(signature)
	if err != nil {
		t.Fatal(err)
	}
	if err := cryptonote.Verify(a.Spend, []byte(message), s); err != nil {
		t.Errorf("%q by %s: %v", message, address, err)
	}
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"nonsense"}, 2, "no command"},
		{[]string{"daemon"}, 2, "--recording is missing"},
		{[]string{"daemon", "--recording", "no/such/file"}, 1, "no such file"},
		{[]string{"daemon", "--recording", world1, "--as", "c"}, 1, `no daemon "c"`},
		{[]string{"daemon", "--recording", world1, "--listen", "127.0.0.1:99999"}, 1, "--listen"},
		{[]string{"daemon", "--recording", "main.go"}, 1, "recording main.go"},
		{[]string{"chain", "--time", "yesterday"}, 2, "expected a time"},
		{[]string{"chain", "--listen", "nowhere"}, 1, "expected host:port"},
		{[]string{"chain", "advance", "--rpc", "http://127.0.0.1:1"}, 1, "connection refused"},
		{[]string{"token", "--rpc", "http://127.0.0.1:1", "--supply", "x"}, 2, "--supply"},
		{[]string{"key", "--account", "10", "--out", "x"}, 2, "accounts 0 to 9"},
		{[]string{"synth"}, 2, "needs a subcommand"},
		{[]string{"synth", "snapshot", "--nodes", "3", "--contributions", "2"}, 2, "at least one"},
		{[]string{"synth", "claims", "--migration", "XY"}, 2, "is not a claim"},
		{[]string{"synth", "claims", "--migration", "1166f61c0c9abbf6", "--until", "soon"}, 2, "expected a day"},
		{[]string{"synth", "messages", "--network", "moon"}, 2, "unknown network"},
		{[]string{"synth", "messages", "--count", "0"}, 2, "at least one"},
	} {
		code, out, words := oxendemo(t, c.args...)
		if code != c.code || !strings.Contains(words, c.says) || out != "" || strings.Count(words, "\n") != 1 {
			t.Errorf("oxendemo %v: exit code %d, %q on stdout, %q on stderr; expected %d, %q",
				c.args, code, out, words, c.code, c.says)
		}
	}
	if code, out, _ := oxendemo(t, "chain", "accounts"); code != 0 || strings.Count(out, "\n") != 11 {
		t.Error(code, out)
	}
	if code, out, _ := oxendemo(t, "chain", "accounts", "--json"); code != 0 || !json.Valid([]byte(out)) {
		t.Error(code, out)
	}
}
