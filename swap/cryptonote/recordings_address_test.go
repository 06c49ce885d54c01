package cryptonote

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
	"testing"
)

func TestAddressVariants(t *testing.T) {
	var file []struct {
		Case, Address, Data, Signature, Verdict, Network string
		Valid, Integrated, Subaddress                    bool
	}
	load(t, "address_variants.json", &file)
	want := map[string]struct {
		parse, verify Reason
		stricter      string // why we refuse an address that the wallet calls valid
	}{
		"true_address":                     {},
		"same_spend_key_other_view_key":    {},
		"same_keys_integrated_prefix":      {},
		"same_keys_subaddress_prefix":      {},
		"subaddress_keys_with_main_prefix": {},
		"subaddress_true":                  {},
		"same_keys_testnet_prefix":         {verify: ErrOtherNetwork},
		"swapped_keys":                     {verify: ErrMismatch},
		"identity_spend_key":               {parse: ErrIdentity, stricter: "anyone can sign for the identity; the wallet refuses the signature only"},
		"noncanonical_spend_key":           {parse: ErrPointEncoding},
		"invalid_point_spend_key":          {parse: ErrOffCurve},
		"extra_bytes":                      {parse: ErrTrailing},
	}
	if len(file) != len(want) {
		t.Fatalf("%d variants", len(file))
	}
	var signer PublicKey
	for _, v := range file {
		w, known := want[v.Case]
		if !known {
			t.Errorf("%s: no expectation", v.Case)
		}
		a, err := ParseAddress(v.Address)
		if ReasonOf(err) != w.parse {
			t.Errorf("%s: parse gives %v, want %q", v.Case, err, w.parse)
		}
		if ours := err == nil; ours != v.Valid && (ours || w.stricter == "") {
			t.Errorf("%s: parse gives %v, the wallet says valid = %v", v.Case, err, v.Valid)
		}
		if err == nil {
			checkWalletView(t, v.Case, a, v.Network, v.Integrated, v.Subaddress)
		}
		if v.Case == "true_address" {
			signer = a.Spend
		}

		err = verifyText("fakechain", v.Address, []byte(v.Data), v.Signature)
		if (err == nil) != (v.Verdict == "good") {
			t.Errorf("%s: %v, the wallet says %s", v.Case, err, v.Verdict)
		}
		if w.verify != "" && ReasonOf(err) != w.verify {
			t.Errorf("%s: verify gives %v, want %q", v.Case, err, w.verify)
		}
		// The prefix is not signed: without the network's check the same key verifies under every
		// network's address.
		if v.Case == "same_keys_testnet_prefix" {
			if a.Spend != signer {
				t.Errorf("%s: another spend key", v.Case)
			}
			if err := verifyText("testnet", v.Address, []byte(v.Data), v.Signature); err != nil {
				t.Errorf("%s, as a testnet address: %v", v.Case, err)
			}
		}
	}
}

// checkWalletView compares an address with what the wallet says of it.
func checkWalletView(t *testing.T, name string, a Address, network string, integrated, subaddress bool) {
	t.Helper()
	if a.Network.String() != network || (a.Kind == Integrated) != integrated || (a.Kind == Subaddress) != subaddress {
		t.Errorf("%s: %v %v, the wallet says network %q, integrated %v, subaddress %v", name, a.Network, a.Kind, network, integrated, subaddress)
	}
}

func TestValidateAddress(t *testing.T) {
	// validate_address without any_net_type compares with mainnet, testnet and devnet only: a
	// fakechain wallet says of every address, its own too, that it is not valid. verify on the same
	// wallets takes mainnet's prefixes (vectors.json), and so do we.
	const laxer = "main1_on_fakechain"

	var file []struct {
		Recording, Address, Network   string
		AnyNetwork                    bool `json:"any_network"`
		Valid, Integrated, Subaddress bool
	}
	load(t, "validate_address.json", &file)
	if len(file) != 25 {
		t.Fatalf("%d recordings", len(file))
	}
	for _, v := range file {
		a, err := ParseAddress(v.Address)
		if err == nil && a.String() != v.Address {
			t.Errorf("%s: written as %s", v.Recording, a)
		}
		if _, name, named := strings.Cut(v.Recording, "_on_"); named && err == nil {
			n, nameErr := ParseNetwork(name)
			if nameErr != nil {
				t.Fatal(nameErr)
			}
			err = a.CheckNetwork(n)
		}
		if v.Recording == laxer {
			if v.Valid || err != nil {
				t.Errorf("%s: %v, the wallet says %v", v.Recording, err, v.Valid)
			}
			continue
		}
		if (err == nil) != v.Valid {
			t.Errorf("%s: %v, the wallet says %v", v.Recording, err, v.Valid)
		}
		if err == nil {
			checkWalletView(t, v.Recording, a, v.Network, v.Integrated, v.Subaddress)
		}
	}
}

func TestIntegratedAddresses(t *testing.T) {
	// make_integrated_address (given and random payment id) and split_integrated_address of the
	// wallet.
	for _, c := range []struct{ integrated, paymentID string }{
		{"LFdcqJKDhyLVH8Rkf8Vg5FTT67GiDDJuv5Kg5ivYTZJv28TK75CWZYZ97WUKjmMsrKeUQ4NDNv8dbMQWBT9k1djvGixjMTh5XheU3AWG6y", "0123456789abcdef"},
		{"LFdcqJKDhyLVH8Rkf8Vg5FTT67GiDDJuv5Kg5ivYTZJv28TK75CWZYZ97WUKjmMsrKeUQ4NDNv8dbMQWBT9k1djvGrCo9zsPbtoLQoAh4b", "c041703e9ebdb4ac"},
	} {
		a := mustParse(t, c.integrated)
		if a.Kind != Integrated || hex.EncodeToString(a.PaymentID[:]) != c.paymentID {
			t.Errorf("%s: %+v", c.integrated, a)
		}
		if a.Standard().String() != aliceText {
			t.Errorf("standard address of %s: %s", c.integrated, a.Standard())
		}
	}
}

// wallets opens the recorded wallets by name.
func wallets(t testing.TB) map[string]*Wallet {
	t.Helper()
	var file []struct {
		Wallet      string
		Network     Network
		SpendSecret string `json:"spend_secret"`
		ViewSecret  string `json:"view_secret"`
		Addresses   []string
	}
	load(t, "keys.json", &file)
	open := map[string]*Wallet{}
	for _, v := range file {
		spend, err := ParseSecretKey(v.SpendSecret)
		if err != nil {
			t.Fatal(v.Wallet, err)
		}
		w, err := OpenWallet(v.Network, spend)
		if err != nil {
			t.Fatal(v.Wallet, err)
		}
		if w.ViewKey().Hex() != v.ViewSecret || w.SpendKey().Hex() != v.SpendSecret {
			t.Errorf("%s: other secret keys", v.Wallet)
		}
		for i, address := range v.Addresses {
			if got := w.Subaddress(0, uint32(i)); got.String() != address {
				t.Errorf("%s, address %d: got %s, want %s", v.Wallet, i, got, address)
			}
		}
		open[v.Wallet] = w
	}
	return open
}

func TestWalletKeys(t *testing.T) {
	open := wallets(t)
	if len(open) != 15 {
		t.Errorf("%d wallets", len(open))
	}
	// get_address of account 1.
	const account1 = "LXanTd2N3y1hpeux8dncMoeKVVTH9eqUv5LPVNmd62VRQYPyi3cPTytPaizfZKETGNeJ4fPiKRTymdE2oYWU86FP3ekkRFT"
	if got := open["alice"].Subaddress(1, 0).String(); got != account1 {
		t.Errorf("account 1 of alice: %s", got)
	}
	sig, err := open["main1"].Sign(0, 0, []byte("m"), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := Verify(open["main1"].Address().Spend, []byte("m"), sig); err != nil {
		t.Error(err)
	}
}
