package faulttest

import (
	"bufio"
	"io"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	geth "github.com/ethereum/go-ethereum/ethclient"
)

// anvilChain is Foundry's node, in a process of its own.
type anvilChain struct {
	t    *testing.T
	port int
	c    *geth.Client
}

// anvilBinary is the one that package.json pins.
func anvilBinary(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob("node_modules/@foundry-rs/anvil-*/bin/anvil*")
	must(t, err)
	if len(found) == 0 {
		t.Skip("left out: anvil is not installed; run `npm ci --ignore-scripts` in ethclient/sender/faulttest")
	}
	return found[0]
}

func newAnvil(t *testing.T, epoch int, rich ...common.Address) chain {
	t.Helper()
	a := &anvilChain{t: t, port: freePort(t)}
	// A test that is killed closes the pipe too.
	const script = `"$@" & read -r end; kill $!`
	cmd := exec.Command("/bin/sh", "-c", script, "sh", anvilBinary(t), "--host", "127.0.0.1", "--port", strconv.Itoa(a.port), "--chain-id", "31337", "--accounts", "1",
		"--no-mining", "--slots-in-an-epoch", strconv.Itoa(epoch), "--hardfork", "prague", "--gas-limit", "32000000",
		"--timestamp", strconv.Itoa(start), "--no-cors", "--order", "fifo",
		"--prune-history", "100000") // unless told, it loses contracts in a reorganisation after the thousandth block
	cmd.Stderr = os.Stderr
	end, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		end.Close()
		cmd.Wait()
	})
	lines := bufio.NewReader(out)
	for listening := false; !listening; {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("anvil ended before it listened: %v", err)
		}
		listening = strings.HasPrefix(line, "Listening on ")
	}
	go io.Copy(io.Discard, lines)
	a.c, err = geth.Dial(a.url())
	must(t, err)
	t.Cleanup(a.c.Close)
	a.call(nil, "anvil_setBlockTimestampInterval", 1)
	for _, r := range rich {
		a.call(nil, "anvil_setBalance", r, (*hexutil.Big)(new(big.Int).Lsh(big.NewInt(1), 90)))
	}
	return a
}

func (a *anvilChain) call(out any, method string, params ...any) {
	a.t.Helper()
	if err := a.c.Client().CallContext(a.t.Context(), out, method, params...); err != nil {
		a.t.Fatalf("anvil call %s: error %v, want none", method, err)
	}
}

func (a *anvilChain) id() uint64           { return 31337 }
func (a *anvilChain) url() string          { return "http://127.0.0.1:" + strconv.Itoa(a.port) }
func (a *anvilChain) final() int           { return -1 }
func (a *anvilChain) aged() bool           { return false }
func (a *anvilChain) client() *geth.Client { return a.c }
func (a *anvilChain) forget()              { a.call(nil, "anvil_dropAllTransactions") }

func (a *anvilChain) mine(n int) {
	a.t.Helper()
	a.call(nil, "anvil_mine", hexutil.Uint64(n))
}

func (a *anvilChain) pass(seconds int) {
	a.t.Helper()
	h, err := a.c.HeaderByNumber(a.t.Context(), nil)
	must(a.t, err)
	a.call(nil, "evm_setNextBlockTimestamp", h.Time+uint64(seconds))
	a.mine(1)
}

func (a *anvilChain) reorganise(depth int, carrying ...[]byte) {
	a.t.Helper()
	a.forget()
	pairs := []any{}
	for _, raw := range carrying {
		pairs = append(pairs, []any{hexutil.Bytes(raw), 0})
	}
	a.call(nil, "anvil_reorg", depth, pairs)
	a.forget()
	a.mine(1)
}

func (a *anvilChain) raise(times int64) {
	a.t.Helper()
	h, err := a.c.HeaderByNumber(a.t.Context(), nil)
	must(a.t, err)
	a.call(nil, "anvil_setNextBlockBaseFeePerGas", (*hexutil.Big)(new(big.Int).Mul(h.BaseFee, big.NewInt(times))))
	a.mine(1)
}
