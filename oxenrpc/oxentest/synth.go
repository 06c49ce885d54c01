package oxentest

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"

	"filippo.io/edwards25519"

	"oxenswap/swap/cryptonote"
)

// A Synth describes a large network that never was. Equal descriptions give equal worlds.
type Synth struct {
	Nodes         int    // service nodes
	Contributions int    // locked contributions, at least one for each node
	Wallets       int    // different contributors
	Rewards       int    // addresses with accrued rewards, at most Wallets
	Height        uint64 // of the top block
	Network       string // nettype
	Seed          uint64
	Address       func(i int) string // address of wallet i, from 0 to Wallets-1
	// Wallet, if not nil, gives wallet i, which makes its stakes by transactions: the first of a node
	// in its registration block, the others in the blocks after it.
	Wallet func(i int) *cryptonote.Wallet
}

// Requirement is the staking requirement of the generated nodes in atomic OXEN: that of the main
// network.
const Requirement = 15_000_000_000_000

// World makes the recording: one daemon "a" that was asked all that a snapshot asks.
func (s Synth) World() (*World, error) {
	switch {
	case s.Nodes < 1 || s.Contributions < s.Nodes:
		return nil, fmt.Errorf("%d contributions for %d nodes: at least one for each is needed", s.Contributions, s.Nodes)
	case s.Wallets < 1 || s.Rewards > s.Wallets:
		return nil, fmt.Errorf("%d wallets, of which %d have rewards", s.Wallets, s.Rewards)
	case s.Wallets < (s.Contributions+s.Nodes-1)/s.Nodes:
		return nil, fmt.Errorf("%d wallets are too few: one node has %d contributors", s.Wallets, (s.Contributions+s.Nodes-1)/s.Nodes)
	case s.Height < 1 || s.Address == nil:
		return nil, fmt.Errorf("a height above 0 and addresses are needed")
	}
	w := &World{Height: s.Height}
	top, genesis := s.hash("block", s.Height), s.hash("block", 0)
	ok := map[string]any{"status": "OK", "untrusted": false}
	add := func(method string, params any, result map[string]any) {
		request := map[string]any{"jsonrpc": "2.0", "id": "0", "method": method}
		if params != nil {
			request["params"] = params
		}
		for k, v := range ok {
			result[k] = v
		}
		w.Calls = append(w.Calls, Call{Daemon: "a", Request: encode(request),
			Response: encode(map[string]any{"jsonrpc": "2.0", "id": "0", "result": result})})
	}
	header := func(height uint64, hash string, fork int) map[string]any {
		return map[string]any{"block_header": map[string]any{
			"height": height, "hash": hash, "prev_hash": s.hash("parent", height), "major_version": fork,
			"timestamp": 1_700_000_000 + 120*height, "orphan_status": false, "depth": s.Height - height,
		}}
	}
	immutable, immutableHash := s.immutable()
	add("get_info", nil, map[string]any{
		"nettype": s.Network, "version": "10.6.0-synthetic", "height": s.Height + 1, "top_block_hash": top, "hard_fork": 19,
		"target_height": 0, "immutable_height": immutable, "immutable_block_hash": immutableHash,
	})
	add("get_block_header_by_height", map[string]any{"height": 0}, header(0, genesis, 7))
	if immutable > 0 {
		add("get_block_header_by_height", map[string]any{"height": immutable}, header(immutable, immutableHash, 19))
	}
	add("get_block_header_by_height", map[string]any{"height": s.Height}, header(s.Height, top, 19))
	nodes, stakes, err := s.nodes()
	if err != nil {
		return nil, err
	}
	add("get_service_nodes", nil, map[string]any{
		"height": s.Height, "block_hash": top, "hardfork": 19, "snode_revision": 6, "target_height": 0,
		"service_node_states": nodes,
	})
	if len(stakes) > 0 {
		add("get_transactions", nil, map[string]any{"txs": stakes})
	}
	addresses, amounts := s.rewards()
	add("get_accrued_batched_earnings", nil, map[string]any{"addresses": addresses, "amounts": amounts})
	add("get_service_node_blacklisted_key_images", nil, map[string]any{"blacklist": []any{
		map[string]any{"key_image": s.hash("blacklisted", 0), "unlock_height": s.Height + 21_600, "amount": uint64(Requirement)},
	}})
	add("get_checkpoints", nil, map[string]any{})
	return w, nil
}

// immutable gives the newest checkpoint: service nodes vote on every fourth block, and there are
// none on a fakechain.
func (s Synth) immutable() (height uint64, hash string) {
	height = (s.Height - 1) / 4 * 4
	if s.Network == "fakechain" || height == 0 {
		return 0, ""
	}
	return height, s.hash("block", height)
}

// nodes lists the service nodes with all the fields that oxend 10.6 gives them, and the transactions
// that made their stakes, if wallets make them.
func (s Synth) nodes() (list, stakes []map[string]any, err error) {
	r := rand.New(rand.NewPCG(s.Seed, 1))
	list = make([]map[string]any, s.Nodes)
	entropy := rand.NewChaCha8(sha256.Sum256(fmt.Appendf(nil, "stakes of seed %d", s.Seed)))
	image := uint64(0)
	for i := range list {
		count := s.Contributions / s.Nodes
		if i < s.Contributions%s.Nodes {
			count++
		}
		key, registered := s.hash("node", uint64(i)), s.Height/2
		if s.Wallet != nil {
			registered -= min(uint64(i)*7%50_000, s.Height/4)
		}
		operator := ""
		contributors := make([]map[string]any, count)
		left := uint64(Requirement)
		first := r.IntN(s.Wallets)
		for j := range contributors {
			amount := left / uint64(count-j)
			if j < count-1 {
				amount = amount/2 + r.Uint64N(amount/2)
			}
			left -= amount
			address := s.Address((first + j) % s.Wallets)
			if j == 0 {
				operator = address
			}
			locked := map[string]any{"amount": amount, "key_image": s.point("image", image), "key_image_pub_key": s.point("output", image)}
			if s.Wallet != nil {
				tx, err := s.stake((first+j)%s.Wallets, key, j == 0, amount, registered+uint64(j), locked, entropy)
				if err != nil {
					return nil, nil, err
				}
				stakes = append(stakes, tx)
			}
			contributors[j] = map[string]any{
				"address": address, "amount": amount, "reserved": amount, "locked_contributions": []map[string]any{locked},
			}
			image++
		}
		list[i] = map[string]any{
			"active": i%50 != 7, "contributors": contributors, "decommission_count": i % 3, "earned_downtime_blocks": 1440,
			"funded": true, "last_reward_block_height": s.Height - 5, "last_reward_transaction_index": uint64(1<<32 - 1),
			"last_uptime_proof": 1_700_000_000 + i, "lokinet_first_unreachable": 0, "lokinet_last_reachable": 1_700_000_000 + i,
			"lokinet_last_unreachable": 0, "lokinet_reachable": true, "lokinet_version": []int{0, 9, 14},
			"operator_address": operator, "portions_for_operator": uint64(18446744073709551612), "pubkey_ed25519": key,
			"pubkey_x25519": s.hash("x25519", uint64(i)), "public_ip": fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255),
			"pulse_votes":      map[string]any{"missed": []any{}, "voted": []any{[]uint64{s.Height - 9, 0}, []uint64{s.Height - 3, 0}}},
			"checkpoint_votes": map[string]any{"missed": []any{}, "voted": []uint64{s.Height - 8, s.Height - 4}},
			"quorumnet_port":   22025, "registration_height": registered, "registration_hf_version": 19, "requested_unlock_height": 0,
			"service_node_pubkey": key, "service_node_version": []int{10, 6, 0}, "staking_requirement": uint64(Requirement),
			"state_height": s.Height - 1, "storage_lmq_port": 22020, "storage_port": 22021, "storage_server_first_unreachable": 0,
			"storage_server_last_reachable": 1_700_000_000 + i, "storage_server_last_unreachable": 0, "storage_server_reachable": true,
			"storage_server_version": []int{2, 8, 0}, "swarm": fmt.Sprintf("%016x", r.Uint64()), "swarm_id": r.Uint64(),
			"total_contributed": uint64(Requirement), "total_reserved": uint64(Requirement),
		}
	}
	return list, stakes, nil
}

// stake makes the transaction of a stake, and puts its key image and one-time key into locked.
func (s Synth) stake(wallet int, node string, registers bool, amount, height uint64, locked map[string]any, entropy io.Reader) (map[string]any, error) {
	key, err := hex.DecodeString(node)
	if err != nil {
		return nil, err
	}
	w := s.Wallet(wallet)
	tx, err := w.MakeStake(cryptonote.StakePlan{Node: cryptonote.PublicKey(key), Registers: registers, Amounts: []uint64{amount}}, entropy)
	if err != nil {
		return nil, err
	}
	network, err := cryptonote.ParseNetwork(s.Network)
	if err != nil {
		return nil, err
	}
	made, err := tx.Stake(context.Background(), network)
	if err != nil {
		return nil, err
	}
	if len(made.Locked) != 1 {
		return nil, fmt.Errorf("wallet %d stakes 0: ask for fewer contributions to a node", wallet)
	}
	locked["key_image"], locked["key_image_pub_key"] = hex.EncodeToString(made.Locked[0].KeyImage[:]), hex.EncodeToString(made.Locked[0].Key[:])
	data, err := tx.MarshalBinary()
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"tx_hash": tx.Hash().String(), "as_hex": hex.EncodeToString(data), "block_height": height, "block_timestamp": 1_700_000_000 + 120*height,
		"in_pool": false, "double_spend_seen": false,
	}, nil
}

func (s Synth) rewards() (addresses []string, amounts []uint64) {
	r := rand.New(rand.NewPCG(s.Seed, 2))
	for i := range s.Rewards {
		addresses = append(addresses, s.Address(i))
		amounts = append(amounts, 1+r.Uint64N(500_000_000_000))
	}
	return addresses, amounts
}

// hash gives 64 hex digits that depend on the seed, a name and a number only.
func (s Synth) hash(name string, n uint64) string {
	var in []byte
	in = binary.BigEndian.AppendUint64(in, s.Seed)
	in = binary.BigEndian.AppendUint64(in, n)
	sum := sha256.Sum256(append(in, name...))
	return hex.EncodeToString(sum[:])
}

// point is hash for what must be a point of prime order, as an honest stake's key image and one-time
// key are.
func (s Synth) point(name string, n uint64) string {
	wide := sha512.Sum512([]byte(s.hash(name, n)))
	scalar, err := new(edwards25519.Scalar).SetUniformBytes(wide[:])
	if err != nil {
		panic(err) // it takes any 64 bytes
	}
	return hex.EncodeToString(new(edwards25519.Point).ScalarBaseMult(scalar).Bytes())
}

// Encode writes the world as a recording that ReadWorld reads.
func (w *World) Encode() ([]byte, error) { return json.Marshal(w) }
