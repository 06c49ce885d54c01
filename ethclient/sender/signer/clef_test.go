package signer_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"oxenswap/ethclient/contracts"
	"oxenswap/ethclient/sender/signer"
)

// docs are the files that operators set Clef up with.
const docs = "../../../docs/clef"

// distributor is the address that the rules are made for.
var distributor = common.HexToAddress("0xd157000000000000000000000000000000000000")

// clefRules are the documented ones, for one distributor.
func clefRules(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(docs, "rules.js"))
	must(t, err)
	zero := []byte(common.Address{}.Hex())
	if bytes.Count(text, zero) != 1 {
		t.Fatalf("rules.js has no single place for the distributor's address")
	}
	return bytes.Replace(text, zero, []byte(distributor.Hex()), 1)
}

// TestClefFiles holds the selectors in Clef's files against the distributor's interface.
func TestClefFiles(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(docs, "4byte.json"))
	must(t, err)
	var got map[string]string
	must(t, json.Unmarshal(text, &got))
	want := map[string]string{}
	rules := string(clefRules(t))
	for _, m := range contracts.Distributor().ABI.Methods {
		if m.IsConstant() {
			continue
		}
		want[fmt.Sprintf("%x", m.ID)] = m.Sig
		signs := slices.Contains([]string{"propose", "activate", "claimBatch"}, m.Name)
		if has := strings.Contains(rules, fmt.Sprintf("\"0x%x\", // %s\n", m.ID, m.Sig)); has != signs {
			t.Errorf("rules.js names %s: %v, expected %v", m.Sig, has, signs)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("4byte.json has %v, expected %v", got, want)
	}
}

// TestClef signs through a real Clef.
func TestClef(t *testing.T) {
	clef, err := filepath.Abs("../../../build/clef/clef")
	must(t, err)
	if _, err := os.Stat(clef); err != nil {
		t.Skip("Clef is not there; .ci/setup.sh builds it: ", err)
	}
	s := newStub(t, "outside") // for its key
	socket, output := startClef(t, clef, s)
	e, err := signer.OpenExternal(t.Context(), socket, s.address(), soon)
	must(t, err)
	rules := types.LatestSignerForChainID(chainID)
	call := func(method string, args ...any) func(*types.DynamicFeeTx) {
		data, err := contracts.Distributor().ABI.Pack(method, args...)
		must(t, err)
		return func(b *types.DynamicFeeTx) { b.To, b.Data, b.Gas = &distributor, data, 30_000_000 }
	}
	self := s.address()
	noop := func(b *types.DynamicFeeTx) { b.To, b.Data = &self, nil }
	batch := func(n int) func(*types.DynamicFeeTx) {
		proof := make([][32]byte, n)
		for i := range proof {
			proof[i][31] = byte(i)
		}
		accounts, amounts := make([]common.Address, n), make([]*big.Int, n)
		for i := range n {
			accounts[i], amounts[i] = common.Address{byte(i >> 8), byte(i)}, big.NewInt(int64(i))
		}
		return call("claimBatch", accounts, amounts, proof, make([]bool, n))
	}
	propose := call("propose", uint64(1), [32]byte{1}, big.NewInt(5), uint64(22), [32]byte{2})
	for name, tx := range map[string]*types.Transaction{
		"propose": asked(propose), "activate": asked(call("activate")), "batch": asked(batch(200)), "large batch": asked(batch(700)), "no-op": asked(noop),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := signer.Sign(t.Context(), e, tx, chainID)
			must(t, err)
			from, err := types.Sender(rules, got)
			if err != nil || from != s.address() || rules.Hash(got) != rules.Hash(tx) {
				t.Errorf("signed by %s: %v", from, err)
			}
		})
	}
	for name, tx := range map[string]*types.Transaction{
		"another method":      asked(call("setPublisher", common.Address{1})),
		"another distributor": asked(func(b *types.DynamicFeeTx) { propose(b); b.To = &common.Address{0xd1} }),
		"coin":                asked(func(b *types.DynamicFeeTx) { propose(b); b.Value = big.NewInt(1) }),
		"creation":            asked(func(b *types.DynamicFeeTx) { b.To, b.Data = nil, bytes.Repeat([]byte{0x60}, 5000) }),
		"coin to itself":      asked(func(b *types.DynamicFeeTx) { noop(b); b.Value = big.NewInt(1) }),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := signer.Sign(t.Context(), e, tx, chainID)
			says(t, err, "did not sign", "request denied", "approve it there")
		})
	}
	t.Run("another chain", func(t *testing.T) {
		_, err := signer.Sign(t.Context(), e, asked(func(b *types.DynamicFeeTx) { propose(b); b.ChainID = big.NewInt(1) }), big.NewInt(1))
		says(t, err, "did not sign", "chainid 1 does not match")
	})
	t.Run("another account", func(t *testing.T) {
		_, err := signer.OpenExternal(t.Context(), socket, common.Address{3}, soon)
		says(t, err, "does not list 0x03")
	})
	if t.Failed() {
		t.Logf("Clef wrote:\n%s", output())
	}
}

// startClef sets a Clef up for one key and chain 42161, and starts it. It returns its socket, and
// what it wrote so far.
func startClef(t *testing.T, clef string, s *stub) (socket string, output func() string) {
	t.Helper()
	dir := t.TempDir()
	const master, password = "master password\n", "account password\n"
	must(t, os.MkdirAll(filepath.Join(dir, "keys"), 0o700))
	key, err := keystore.EncryptKey(&keystore.Key{Address: s.address(), PrivateKey: s.key}, strings.TrimSpace(password), keystore.LightScryptN, keystore.LightScryptP)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "keys", "key.json"), key, 0o600))
	rules := clefRules(t)
	must(t, os.WriteFile(filepath.Join(dir, "rules.js"), rules, 0o600))
	methods, err := os.ReadFile(filepath.Join(docs, "4byte.json"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "4byte.json"), methods, 0o600))
	flags := []string{
		"--configdir", filepath.Join(dir, "config"), "--keystore", filepath.Join(dir, "keys"), "--chainid", chainID.String(),
		"--lightkdf", "--nousb", "--suppress-bootwarn", "--4bytedb-custom", filepath.Join(dir, "4byte.json"),
	}
	for _, step := range []struct {
		typed string
		args  []string
	}{
		{master + master, []string{"init"}},
		{master, []string{"attest", fmt.Sprintf("%x", sha256.Sum256(rules))}},
		{password + password + master, []string{"setpw", s.address().Hex()}},
	} {
		c := exec.CommandContext(t.Context(), clef, append(flags, step.args...)...)
		c.Dir, c.Stdin = dir, strings.NewReader(step.typed)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("clef %v: %v\n%s", step.args, err, out)
		}
	}
	c := exec.CommandContext(t.Context(), clef, append(flags, "--rules", "rules.js", "--ipcpath", dir)...)
	c.Dir = dir
	in, err := c.StdinPipe() // held open: Clef ends when it closes
	must(t, err)
	out, err := c.StdoutPipe()
	must(t, err)
	log, err := os.Create(filepath.Join(dir, "stderr"))
	must(t, err)
	c.Stderr = log
	must(t, c.Start())
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
		log.Close()
	})
	output = func() string {
		text, _ := os.ReadFile(log.Name())
		return string(text)
	}
	_, err = io.WriteString(in, master)
	must(t, err)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, at, ok := strings.Cut(lines.Text(), "extapi_ipc : "); ok {
			go io.Copy(io.Discard, out)
			return strings.TrimSpace(at), output
		}
	}
	t.Fatalf("Clef ended before its socket was open:\n%s", output())
	return "", nil
}
