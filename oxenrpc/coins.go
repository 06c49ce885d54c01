package oxenrpc

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"oxenswap/oxenrpc/wire"
	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
)

// The most that one call asks for: oxend's public RPC refuses more than 100 transactions and 5,000
// key images.
const (
	maxHashes = 100
	maxImages = 1_000
)

// Names of get_transactions' list of hashes. A daemon ignores the other one, and its answer is
// empty with status OK.
const (
	hashes10 = "txs_hashes" // release 10
	hashes11 = "tx_hashes"  // release 11
)

var _ swap.CoinDaemon = (*Client)(nil)

// Coins implements swap.CoinDaemon. A daemon that is not synchronised is an error.
func (c *Client) Coins(ctx context.Context, transactions, images []swap.Hash) swap.CoinAnswer {
	out, err := c.coins(ctx, transactions, images)
	out.Daemon, out.Err = c.name, err
	return out
}

func (c *Client) coins(ctx context.Context, transactions, images []swap.Hash) (swap.CoinAnswer, error) {
	var out swap.CoinAnswer
	g, info, err := c.tip(ctx)
	if err != nil {
		return out, err
	}
	genesis, err := wire.ParseHeader(g.raw[len(g.raw)-1].Body)
	if err != nil {
		return out, c.error(wire.CallGenesis, g.raw[len(g.raw)-1].Body, err)
	}
	out.Genesis, out.Network = genesis.Hash, info.Network
	found, err := c.GetTransactions(ctx, transactions)
	if err != nil {
		return out, err
	}
	out.Evidence.Transactions = coinTransactions(found)
	statuses, err := c.IsKeyImageSpent(ctx, images)
	if err != nil {
		return out, err
	}
	for i, s := range statuses {
		out.Evidence.Images = append(out.Evidence.Images, swap.CoinImage{KeyImage: images[i], Status: cryptonote.SpentStatus(s)})
	}
	return out, nil
}

// GetTransactions asks for transactions by hash, in as many calls as needed. Every hash comes back
// once, found or missed, in no particular order.
func (c *Client) GetTransactions(ctx context.Context, hashes []swap.Hash) (wire.Transactions, error) {
	var all wire.Transactions
	hashes = distinct(hashes)
	for len(hashes) > 0 {
		n := min(len(hashes), maxHashes)
		part, err := c.transactions(ctx, hashes[:n])
		if err != nil {
			return wire.Transactions{}, err
		}
		all.Found = append(all.Found, part.Found...)
		all.Missed = append(all.Missed, part.Missed...)
		hashes = hashes[n:]
	}
	return all, nil
}

func distinct(hashes []swap.Hash) []swap.Hash {
	out := slices.Clone(hashes)
	slices.SortFunc(out, swap.Hash.Compare)
	return slices.Compact(out)
}

// transactions asks for at most maxHashes transactions, under the name that fits the daemon's
// release, and under the other one if the answer is empty: the daemon may have been replaced since
// its version was asked.
func (c *Client) transactions(ctx context.Context, hashes []swap.Hash) (wire.Transactions, error) {
	name, err := c.hashesName(ctx)
	if err != nil {
		return wire.Transactions{}, err
	}
	for range 2 {
		params := map[string]any{name: hashes}
		if name == hashes11 {
			params["data"] = true
		}
		t, body, err := ask(ctx, c, "get_transactions", params, wire.ParseTransactions)
		if err != nil {
			return wire.Transactions{}, err
		}
		if len(t.Found)+len(t.Missed) == 0 {
			name = map[string]string{hashes10: hashes11, hashes11: hashes10}[name]
			continue
		}
		if err := complete(hashes, t); err != nil {
			return wire.Transactions{}, c.error("get_transactions", body, err)
		}
		c.setHashes(name)
		return t, nil
	}
	return wire.Transactions{}, c.error("get_transactions", nil,
		fmt.Errorf("nothing came back for %d hashes, neither as %s nor as %s: use an oxend of release 10 or 11", len(hashes), hashes10, hashes11))
}

// complete checks that an answer speaks of each hash asked, once, and of nothing else.
func complete(asked []swap.Hash, t wire.Transactions) error {
	open := make(map[swap.Hash]bool, len(asked))
	for _, h := range asked {
		open[h] = true
	}
	answered := t.Missed
	for _, tx := range t.Found {
		answered = append(answered, tx.Hash)
	}
	for _, h := range answered {
		if !open[h] {
			return fmt.Errorf("transaction %s came back twice or was not asked for", h)
		}
		open[h] = false
	}
	for h, missing := range open {
		if missing {
			return fmt.Errorf("transaction %s is neither found nor missed", h)
		}
	}
	return nil
}

// hashesName gives the name of the list of hashes, asking for the daemon's version if it is not
// known yet.
func (c *Client) hashesName(ctx context.Context) (string, error) {
	c.mu.Lock()
	name := c.hashes
	c.mu.Unlock()
	if name != "" {
		return name, nil
	}
	info, _, err := ask(ctx, c, wire.CallInfo, nil, wire.ParseInfo)
	if err != nil {
		return "", err
	}
	return c.learn(info), nil
}

// learn keeps what the daemon's version says about names.
func (c *Client) learn(info wire.Info) string {
	name := hashes10
	if release(info.Version) >= 11 {
		name = hashes11
	}
	c.setHashes(name)
	return name
}

func (c *Client) setHashes(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hashes = name
}

// IsKeyImageSpent asks whether key images are spent, in as many calls as needed: one status for
// each, in their order, as of now. A daemon that does not know a key image says that it is unspent.
func (c *Client) IsKeyImageSpent(ctx context.Context, images []swap.Hash) ([]wire.KeyImageStatus, error) {
	var all []wire.KeyImageStatus
	for len(images) > 0 {
		n := min(len(images), maxImages)
		statuses, body, err := ask(ctx, c, "is_key_image_spent", map[string]any{"key_images": images[:n]}, wire.ParseKeyImages)
		if err != nil {
			return nil, err
		}
		if len(statuses) != n {
			return nil, c.error("is_key_image_spent", body, fmt.Errorf("%d statuses for %d key images", len(statuses), n))
		}
		all = append(all, statuses...)
		images = images[n:]
	}
	return all, nil
}

// CoinbaseTxSum asks what the miner transactions of all blocks from 0 to the top have made. It is
// an admin call. The sum starts at block 0 and ends at the tip because the daemon counts one block
// too many for ranges that end between its cache and the tip (oxend 10.6.0).
func (c *Client) CoinbaseTxSum(ctx context.Context) (wire.Supply, uint64, error) {
	info, _, err := ask(ctx, c, wire.CallInfo, nil, wire.ParseInfo)
	if err != nil {
		return wire.Supply{}, 0, err
	}
	type rangeParam struct {
		Height uint64 `json:"height"`
		Count  uint64 `json:"count"`
	}
	s, body, err := ask(ctx, c, "get_coinbase_tx_sum", rangeParam{0, info.Count}, wire.ParseSupply)
	if err != nil {
		return wire.Supply{}, 0, err
	}
	if s.Emission == 0 {
		return wire.Supply{}, 0, c.error("get_coinbase_tx_sum", body, errors.New("no emission in the whole chain"))
	}
	return s, info.Top(), nil
}

// GetCheckpoints asks for the newest checkpoints, at most count.
func (c *Client) GetCheckpoints(ctx context.Context, count int) ([]wire.Checkpoint, error) {
	type countParam struct {
		Count int `json:"count"`
	}
	list, _, err := ask(ctx, c, "get_checkpoints", countParam{count}, wire.ParseCheckpoints)
	return list, err
}
