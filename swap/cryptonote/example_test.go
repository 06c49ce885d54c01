package cryptonote_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"oxenswap/swap/cryptonote"
)

// A holder's address and the line that their wallet signed.
func Example() {
	address, err := cryptonote.ParseAddress("LEbHVZsED4aR3XJ9zY5Np2RSgGdoTL2QvimXDUyKKduP8cZqc2Tx72NesS2iSb8mDNYeNc6gbh2feibHazxPRumW1AAGETE")
	if err != nil {
		fmt.Println(err)
		return
	}
	sig, err := cryptonote.ParseSignature("SigV15u9xMDvPqaW8EcMexdTAPB4VxvTaxh36pgV7e24nQt91bZiKPETocuL7sY4WHHNUPE2GKqTiPYCpfQsVnanjkLPZ")
	if err != nil {
		fmt.Println(err)
		return
	}
	text := "SESH claim 1166f61c0c9abbf6 to 0x4Cd25BAf930c80eB6EE4578F05daBe7C493bd2d8 #1 until 2027-12-31"
	fmt.Println(cryptonote.Verify(address.Spend, []byte(text), sig))
	fmt.Println(cryptonote.Verify(address.Spend, []byte(text+" "), sig))
	// Output:
	// <nil>
	// signature: signature does not match: sign exactly this text, with the wallet of exactly this address
}

// A refusal carries a reason that programs can compare, and a line for people.
func ExampleParseAddress() {
	_, err := cryptonote.ParseAddress("L5vwpVVj6hpVH8Rkf8Vg5FTT67GiDDJuv5Kg5ivYTZJv28TK75CWZYZ97WUKjmMsrKeUQ4NDNv8dbMQWBT9k1djvBfJpidm")
	fmt.Println(errors.Is(err, cryptonote.ErrChecksum), cryptonote.ReasonOf(err))
	fmt.Println(err)
	// Output:
	// true bad checksum
	// address: bad checksum: copy it again from the wallet, whole and without spaces
}

// An exchange or a shop hands out integrated addresses: the account is the standard address inside.
func ExampleAddress_Standard() {
	a, err := cryptonote.ParseAddress("LFdcqJKDhyLVH8Rkf8Vg5FTT67GiDDJuv5Kg5ivYTZJv28TK75CWZYZ97WUKjmMsrKeUQ4NDNv8dbMQWBT9k1djvGixjMTh5XheU3AWG6y")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%v %v, payment id %x\n", a.Network, a.Kind, a.PaymentID)
	fmt.Println(a.Standard())
	// Output:
	// mainnet integrated, payment id 0123456789abcdef
	// L5vwpVVj6hpVH8Rkf8Vg5FTT67GiDDJuv5Kg5ivYTZJv28TK75CWZYZ97WUKjmMsrKeUQ4NDNv8dbMQWBT9k1djvBfJpidn
}

// The prefix of an address is not proof of its network: a fakechain uses mainnet's.
func ExampleAddress_CheckNetwork() {
	a, err := cryptonote.ParseAddress("T6See96rLd6Hs4iAX73rUdevoRVNBEZVmEcAPRybBjXq6JW8TzAPsVbG2QKtmWWUphC6mmnKtEmkPRARzWqu17vN1u6yPtREa")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(a.CheckNetwork(cryptonote.Testnet))
	fmt.Println(a.CheckNetwork(cryptonote.Mainnet))
	// Output:
	// <nil>
	// address: address of another network (testnet): give an address of the network that this migration names
}

// Anyone can sign for a key of low order, so such a key is no one's.
func ExamplePublicKey_Check() {
	for _, text := range []string{
		"1a0d8839d18683a91043b304706ec29e220b83d2ecc66119d6ddfc9caa94ef06",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	} {
		k, err := cryptonote.ParsePublicKey(text)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%q\n", cryptonote.ReasonOf(k.Check()))
	}
	// Output:
	// ""
	// "the identity point"
	// "not a point of prime order"
}

// A wallet made for a test, from its secret spend key.
func ExampleWallet() {
	spend, err := cryptonote.ParseSecretKey("9b32cf8119cd4d2fc873ded03b9626a3419e57918e7d4a9f2fd1dd56667def0a")
	if err != nil {
		fmt.Println(err)
		return
	}
	w, err := cryptonote.OpenWallet(cryptonote.Fakechain, spend)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(w.Address())
	fmt.Println(w.Subaddress(0, 1))
	fmt.Println(spend)
	// Output:
	// L5vwpVVj6hpVH8Rkf8Vg5FTT67GiDDJuv5Kg5ivYTZJv28TK75CWZYZ97WUKjmMsrKeUQ4NDNv8dbMQWBT9k1djvBfJpidn
	// LVqGCXJU2fe3TuG17vgy2ji5VvndZ7nkEeHr3PTGBjZ4h5SnAiDW1cVJiK1GbpfK2agaXp3AuQcV85Xr7WGqbFE9HKeUQze
	// (secret key)
}

// What a holder handed in, with what a daemon said about its one output.
func ExampleReserveProof_Verify() {
	address, err := cryptonote.ParseAddress("LEJW434Lqkf9zn3tHtDeNNgxZ2X6RXQShUJhHJvdAdoX5b8N7qodGZ9MxfdsoVJ9bnXr5Zyhpp4VaR2y1g8qmJBm5TKvm4J")
	if err != nil {
		fmt.Println(err)
		return
	}
	proof, err := cryptonote.ParseReserveProof("ReserveProofV11BZ23sBt9sZJeGccf84mzyAmNCP3KzYbE15rLWQSEdQ3111118NSDDnVQ658L46Q5QT65rmNyKAoTXiaXjjoGwUDEJC87gMuY4w113UTLnbqNFW1qAFNzfRCp1bmj9ZP24Jv7iBgWwsyd5FLbxitYZAn62RFJyYE4MExKTP1aneEgnXUTBEpNsEW3ZzGFJx6rq8743113knV3ZBjCPykzkVJpo5Hfvh2kHEtzzwZPYtk16aXFmTGttxGQgqN6e47PyN1tLUVNzNdMDN3ezVTgfiwQjit5EEuoBq7B7VBFiiBH1FkBenbgoocxMZAkrA1WF5nZqYx4q3VRwDA9rywvXFw89GZgnRHR2FhJrqeaRK61d8AnRNo4phGbH6NXry6Q1Ak9umvWzWLFSCMVzDMGYY1eSREnDugyDC6sQP2DQMr4eQXJPyCM8dAXXrqQdNXNDMizWeGQVTukoJpwPGs3PSeaHL9FSL6dPsN6D3JbNQaWHxY2xoxSgdQ9bYdNMch9QC5hSzaHg5r")
	if err != nil {
		fmt.Println(err)
		return
	}
	pruned, _ := hex.DecodeString("04020000000302000a035504112627020e2321e2665de54fba7527560882f4ec3b927dc11d42b137df5ccda89066feaf98e52d02000a07422f1f2c09021b1313d61658578ce71a408fa2a5db2e0d71285bb81f1db4cac73ea163f59666d6a8b102000a0c5f0a23340506011b0b0b7cdfa87be821c4f858a22f2be5dd8d53ce49fb5d71d188a41cc5924bf1ee10020002972ff933b2a90a0e92990459a58f634d06cd49a317f2d433ff6240ab863b9b740002b9228f3a7563ab5f5c47890dc67fa6c55043aadc02d31baac908c2b20616fc6c2c01ef1e528c377d9d54ec05efcd77efcdeec17e86a5fcd674ac22e76c2f736cc0e6020901803232a0bfd6b6270005dedbf3042ee2506790c2b28159cd96c6851aaebb4a57a34d7987c50fa8cd6a043903b77a9f709ead46db4d50c4cefcc0a5ebe15b84875fa455878d0012e98042bf44024c8f970caff22c561321d6213acbc4b573")
	prunable, _ := hex.DecodeString("5397e683d4920f4a59b1732788fd174e46a484ca7332734495cd1186ce939182")
	output := proof.Outputs[0]
	evidence := cryptonote.ReserveEvidence{
		Rules:          cryptonote.Rules2,
		SnapshotHeight: 240,
		Transactions: map[cryptonote.TxID]cryptonote.RecordedTransaction{
			output.TxID: {Bytes: pruned, Pruned: true, PrunableHash: [32]byte(prunable), Height: 166},
		},
		Spent: map[cryptonote.KeyImage]cryptonote.SpentStatus{output.KeyImage: cryptonote.Unspent},
	}
	message := []byte("db545d0f7a1f58d4e1143836d355f65ae5c9c12a6beac9e0037e2b6cc9c4289c")
	report, err := proof.Verify(context.Background(), address, message, evidence)
	if err != nil {
		fmt.Println(err)
		return
	}
	o := report.Outputs[0]
	fmt.Println(report.Good(), report.Total)
	fmt.Println(o.TxID, o.Index, o.Height, o.Amount, o.Verdict())

	evidence.SnapshotHeight = 100
	report, _ = proof.Verify(context.Background(), address, message, evidence)
	fmt.Println(report.Good(), report.Total, report.Outputs[0].Verdict())

	report, _ = proof.Verify(context.Background(), address, []byte("another message"), evidence)
	fmt.Println(report.Good(), report.Check)
	fmt.Println(report.Refusal)
	// Output:
	// true 120000000000
	// 4fb82da9c7e93f3932d4d39bf7c6a4c3221cbab7a4e5b354bf1dba4f7e796eac 1 166 120000000000 counted
	// true 0 newer than the snapshot
	// false signatures
	// reserve proof: address's spend key has not signed this message and these key images (spend key 1 of the proof): make the proof with the wallet of this address, for exactly this message
}

// A miner transaction, as a daemon gives it: the hash comes from the bytes.
func ExampleParsePrunedTransaction() {
	blob, _ := hex.DecodeString("021e01ff000380808d93f5d771027c4fd4553bc9886f1f49e3f76d945bf71e8632a94e6c177b19cbc780e7e6bdb48080b4ccd4dfc60302c8b9f6461f58ef3f2107e577c7425d06af584a1c7482bf19060e84059c98b4c3808088fccdbcc32302732b53b0b0db706fcc3087074fb4b786da5ab72b2065699f9453448b0db27f892101ed71f2ce3fc70d7b2036f8a4e4b3fb75c66c12184b55a908e7d1a1d6995566cf00")
	tx, err := cryptonote.ParsePrunedTransaction(blob, [32]byte{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(tx.Hash(), tx.Type)
	for i, o := range tx.Outputs {
		fmt.Println(i, o.Amount, o.Key)
	}
	fmt.Println(tx.PublicKeys(0))
	// Output:
	// 89389fee6d21b5afec266bf4741afce91d7cdd0e033689d4abb5e33a0481426a standard
	// 0 500000000000000 7c4fd4553bc9886f1f49e3f76d945bf71e8632a94e6c177b19cbc780e7e6bdb4
	// 1 2000000000000000 c8b9f6461f58ef3f2107e577c7425d06af584a1c7482bf19060e84059c98b4c3
	// 2 20000000000000000 732b53b0b0db706fcc3087074fb4b786da5ab72b2065699f9453448b0db27f89
	// [ed71f2ce3fc70d7b2036f8a4e4b3fb75c66c12184b55a908e7d1a1d6995566cf]
}
