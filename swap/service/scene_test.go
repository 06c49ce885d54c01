package service

import (
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
	"time"

	"filippo.io/edwards25519"

	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
)

// coinProgrammes are a conversion of stakes and one of coins, both at height 100.
const coinProgrammes = `
[[programme]]
name = "stake"
kind = "convert-stake"
snapshot_height = 100
snapshot_window = 10
ratio = "54/100"
cap = "1000000000000"
[[programme]]
name = "coins"
kind = "convert-coins"
snapshot_height = 100
snapshot_window = 10
ratio = "54/100"
cap = "1000000000000"
min_coins = "1000"
steps = [{ from = "2026-12-01T00:00:00Z", factor = "7/10" }, { from = "2027-01-01T00:00:00Z", factor = "1/3" }]
`

// A coinScene is a ledger beside a made-up chain, on which wallets have outputs of miner
// transactions.
type coinScene struct {
	*testLedger
	txs   map[swap.Hash]swap.CoinTransaction
	spent map[swap.Hash]cryptonote.SpentStatus
}

func newScene(t testingT) *coinScene {
	t.Helper()
	return &coinScene{newLedger(t, testTerms(t, coinProgrammes)), map[swap.Hash]swap.CoinTransaction{}, map[swap.Hash]cryptonote.SpentStatus{}}
}

// wallet is the wallet with a number.
func (s *coinScene) wallet(n int) *cryptonote.Wallet {
	s.t.Helper()
	seed := testHash("wallet", n)
	w, err := cryptonote.OpenWallet(cryptonote.Mainnet, cryptonote.SecretKey(cryptonote.HashToScalar(seed[:]).Bytes()))
	if err != nil {
		s.t.Fatalf("cryptonote.OpenWallet: %v", err)
	}
	return w
}

// mint puts a block's miner transaction on the chain that gives the wallet outputs of these
// amounts.
func (s *coinScene) mint(w *cryptonote.Wallet, height uint64, amounts ...uint64) []cryptonote.OwnedOutput {
	s.t.Helper()
	seed := testHash("transaction key", len(s.txs))
	secret := cryptonote.HashToScalar(seed[:])
	address := w.Address()
	point := func(key cryptonote.PublicKey) *edwards25519.Point {
		p, err := new(edwards25519.Point).SetBytes(key[:])
		if err != nil {
			s.t.Fatalf("the point of a key: %v", err)
		}
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
	if err != nil {
		s.t.Fatalf("MarshalBinary: %v", err)
	}
	id := swap.Hash(tx.Hash())
	s.txs[id] = swap.CoinTransaction{ID: id, Height: height, Bytes: hex.EncodeToString(data)}
	owned := w.Outputs(tx)
	if len(owned) != len(amounts) {
		s.t.Fatalf("the wallet finds %d of its %d outputs", len(owned), len(amounts))
	}
	return owned
}

// prove makes a proof of outputs for a claim text.
func (s *coinScene) prove(w *cryptonote.Wallet, text string, outputs ...cryptonote.OwnedOutput) string {
	s.t.Helper()
	p, err := w.ProveReserve([]byte(swap.ProofMessage(text)), outputs, rand.Reader)
	if err != nil {
		s.t.Fatalf("ProveReserve: %v", err)
	}
	return p.String()
}

// evidence is what every daemon says of a proof's outputs now.
func (s *coinScene) evidence(text string) swap.Evidence {
	s.t.Helper()
	p, err := cryptonote.ParseReserveProof(text)
	if err != nil {
		s.t.Fatalf("cryptonote.ParseReserveProof: %v", err)
	}
	var e swap.Evidence
	transactions, images := swap.Asked(p)
	for _, id := range transactions {
		if tx, ok := s.txs[id]; ok {
			e.Transactions = append(e.Transactions, tx)
		}
	}
	for _, i := range images {
		e.Images = append(e.Images, swap.CoinImage{KeyImage: i, Status: s.spent[i]})
	}
	return e
}

// stake takes a snapshot in which the wallets have staked these outputs, in a node that is funded
// or not.
func (s *coinScene) content(height uint64, funded bool, stakes ...staking) swap.Content {
	s.t.Helper()
	c := swap.Content{Height: height, BlockHash: testHash("block", int(height)), HardFork: 19}
	n := swap.Node{Key: testHash("node", 1), Operator: testAddress(0), Funded: funded, Active: funded}
	for _, k := range stakes {
		contributor := swap.Contributor{Address: k.wallet.Address().String()}
		for _, o := range k.outputs {
			contributor.Locked = append(contributor.Locked, swap.Locked{KeyImage: swap.Hash(o.KeyImage), OneTime: swap.Hash(o.Key), Amount: swap.Oxen(o.Amount)})
		}
		n.Contributors = append(n.Contributors, contributor)
	}
	c.Nodes = []swap.Node{n}
	if err := c.Normalise(); err != nil {
		s.t.Fatalf("Normalise: %v", err)
	}
	return c
}

type staking struct {
	wallet  *cryptonote.Wallet
	outputs []cryptonote.OwnedOutput
}

// claimOf is a wallet's claim, whose signature nobody looks at.
func (s *coinScene) claimOf(w *cryptonote.Wallet, to int, sequence uint32) Incoming {
	s.t.Helper()
	e := testClaim(s.terms, 0, testRecipient(to), sequence)
	e.Oxen, e.Account = w.Address().String(), swap.AccountOf(w.Address())
	c, err := e.Claim(s.terms)
	if err != nil {
		s.t.Fatalf("Claim: %v", err)
	}
	return Incoming{c, e.Code}
}

// receive hands a proof in that must be taken as a new one.
func (s *coinScene) receive(in HandIn) swap.Proof {
	s.t.Helper()
	p, again, err := ReceiveProof(context.Background(), s, in)
	if err != nil || again || p.Status != swap.ReceivedProof || !p.At.Equal(s.now) {
		s.t.Fatalf("receive: %+v, again %t, %v", p, again, err)
	}
	return p
}

var bothDaemons = []string{"a", "b"}

// judge judges a received proof with the evidence of now.
func (s *coinScene) judge(received uint64) Judged {
	s.t.Helper()
	p, err := s.tables.Proof(received)
	if err != nil {
		s.t.Fatalf("Proof: %v", err)
	}
	j, err := JudgeReceived(context.Background(), s, s.files, received, bothDaemons, s.evidence(string(s.files[p.Proof])))
	if err != nil {
		s.t.Fatalf("judge %d: %v", received, err)
	}
	return j
}

// accept hands in and judges a proof, which must be accepted.
func (s *coinScene) accept(in HandIn) Judged {
	s.t.Helper()
	j := s.judge(s.receive(in).Received)
	if j.Proof.Status != swap.AcceptedProof {
		s.t.Fatalf("%s: %s", j.Proof.Status, j.Report.Refusal)
	}
	return j
}

// owed is what the programme coins owes, by account.
func (s *coinScene) owed() map[swap.Account]swap.Owing {
	s.t.Helper()
	m := s.migration()
	p, _ := m.Terms.CoinsProgramme()
	l, err := swap.Owed(s.tables, m, p)
	if err != nil {
		s.t.Fatalf("swap.Owed: %v", err)
	}
	checkOwedTo(s.t, s.tables, m, l)
	out := map[swap.Account]swap.Owing{}
	for _, o := range l.Owings {
		out[o.Account] = o
	}
	return out
}

// recordedCoins are the recorded network's proofs and what its daemons said of their outputs.
type recordedCoins struct {
	Proofs       map[string][]recordedProof                   `json:"proofs"` // by world
	Transactions []swap.CoinTransaction                       `json:"transactions"`
	Spent        map[string]map[string]cryptonote.SpentStatus `json:"spent"` // by world and key image
}

type recordedProof struct {
	Wallet  string    `json:"wallet"`
	Text    string    `json:"claim_text"`
	Message string    `json:"message"`
	Proof   string    `json:"proof"`
	Balance swap.Oxen `json:"balance"`
}

func readCoins(t testing.TB) (c recordedCoins) {
	t.Helper()
	f, err := os.Open("../testdata/migration/coins.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(z).Decode(&c); err != nil || len(c.Transactions) < 100 || len(c.Proofs["world1"]) != 8 || len(c.Proofs["world3"]) != 8 {
		t.Fatalf("recorded coins: %v", err)
	}
	return c
}

// on puts what a world's daemons say on the scene's chain.
func (c *recordedCoins) on(s *coinScene, world string) {
	for _, tx := range c.Transactions {
		s.txs[tx.ID] = tx
	}
	for text, status := range c.Spent[world] {
		image, err := swap.ParseHash(text)
		if err != nil {
			s.t.Fatalf("swap.ParseHash: %v", err)
		}
		s.spent[image] = status
	}
}

// date is midnight UTC of a day.
func date(t testingT, day string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatalf("time.Parse: %v", err)
	}
	return d
}
