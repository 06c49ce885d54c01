package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/holiman/uint256"
	"golang.org/x/mod/sumdb/note"

	"oxenswap/ethclient/contracts"
	"oxenswap/store"
	"oxenswap/swap"
	"oxenswap/swap/ledger"
	"oxenswap/swap/merkle"
	"oxenswap/swap/service"
)

const (
	chainID = 31337
	capText = "100000000000000000" // atomic SESH
)

// roles are the node's first three accounts, which everybody knows, by the roles that they have
// here.
var roles = []struct{ name, key string }{
	{"owner", "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"},
	{"publisher", "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"},
	{"guardian", "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"},
}

const termsText = `version = 1
name = "push"
portal = "claim.example"
opens = "2026-01-01T00:00:00Z"
closes = "2040-01-01T00:00:00Z"
legacy_claims = false

[oxen]
network = "fakechain"
genesis = "08ff156d993012b0bdf2816c4bee47c9bbc7930593b70ee02574edddf15ee933"
finality_depth = 10

[token]
chain_id = %d
address = "%s"
symbol = "SESH"
decimals = 9

[[programme]]
name = "stake"
kind = "convert-stake"
snapshot_height = 240
ratio = "54/100"
cap = "%s"
`

// world is a data directory beside a node.
type world struct{ dir, program, url string }

// prepare brings a migration to a live round that nobody was paid from. The round's amounts come
// from nowhere: what is measured begins behind it.
func (w *world) prepare(ctx context.Context, recipients int) error {
	for _, r := range roles {
		key, err := crypto.HexToECDSA(r.key)
		if err != nil {
			return err
		}
		k := &keystore.Key{Address: crypto.PubkeyToAddress(key.PublicKey), PrivateKey: key}
		encrypted, err := keystore.EncryptKey(k, "secret", keystore.LightScryptN, keystore.LightScryptP)
		if err != nil {
			return err
		}
		path := filepath.Join(w.dir, r.name+".json")
		if err := errors.Join(os.WriteFile(path, encrypted, 0o600), os.WriteFile(path+".password", []byte("secret\n"), 0o600)); err != nil {
			return err
		}
	}
	token, err := w.createToken(ctx)
	if err != nil {
		return fmt.Errorf("creating the token: %w", err)
	}
	if err := os.WriteFile(filepath.Join(w.dir, "terms.toml"), fmt.Appendf(nil, termsText, chainID, token, capText), 0o644); err != nil {
		return err
	}
	vkey, err := w.command("operator", "keygen", "ada", "--out", "ada.key")
	if err != nil {
		return err
	}
	if _, err := w.command("init", "--terms", "terms.toml", "--operator", strings.TrimSpace(string(vkey.out)), "--rpc", w.url,
		"--owner", "owner.json", "--publisher", "publisher.json", "--guardian", "guardian.json"); err != nil {
		return err
	}
	config := filepath.Join(w.dir, "data", "oxenswap.toml")
	text, err := os.ReadFile(config)
	if err == nil {
		err = os.WriteFile(config, widen(text), 0o644)
	}
	if err != nil {
		return err
	}
	if _, err := w.command("chain", "deploy", "--activation-delay", "1"); err != nil {
		return err
	}
	if err := w.approve(ctx, recipients); err != nil {
		return fmt.Errorf("approving a round: %w", err)
	}
	for _, args := range [][]string{{"chain", "fund", "--round", "1"}, {"chain", "propose", "1"}, {"chain", "activate", "1"}} {
		if _, err := w.command(args...); err != nil {
			return err
		}
	}
	return nil
}

// createToken deploys a token of which the owner has all.
func (w *world) createToken(ctx context.Context) (common.Address, error) {
	client, err := ethclient.Dial(w.url)
	if err != nil {
		return common.Address{}, err
	}
	defer client.Close()
	artifact := contracts.TestToken()
	arguments, err := artifact.ABI.Pack("", big.NewInt(1e18))
	if err != nil {
		return common.Address{}, err
	}
	key, err := crypto.HexToECDSA(roles[0].key)
	if err != nil {
		return common.Address{}, err
	}
	tx, err := types.SignNewTx(key, types.LatestSignerForChainID(big.NewInt(chainID)), &types.DynamicFeeTx{
		ChainID: big.NewInt(chainID), Gas: 5_000_000, GasTipCap: big.NewInt(1e9), GasFeeCap: big.NewInt(1e10),
		Data: slices.Concat(artifact.Bytecode, arguments),
	})
	if err != nil {
		return common.Address{}, err
	}
	if err := client.SendTransaction(ctx, tx); err != nil {
		return common.Address{}, err
	}
	address := crypto.CreateAddress(crypto.PubkeyToAddress(key.PublicKey), 0)
	// The node makes a block a second by itself.
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if code, err := client.CodeAt(ctx, address, nil); err == nil && len(code) > 0 {
			return address, nil
		}
	}
	return common.Address{}, errors.New("it is in no block after 30 s")
}

// recipient and amount are leaf i of the tree whose root is known for 10,000 leaves.
func recipient(i int) swap.EVMAddress {
	sum := sha256.Sum256([]byte(strconv.Itoa(i)))
	return swap.EVMAddress(sum[:20])
}

func amount(i int) swap.Sesh { return swap.Sesh(i)*1_000_000_000 + 1 }

// approve writes a round and its approval into the ledger.
func (w *world) approve(ctx context.Context, recipients int) error {
	data := filepath.Join(w.dir, "data")
	key, err := readSigner(filepath.Join(data, "ledger.key"))
	if err != nil {
		return err
	}
	operator, err := readSigner(filepath.Join(w.dir, "ada.key"))
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, data, store.Options{Signer: key})
	if err != nil {
		return err
	}
	size := uint64(0)
	err = s.View(ctx, func(_ swap.Tables, n uint64) error { size = n; return nil })
	if err != nil {
		return errors.Join(err, s.Close())
	}
	e, files, err := round(recipients, size)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	_, err = s.Update(ctx, func(swap.Tables, time.Time) ([]swap.Record, error) {
		return []swap.Record{{Event: e, Attachments: files}}, nil
	})
	if err == nil {
		_, err = service.ApproveRound(ctx, s, e, operator)
	}
	return errors.Join(err, s.Close())
}

// round is a first round with its allocation list and leaves.
func round(recipients int, cutoff uint64) (*swap.RoundBuilt, [][]byte, error) {
	e := &swap.RoundBuilt{Round: 1, Cutoff: cutoff, Programmes: []swap.ProgrammeTotals{}, Recipients: uint64(recipients), Lines: uint64(recipients)}
	var list []swap.Allocation
	var leaves []merkle.Leaf
	for i := range recipients {
		to, a := recipient(i), amount(i)
		list = append(list, swap.Allocation{
			Account: swap.Account(swap.Digest(to[:]).String()), Programme: "stake", Recipient: to,
			Parts: []swap.Part{{Source: swap.NewQuantity(uint64(a)), Num: swap.NewQuantity(1), Den: swap.NewQuantity(1)}},
			Owed:  a, Remainder: swap.NewQuantity(0), Den: swap.NewQuantity(1), Amount: a,
		})
		leaves = append(leaves, merkle.Leaf{Account: common.Address(to), Amount: *uint256.NewInt(uint64(a))})
		e.Amount += a
		e.Largest = max(e.Largest, a)
	}
	e.Total = e.Amount
	slices.SortFunc(list, func(a, b swap.Allocation) int { return strings.Compare(string(a.Account), string(b.Account)) })
	slices.SortFunc(leaves, func(a, b merkle.Leaf) int { return a.Account.Cmp(b.Account) })
	allocations, err := swap.FormatAllocations(list)
	if err != nil {
		return nil, nil, err
	}
	var csv bytes.Buffer
	for i := range leaves {
		fmt.Fprintf(&csv, "%s,%s\n", leaves[i].Account, leaves[i].Amount.Dec())
	}
	tree, err := merkle.Build(leaves, merkle.MaxTotal())
	if err != nil {
		return nil, nil, err
	}
	e.Root, e.Allocations, e.Leaves = swap.Hash(tree.Root()), swap.Digest(allocations), swap.Digest(csv.Bytes())
	return e, [][]byte{allocations, csv.Bytes()}, nil
}

func readSigner(path string) (note.Signer, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return ledger.NewSigner(strings.TrimSpace(string(text)))
}
