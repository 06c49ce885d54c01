package swap_test

import (
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/ethereum/go-ethereum/common"

	"oxenswap/swap"
)

const exampleTerms = `
version = 1
name = "example"
portal = "claim.example"
opens = "2026-01-01T00:00:00Z"
closes = "2027-12-31T23:59:59Z"
legacy_claims = false
[oxen]
network = "fakechain"
genesis = "08ff156d993012b0bdf2816c4bee47c9bbc7930593b70ee02574edddf15ee933"
finality_depth = 10
[token]
chain_id = 1337
address = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
symbol = "SESH"
decimals = 9
[[programme]]
name = "stake"
kind = "convert-stake"
snapshot_height = 100
ratio = "54/100"
cap = "1000000000000"
`

func readTerms(text string) (*swap.Terms, error) {
	var tree map[string]any
	if _, err := toml.Decode(text, &tree); err != nil {
		return nil, err
	}
	return swap.TermsFromTree(tree)
}

func ExampleTermsFromTree() {
	terms, err := readTerms(exampleTerms)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(terms.ID())
	fmt.Println(terms.Origin())

	_, err = readTerms(exampleTerms + "bonus = true\n")
	fmt.Println(err)
	// Output:
	// 11c3b4116716079c
	// claim.example/11c3b4116716079c
	// terms: programme[0].bonus: unknown key
}

func ExampleClaimText() {
	c := swap.ClaimText{
		Migration: "1166f61c0c9abbf6",
		Recipient: swap.EVMAddress(common.HexToAddress("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed")),
		Sequence:  1,
		Until:     time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC),
	}
	fmt.Println(c)
	// Output: SESH claim 1166f61c0c9abbf6 to 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed #1 until 2026-12-31
}

func ExampleParseClaimText() {
	_, err := swap.ParseClaimText("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
	var refusal *swap.Refusal
	if errors.As(err, &refusal) {
		fmt.Println(refusal.Reason)
	}
	// Output: legacy
}

func ExampleMigration_CheckRecipient() {
	terms, err := readTerms(exampleTerms)
	if err != nil {
		log.Fatal(err)
	}
	m := swap.Migration{Terms: terms}
	fmt.Println(m.CheckRecipient(swap.EVMAddress{}))
	// Output: recipient: the zero address belongs to nobody: name a wallet of your own
}

// A round is computed from tables; here they are filled by hand instead of by entries of a ledger.
func ExampleBuildRound() {
	terms, err := readTerms(exampleTerms)
	if err != nil {
		log.Fatal(err)
	}
	account := swap.Account("5d7e0514065f4441fc6eab5437887aeb658b34ca8c608d2cfc4bbc4270ce9801")
	recipient := swap.EVMAddress(common.HexToAddress("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"))
	var tables swap.Memory
	for _, err := range []error{
		tables.SetMigration(swap.Migration{Terms: terms, Closes: terms.Closes, Settled: map[string][]uint64{"stake": {100}}}),
		tables.SetBalances(100, []swap.Balance{{Account: account, Staked: 1500_000000001}}),
		tables.SetClaim(swap.Claim{Account: account, Recipient: recipient, Sequence: 1, Entry: 42}),
	} {
		if err != nil {
			log.Fatal(err)
		}
	}
	round, err := swap.BuildRound(&tables, 43)
	if err != nil {
		log.Fatal(err)
	}
	for _, a := range round.List {
		fmt.Printf("%s OXEN x %s/%s = %s SESH and %s/%s atomic units\n", "1500.000000001", a.Parts[0].Num, a.Parts[0].Den, a.Owed.Coins(), a.Remainder, a.Den)
	}
	fmt.Printf("%s", round.Leaves)
	// Output:
	// 1500.000000001 OXEN x 54/100 = 810.000000000 SESH and 54/100 atomic units
	// 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed,810000000000
}
