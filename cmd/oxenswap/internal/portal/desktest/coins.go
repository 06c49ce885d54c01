package desktest

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"sync"

	"filippo.io/edwards25519"

	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
)

// Coins is a chain of miner transactions, about which Daemons answer.
type Coins struct {
	w     *World
	mu    sync.Mutex
	txs   map[swap.Hash]swap.CoinTransaction
	spent map[swap.Hash]cryptonote.SpentStatus
	down  bool
	asked int
}

// NewCoins is an empty chain.
func NewCoins(w *World) *Coins {
	return &Coins{w: w, txs: map[swap.Hash]swap.CoinTransaction{}, spent: map[swap.Hash]cryptonote.SpentStatus{}}
}

// Mint puts a block's miner transaction on the chain that gives a wallet outputs of these amounts.
func (c *Coins) Mint(wallet *cryptonote.Wallet, height uint64, amounts ...uint64) []cryptonote.OwnedOutput {
	c.w.Helper()
	seed := c.w.hash()
	secret := cryptonote.HashToScalar(seed[:])
	address := wallet.Address()
	point := func(key cryptonote.PublicKey) *edwards25519.Point {
		p, err := new(edwards25519.Point).SetBytes(key[:])
		c.w.Must(err)
		return p
	}
	tx := &cryptonote.Transaction{Version: 4, UnlockTime: height + 30, Inputs: []cryptonote.TxInput{{Miner: true, Height: height}}}
	tx.Extra = append([]byte{cryptonote.ExtraPublicKey}, new(edwards25519.Point).ScalarBaseMult(secret).Bytes()...)
	derived := new(edwards25519.Point).ScalarMult(secret, point(address.View))
	derived.MultByCofactor(derived)
	for i, amount := range amounts {
		q := new(edwards25519.Point).ScalarBaseMult(cryptonote.HashToScalar(derived.Bytes(), binary.AppendUvarint(nil, uint64(i))))
		tx.Outputs = append(tx.Outputs, cryptonote.TxOutput{Amount: amount, Key: cryptonote.PublicKey(q.Add(q, point(address.Spend)).Bytes())})
		tx.UnlockTimes = append(tx.UnlockTimes, height+30)
	}
	data, err := tx.MarshalBinary()
	c.w.Must(err)
	id := swap.Hash(tx.Hash())
	c.mu.Lock()
	defer c.mu.Unlock()
	c.txs[id] = swap.CoinTransaction{ID: id, Height: height, Bytes: hex.EncodeToString(data)}
	return wallet.Outputs(tx)
}

// Prove makes a proof of outputs for a claim text.
func (w *World) Prove(wallet *cryptonote.Wallet, text string, outputs ...cryptonote.OwnedOutput) string {
	w.Helper()
	if len(outputs) == 0 {
		outputs = NewCoins(w).Mint(wallet, Named-10, 1) // of a chain that no daemon knows
	}
	p, err := wallet.ProveReserve([]byte(swap.ProofMessage(text)), outputs, w)
	w.Must(err)
	return p.String()
}

// Down makes the daemons fail, or answer again.
func (c *Coins) Down(down bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = down
}

// Asked is how often daemons were asked.
func (c *Coins) Asked() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked
}

// Daemons are two that say the same.
func (c *Coins) Daemons() []swap.CoinDaemon { return []swap.CoinDaemon{daemon{c, "a"}, daemon{c, "b"}} }

type daemon struct {
	chain *Coins
	name  string
}

func (d daemon) Name() string { return d.name }

// Coins implements swap.CoinDaemon.
func (d daemon) Coins(_ context.Context, transactions, images []swap.Hash) swap.CoinAnswer {
	d.chain.mu.Lock()
	defer d.chain.mu.Unlock()
	d.chain.asked++
	out := swap.CoinAnswer{Daemon: d.name, Network: d.chain.w.Terms.Oxen.Network, Genesis: d.chain.w.Terms.Oxen.Genesis}
	if d.chain.down {
		out.Err = errors.New("connection refused")
		return out
	}
	for _, id := range transactions {
		if tx, ok := d.chain.txs[id]; ok {
			out.Evidence.Transactions = append(out.Evidence.Transactions, tx)
		}
	}
	for _, i := range images {
		out.Evidence.Images = append(out.Evidence.Images, swap.CoinImage{KeyImage: i, Status: d.chain.spent[i]})
	}
	return out
}
