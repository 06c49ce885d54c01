package merkle_test

import (
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/holiman/uint256"

	"oxenswap/swap/merkle"
)

// A round's tree: the root goes to the contract, a proof to each recipient.
func Example() {
	leaves := []merkle.Leaf{
		{Account: common.HexToAddress("0x1111111111111111111111111111111111111111"), Amount: *uint256.NewInt(5_000_000_000)},
		{Account: common.HexToAddress("0x2222222222222222222222222222222222222222"), Amount: *uint256.NewInt(2_500_000_000)},
	}
	caps := uint256.NewInt(40_000_000 * 1_000_000_000) // 40,000,000 SESH in atomic units
	tree, err := merkle.Build(leaves, caps)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("root ", tree.Root())
	fmt.Println("total", tree.Total().Dec())

	proof, err := tree.ProofOf(leaves[1].Account)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("holds:", merkle.Verify(tree.Root(), leaves[1], proof.Path))
	// Output:
	// root  0x4185d3f2bb3de6b90caff0eed41a3c755334134af75b979a7b4dbf07cfffdcef
	// total 7500000000
	// holds: true
}

// The file a holder keeps, and how anybody checks it without the service.
func ExampleParseProof() {
	tree, err := merkle.BuildCSV(strings.NewReader(
		"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed,1200000000\n"+
			"0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359,340000000\n"), merkle.MaxTotal())
	if err != nil {
		log.Fatal(err)
	}
	proof := tree.Proof(0) // line 1
	file := proof.Format()
	os.Stdout.Write(file)

	parsed, err := merkle.ParseProof(file)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("check:", parsed.Check())
	// Output:
	// {
	//   "format": "oxenswap-claim-proof-v1",
	//   "root": "0x77f1cba38653e7ef143f1d82375c3fa0c45efff7e960c445e811ba01dae39eea",
	//   "account": "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
	//   "cumulative": "1200000000",
	//   "proof": [
	//     "0xb506f4a28cd641d772b484c17850fd0096624afe0fa1d1f821d68da3d0ec756d"
	//   ]
	// }
	// check: <nil>
}

// A batch that the service pushes: neighbours by hash share their proof.
func ExampleTree_MultiProof() {
	var leaves []merkle.Leaf
	for i := range 1000 {
		leaves = append(leaves, merkle.Leaf{Account: common.Address{0: 1, 18: byte(i >> 8), 19: byte(i)}, Amount: *uint256.NewInt(1)})
	}
	tree, err := merkle.Build(leaves, merkle.MaxTotal())
	if err != nil {
		log.Fatal(err)
	}
	var neighbours, scattered []int
	for rank := range 200 {
		neighbours = append(neighbours, tree.ByHash(rank))
		scattered = append(scattered, tree.ByHash(5*rank))
	}
	for _, batch := range [][]int{neighbours, scattered} {
		proof, err := tree.MultiProof(batch)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(proof.Leaves), "leaves,", len(proof.Path), "hashes; check:", proof.Check())
	}
	// Output:
	// 200 leaves, 5 hashes; check: <nil>
	// 200 leaves, 450 hashes; check: <nil>
}

// Files are exchanged with the npm package @openzeppelin/merkle-tree:
// StandardMerkleTree.load(JSON.parse(text)) there, Load here.
func ExampleTree_Dump() {
	tree, err := merkle.Build([]merkle.Leaf{
		{Account: common.HexToAddress("0x1111111111111111111111111111111111111111"), Amount: *uint256.NewInt(5)},
	}, merkle.MaxTotal())
	if err != nil {
		log.Fatal(err)
	}
	var text strings.Builder
	if err := tree.Dump(&text); err != nil {
		log.Fatal(err)
	}
	fmt.Println(text.String())

	again, err := merkle.Load(strings.NewReader(text.String()), merkle.MaxTotal())
	fmt.Println(again.Root() == tree.Root(), err)
	// Output:
	// {"format":"standard-v1","leafEncoding":["address","uint256"],"tree":["0xdc984b7043e0c8ae8e70bc0e6568af0135198234df994ba88ca915bbf0734048"],"values":[{"value":["0x1111111111111111111111111111111111111111","5"],"treeIndex":0}]}
	// true <nil>
}

// A refused line says where it is and what to do.
func ExampleBuildCSV() {
	_, err := merkle.BuildCSV(strings.NewReader(
		"0x1111111111111111111111111111111111111111,5\n"+
			"0x2222222222222222222222222222222222222222,5\n"+
			"0x1111111111111111111111111111111111111111,7\n"), merkle.MaxTotal())
	fmt.Println(err)
	// Output:
	// line 3: 0x1111111111111111111111111111111111111111: recipient twice: add the amounts and keep one (first in line 1)
}
