// Package contracts holds the Solidity sources of the distributor and the test token, and what the
// pinned compiler makes of them: ABI, creation bytecode, runtime bytecode, and where in the runtime
// bytecode the immutables lie. build.sh makes the committed artifacts; make check makes them again
// and compares.
//
// The package answers one question that the artifacts alone do not: whether the code at an address
// is our distributor, and with which settings.
package contracts

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

//go:embed SessionTokenDistributor.json TestToken.json
var artifacts embed.FS

// wordSize is the length of every immutable's place in the runtime code (build.mjs refuses others).
const wordSize = 32

// Artifact is one compiled contract. It is shared: nobody may change it.
type Artifact struct {
	Name     string
	ABI      abi.ABI
	ABIJSON  []byte
	Bytecode []byte // creation code, without constructor arguments
	Deployed []byte // runtime code, with zeros where the immutables go

	immutables map[string][]int // name -> offsets in Deployed, 32 bytes each
}

// Distributor returns the compiled SessionTokenDistributor.
func Distributor() *Artifact { return distributor() }

// TestToken returns the compiled TestToken: 9 decimals, symbol SESH, for development chains.
func TestToken() *Artifact { return testToken() }

var (
	distributor = sync.OnceValue(func() *Artifact { return mustLoad("SessionTokenDistributor.json") })
	testToken   = sync.OnceValue(func() *Artifact { return mustLoad("TestToken.json") })
)

// mustLoad parses an embedded artifact; a failure can only be a broken build.
func mustLoad(file string) *Artifact {
	data, err := artifacts.ReadFile(file)
	if err != nil {
		panic(err)
	}
	a, err := ParseArtifact(data)
	if err != nil {
		panic(fmt.Sprintf("contracts: embedded %s: %v", file, err))
	}
	return a
}

// ParseArtifact reads an artifact that build.mjs wrote.
func ParseArtifact(data []byte) (*Artifact, error) {
	var raw struct {
		Contract         string           `json:"contract"`
		ABI              json.RawMessage  `json:"abi"`
		Bytecode         hexutil.Bytes    `json:"bytecode"`
		DeployedBytecode hexutil.Bytes    `json:"deployedBytecode"`
		Immutables       map[string][]int `json:"immutables"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, fmt.Errorf("artifact: %w", err)
	}
	parsed, err := abi.JSON(bytes.NewReader(raw.ABI))
	if err != nil {
		return nil, fmt.Errorf("artifact of %s: ABI: %w", raw.Contract, err)
	}
	if len(raw.Bytecode) == 0 || len(raw.DeployedBytecode) == 0 {
		return nil, fmt.Errorf("artifact of %s has no bytecode", raw.Contract)
	}
	for name, offsets := range raw.Immutables {
		for _, at := range offsets {
			if at < 0 || at+wordSize > len(raw.DeployedBytecode) {
				return nil, fmt.Errorf("artifact of %s: immutable %s lies outside the code", raw.Contract, name)
			}
		}
	}
	return &Artifact{
		Name:       raw.Contract,
		ABI:        parsed,
		ABIJSON:    raw.ABI,
		Bytecode:   raw.Bytecode,
		Deployed:   raw.DeployedBytecode,
		immutables: raw.Immutables,
	}, nil
}
