package cryptonote_test

import (
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

// An exchange or a shop hands out integrated addresses: the account is the
// standard address inside.
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

// The prefix of an address is not proof of its network: a fakechain uses
// mainnet's.
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
