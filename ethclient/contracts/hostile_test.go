package contracts_test

import (
	"bytes"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"oxenswap/ethclient/chaintest"
	"oxenswap/ethclient/contracts"
)

func keccak(parts ...[]byte) []byte { return crypto.Keccak256(parts...) }

// tell calls a hostile token's own function.
func (w *world) tell(a *contracts.Artifact, method string, args ...any) {
	w.t.Helper()
	data, err := a.ABI.Pack(method, args...)
	w.must(err)
	if r := w.send(w.deployer, &w.token, data); r.Status != types.ReceiptStatusSuccessful {
		w.t.Fatalf("%s failed", method)
	}
}

func TestTokenThatReturnsFalse(t *testing.T) {
	w, token := newHostileWorld(t, "FalseToken", 1000)
	tree := w.tree(100, 200)
	w.publish(1, tree)
	w.tell(token, "refuse", true)
	failed := fmt.Sprintf("SafeERC20FailedOperation[%v]", w.token)
	w.reverts(w.stranger, w.claimData(tree, 0), failed)
	w.reverts(w.stranger, w.batchData(tree, 0, 1), failed)
	w.expect("claimed", "0", chaintest.Holder(0))
	w.expect("totalClaimed", "0")
	w.tell(token, "refuse", false)
	w.do(w.stranger, w.batchData(tree, 0, 1))
	w.tell(token, "refuse", true)
	w.at(closing)
	w.reverts(w.owner, w.d.PackSweep(w.owner.addr), failed)
}

// TestTokenThatTakesAFee shows what "not supported" means: holders get less, but never more leaves
// the contract than was announced, and the books stay right.
func TestTokenThatTakesAFee(t *testing.T) {
	w, _ := newHostileWorld(t, "FeeToken", 1000) // 900 arrive
	tree := w.tree(500, 500)
	w.reverts(w.publisher, w.proposal(1, tree), "Underfunded[1000 900]")
	tree = w.tree(400, 500)
	w.publish(1, tree)
	w.do(w.stranger, w.batchData(tree, 0, 1))
	w.expect("totalClaimed", "900")
	if a, b, rest := w.balance(chaintest.Holder(0)), w.balance(chaintest.Holder(1)), w.balance(w.addr); a != 360 || b != 450 || rest != 0 {
		t.Errorf("holders have %d and %d, the distributor %d", a, b, rest)
	}
}

// TestTokenThatCallsBack re-enters from the middle of a payment, in every way that could pay twice.
func TestTokenThatCallsBack(t *testing.T) {
	// Four equal leaves and an announced total of exactly their sum.
	amounts := []int64{250, 250, 250, 250}
	type call func(w *world) []byte
	for name, c := range map[string]struct {
		outer, inner call
		innerOK      bool
		innerError   string
	}{
		"claim in claim, same leaf": {
			func(w *world) []byte { return w.claimData(w.tree(amounts...), 0) },
			func(w *world) []byte { return w.claimData(w.tree(amounts...), 0) },
			false, "NothingToClaim",
		},
		"claim in claim, other leaf": {
			func(w *world) []byte { return w.claimData(w.tree(amounts...), 0) },
			func(w *world) []byte { return w.claimData(w.tree(amounts...), 1) },
			true, "",
		},
		"claim in batch, later leaf of the batch": {
			func(w *world) []byte { return w.batchData(w.tree(amounts...), 0, 1, 2) },
			func(w *world) []byte { return w.claimData(w.tree(amounts...), 2) },
			false, "NothingToClaim",
		},
		"claim in batch, leaf outside": {
			func(w *world) []byte { return w.batchData(w.tree(amounts...), 0, 1, 2) },
			func(w *world) []byte { return w.claimData(w.tree(amounts...), 3) },
			true, "",
		},
		"the batch in itself": {
			func(w *world) []byte { return w.batchData(w.tree(amounts...), 0, 1, 2) },
			func(w *world) []byte { return w.batchData(w.tree(amounts...), 0, 1, 2) },
			true, "", // it finds everybody paid
		},
		"a batch in the claim of one of its leaves": {
			func(w *world) []byte { return w.claimData(w.tree(amounts...), 1) },
			func(w *world) []byte { return w.batchData(w.tree(amounts...), 0, 1, 2) },
			true, "",
		},
		"the sweep in a batch": {
			func(w *world) []byte { return w.batchData(w.tree(amounts...), 0, 1) },
			func(w *world) []byte { return w.d.PackSweep(w.stranger.addr) },
			false, "OwnableUnauthorizedAccount",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, token := newHostileWorld(t, "ReentrantToken", 2000) // more than announced is there to steal
			tree := w.tree(amounts...)
			w.publish(1, tree)
			w.tell(token, "arm", w.addr, c.inner(w))
			w.do(w.stranger, c.outer(w))

			succeeded := w.viewOf(w.token, &token.ABI, "succeeded")[0].(*big.Int).Int64()
			if ok := succeeded > 0; ok != c.innerOK {
				t.Errorf("the inner call succeeded %d times", succeeded)
			}
			if c.innerError != "" {
				raw := w.viewOf(w.token, &token.ABI, "lastError")[0].([]byte)
				if id := contracts.Distributor().ABI.Errors[c.innerError].ID; !bytes.HasPrefix(raw, id[:4]) {
					t.Errorf("the inner call failed with %x, want %s", raw, c.innerError)
				}
			}
			var paid int64
			for i, amount := range amounts {
				got := w.balance(chaintest.Holder(i))
				if got != 0 && got != amount {
					t.Errorf("holder %d has %d", i, got)
				}
				paid += got
			}
			w.expect("totalClaimed", fmt.Sprint(paid))
			if got := w.balance(w.addr); got != 2000-paid {
				t.Errorf("the distributor holds %d after paying %d of 2000", got, paid)
			}
		})
	}
}

// TestTokenThatActivatesInAPayment makes the next root live in the middle of a batch: the batch
// ends as it began, under the old root, and the new one pays the differences.
func TestTokenThatActivatesInAPayment(t *testing.T) {
	w, token := newHostileWorld(t, "ReentrantToken", 1000)
	first, second := w.tree(100, 200, 300), w.tree(150, 200, 350)
	w.publish(1, first)
	w.do(w.publisher, w.proposal(2, second))
	w.tell(token, "arm", w.addr, w.d.PackActivate())
	w.at(w.head().Time + delay)
	events := w.events(w.do(w.stranger, w.batchData(first, 0, 1, 2)))
	if strings.Count(events, "RootActivated round=2") != 1 || strings.Count(events, " round=1") != 3 {
		t.Errorf("events:\n%s", events)
	}
	w.expect("live", fmt.Sprint([]any{2, [32]byte(second.Root()), 700}...))
	w.expect("totalClaimed", "600")
	w.do(w.stranger, w.batchData(second, 0, 1, 2))
	w.expect("totalClaimed", "700")
	for i, want := range []int64{150, 200, 350} {
		if got := w.balance(chaintest.Holder(i)); got != want {
			t.Errorf("holder %d has %d, want %d", i, got, want)
		}
	}
}
