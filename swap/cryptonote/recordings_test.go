package cryptonote

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func load(t testing.TB, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatalf("Decode of %s: got %v, want no error", name, err)
	}
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// verifyText does what a wallet of the network does when asked to verify.
func verifyText(network, address string, message []byte, signature string) error {
	n, err := ParseNetwork(network)
	if err != nil {
		return err
	}
	a, err := ParseAddress(address)
	if err != nil {
		return err
	}
	if err := a.CheckNetwork(n); err != nil {
		return err
	}
	sig, err := ParseSignature(signature)
	if err != nil {
		return err
	}
	return Verify(a.Spend, message, sig)
}

func TestWalletVectors(t *testing.T) {
	var file struct {
		Messages []struct{ Name, Hex string }
		Vectors  []struct {
			ID, Network, Address, Spend, View, Message, Keccak, Signature string
			Account, Index                                                uint32
			Prefix                                                        uint64
			Good                                                          bool
			TamperedGood                                                  bool `json:"tampered_good"`
		}
	}
	load(t, "vectors.json", &file)
	messages := map[string][]byte{}
	for _, m := range file.Messages {
		messages[m.Name] = unhex(t, m.Hex)
	}
	if len(file.Vectors) != 147 {
		t.Fatalf("%d vectors", len(file.Vectors))
	}
	for _, v := range file.Vectors {
		message, ok := messages[v.Message]
		if !ok {
			t.Fatalf("%s: no message %s", v.ID, v.Message)
		}
		if sum := Keccak256(message); hex.EncodeToString(sum[:]) != v.Keccak {
			t.Errorf("%s: keccak %x", v.ID, sum)
		}
		a := mustParse(t, v.Address)
		if a.Spend.String() != v.Spend || a.View.String() != v.View || addressPrefixes[a.Network][a.Kind] != v.Prefix || a.String() != v.Address {
			t.Errorf("%s: address is %+v", v.ID, a)
		}
		err := verifyText(v.Network, v.Address, message, v.Signature)
		if (err == nil) != v.Good {
			t.Errorf("%s: %v, the wallet says %v", v.ID, err, v.Good)
		}
		sig, err := ParseSignature(v.Signature)
		if err != nil || sig.String() != v.Signature {
			t.Errorf("%s: signature reads as %v, %v", v.ID, sig, err)
		}
		err = verifyText(v.Network, v.Address, append(slices.Clone(message), '!'), v.Signature)
		if !errors.Is(err, ErrMismatch) || v.TamperedGood {
			t.Errorf("%s, changed message: %v, the wallet says %v", v.ID, err, v.TamperedGood)
		}
	}
}

// TestCorruptedVariants: each mutation is refused, or not, as the wallet did, and for the reason
// that the mutation calls for.
func TestCorruptedVariants(t *testing.T) {
	// Changed characters of base58 can give any of several faults.
	anyNumber := []Reason{ErrOverflow, ErrScalarC, ErrScalarR, ErrMismatch}
	reasons := map[string][]Reason{
		"original":                       {""},
		"integrated_address_of_signer":   {""}, // its spend key is the signer's
		"flip_char_20":                   anyNumber,
		"flip_last_char":                 anyNumber,
		"flip_first_sig_char":            anyNumber,
		"wrong_address":                  {ErrMismatch},
		"sibling_subaddress_or_main":     {ErrMismatch},
		"wrong_message_appended_char":    {ErrMismatch},
		"wrong_message_trailing_newline": {ErrMismatch},
		"swapped_c_r":                    {ErrMismatch},
		"zero_r":                         {ErrMismatch},
		"prefix_SigV2":                   {ErrMagic},
		"prefix_lowercase":               {ErrMagic},
		"prefix_missing":                 {ErrMagic},
		"leading_space":                  {ErrMagic},
		"empty_signature":                {ErrMagic},
		"truncated_to_prefix":            {ErrSignatureLength},
		"truncated_half":                 {ErrSignatureLength},
		"truncated_last_char":            {ErrSignatureLength},
		"extra_char":                     {ErrSignatureLength},
		"trailing_newline":               {ErrSignatureLength},
		"invalid_base58_char_0":          {ErrAlphabet},
		"zero_c":                         {ErrZeroC},
		"all_zero":                       {ErrZeroC},
		"c_plus_L_malleated":             {ErrScalarC},
		"r_plus_L_malleated":             {ErrScalarR},
		"address_bad_checksum":           {ErrChecksum, ErrOverflow},
		"address_truncated":              {ErrLength, ErrOverflow, ErrChecksum},
		"address_empty":                  {ErrTooShort},
	}
	var file []struct{ Base, Mutation, Data, Address, Signature, Verdict string }
	load(t, "corrupted.json", &file)
	if len(file) != 260 {
		t.Fatalf("%d variants", len(file))
	}
	seen := map[string]bool{}
	for _, v := range file {
		network, _, _ := strings.Cut(v.Base, "-")
		err := verifyText(network, v.Address, []byte(v.Data), v.Signature)
		if (err == nil) != (v.Verdict == "good") {
			t.Errorf("%s %s: %v, the wallet says %s", v.Base, v.Mutation, err, v.Verdict)
		}
		if !slices.Contains(reasons[v.Mutation], ReasonOf(err)) {
			t.Errorf("%s %s: %v, want one of %q", v.Base, v.Mutation, err, reasons[v.Mutation])
		}
		seen[v.Mutation] = true
	}
	if len(seen) != len(reasons) {
		t.Errorf("%d mutations, %d expected", len(seen), len(reasons))
	}
}

func TestSignAndVerifyCalls(t *testing.T) {
	var file []struct {
		Recording, Method, Data, Address, Signature, Verdict string
		Account, Index                                       uint32
	}
	load(t, "sign_verify.json", &file)
	alice := wallets(t)["alice"]
	for _, v := range file {
		switch v.Method {
		case "sign":
			// All were asked of alice's wallet. It signs "" when data is left out.
			a := alice.Subaddress(v.Account, v.Index)
			if err := verifyText("fakechain", a.String(), []byte(v.Data), v.Signature); err != nil {
				t.Errorf("verifyText of %s: got %v, want no error", v.Recording, err)
			}
		case "verify":
			err := verifyText("fakechain", v.Address, []byte(v.Data), v.Signature)
			if (err == nil) != (v.Verdict == "good") {
				t.Errorf("%s: %v, the wallet says %s", v.Recording, err, v.Verdict)
			}
		default:
			t.Errorf("%s: method %s", v.Recording, v.Method)
		}
	}
}

// TestJSONEscapes: the wallet signs bytes, and its JSON parser turns a surrogate pair into two
// 3-byte sequences (CESU-8) and takes lone surrogates. No JSON parser of ours gives those bytes, so
// such a signature verifies only over the bytes themselves.
func TestJSONEscapes(t *testing.T) {
	var file struct {
		Address string
		Cases   []struct {
			Case, Request, Signature string
			SignedHex                string `json:"signed_hex"`
		}
	}
	load(t, "json_escapes.json", &file)
	notUTF8 := map[string]bool{"u_escape_surrogate_pair": true, "u_escape_lone_surrogate": true}
	for _, c := range file.Cases {
		signed := unhex(t, c.SignedHex)
		if err := verifyText("fakechain", file.Address, signed, c.Signature); err != nil {
			t.Errorf("%s: over the signed bytes: %v", c.Case, err)
		}
		var request struct{ Params struct{ Data string } }
		if err := json.Unmarshal([]byte(c.Request), &request); err != nil {
			t.Fatal(c.Case, err)
		}
		err := verifyText("fakechain", file.Address, []byte(request.Params.Data), c.Signature)
		if notUTF8[c.Case] {
			if !errors.Is(err, ErrMismatch) || bytes.Equal(signed, []byte(request.Params.Data)) {
				t.Errorf("%s: over the decoded text: %v", c.Case, err)
			}
		} else if err != nil {
			t.Errorf("%s: over the decoded text: %v", c.Case, err)
		}
	}
	if len(file.Cases) != 6 {
		t.Errorf("%d cases", len(file.Cases))
	}
}

func TestCommandLineWallet(t *testing.T) {
	var file []struct {
		Command                             []string
		Stdout, Address, Signature, Verdict string
		SignedHex                           string `json:"signed_hex"`
	}
	load(t, "cli_sign.json", &file)
	if len(file) != 8 {
		t.Fatalf("%d commands", len(file))
	}
	for _, v := range file {
		if !strings.Contains(v.Stdout, v.Address) || !strings.Contains(v.Stdout, v.Signature) {
			t.Errorf("%q: not what the wallet printed", v.Command)
		}
		// One command was not put to verify; an independent program checked it.
		if v.Verdict != "good" && v.Verdict != "" {
			t.Errorf("%q: the wallet says %s", v.Command, v.Verdict)
		}
		if err := verifyText("mainnet", v.Address, unhex(t, v.SignedHex), v.Signature); err != nil {
			t.Errorf("verifyText of %q: got %v, want no error", v.Command, err)
		}
	}
}

// TestSignedClaims verifies claim lines of many wallets. Whether a line is a good claim is not
// decided here: each was really signed by its wallet.
func TestSignedClaims(t *testing.T) {
	var file []struct{ Set, Wallet, Network, Kind, Address, Text, Signature string }
	load(t, "claims.json", &file)
	if len(file) != 140 {
		t.Fatalf("%d claims", len(file))
	}
	for i, c := range file {
		if err := verifyText(c.Network, c.Address, []byte(c.Text), c.Signature); err != nil {
			t.Errorf("%s %s %s: %v", c.Set, c.Wallet, c.Kind, err)
		}
		other := file[(i+1)%len(file)]
		if err := verifyText(c.Network, c.Address, []byte(c.Text), other.Signature); !errors.Is(err, ErrMismatch) {
			t.Errorf("%s %s %s with another line's signature: %v", c.Set, c.Wallet, c.Kind, err)
		}
	}
}

// TestPrimitives compares with oxen-core's own functions.
func TestPrimitives(t *testing.T) {
	var file []struct{ Seed, Keccak, Secret, Public, Signature string }
	load(t, "primitives.json", &file)
	if len(file) != 256 {
		t.Fatalf("%d vectors", len(file))
	}
	for _, v := range file {
		sum := Keccak256([]byte(v.Seed))
		if hex.EncodeToString(sum[:]) != v.Keccak {
			t.Errorf("%s: keccak %x", v.Seed, sum)
		}
		if parts := Keccak256([]byte(v.Seed[:4]), nil, []byte(v.Seed[4:])); parts != sum {
			t.Errorf("%s: keccak in parts %x", v.Seed, parts)
		}
		secret := HashToScalar([]byte(v.Seed))
		if hex.EncodeToString(secret.Bytes()) != v.Secret {
			t.Errorf("%s: hash to scalar %x", v.Seed, secret.Bytes())
		}
		public := publicKey(secret)
		if public.String() != v.Public {
			t.Errorf("%s: public key %v", v.Seed, public)
		}
		if err := public.Check(); err != nil {
			t.Errorf("Check of %s: got %v, want no error", v.Seed, err)
		}
		if err := Verify(public, []byte(v.Seed), Signature(unhex(t, v.Signature))); err != nil {
			t.Errorf("Verify of %s: got %v, want no error", v.Seed, err)
		}
	}
}
