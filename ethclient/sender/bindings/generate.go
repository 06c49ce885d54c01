//go:build ignore

// Generate writes bindings.go from the committed artifacts with abigen's version 2 generator: what
// `abigen --v2` of the same go-ethereum release writes, without building the rest of go-ethereum.
// With --check it compares instead, and exits 1 if bindings.go is stale.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/ethereum/go-ethereum/accounts/abi/abigen"
	"github.com/ethereum/go-ethereum/common"

	"oxenswap/ethclient/contracts"
)

func main() {
	if err := run(slices.Contains(os.Args[1:], "--check")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(check bool) error {
	var types, abis, bins []string
	for _, a := range []*contracts.Artifact{contracts.Distributor(), contracts.TestToken()} {
		types = append(types, a.Name)
		abis = append(abis, string(a.ABIJSON))
		bins = append(bins, common.Bytes2Hex(a.Bytecode))
	}
	code, err := abigen.BindV2(types, abis, bins, "bindings", nil, nil)
	if err != nil {
		return fmt.Errorf("generate bindings: %w", err)
	}
	_, self, _, ok := runtime.Caller(0)
	if !ok {
		return fmt.Errorf("generate bindings: cannot find my own folder: run with go run")
	}
	file := filepath.Join(filepath.Dir(self), "bindings.go")
	if !check {
		return os.WriteFile(file, []byte(code), 0o644)
	}
	committed, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if !bytes.Equal(committed, []byte(code)) {
		return fmt.Errorf("ethclient/sender/bindings/bindings.go is stale: " +
			"run ethclient/contracts/build.sh and commit the result")
	}
	return nil
}
