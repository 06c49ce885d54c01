// Package safe writes calls as batch files of the Safe Transaction Builder, the application in
// which the owners of a Safe load transactions, look at them, sign and execute them.
//
// A file is JSON of version "1.0" (safe-global/safe-react-apps, apps/tx-builder: BatchFile).
// Numbers other than the time are decimal strings. A transaction has its calldata, which is what is
// executed, and beside it the method and the values that it encodes, for whoever reads the file.
// Its checksum shows that nobody edited the file on its way; it keeps out no attacker, who can
// compute it too.
package safe

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"oxenswap/swap"
)

const (
	formatVersion  = "1.0"
	builderVersion = "1.18.0" // of the application whose files these are like
)

// Batch is a file of transactions that one Safe executes together.
type Batch struct {
	Version      string        `json:"version"`
	ChainID      string        `json:"chainId"`
	CreatedAt    int64         `json:"createdAt"` // Unix milliseconds
	Meta         Meta          `json:"meta"`
	Transactions []Transaction `json:"transactions"`
}

// Meta says where a batch comes from.
type Meta struct {
	Name        string `json:"name"` // not covered by the checksum
	Description string `json:"description"`
	Builder     string `json:"txBuilderVersion"`
	Safe        string `json:"createdFromSafeAddress"`
	Owner       string `json:"createdFromOwnerAddress"`
	Checksum    string `json:"checksum,omitempty"`
}

// Transaction is one call. It sends no coin.
type Transaction struct {
	To     string            `json:"to"`
	Value  string            `json:"value"` // wei
	Data   string            `json:"data"`
	Method Method            `json:"contractMethod"`
	Inputs map[string]string `json:"contractInputsValues"`
}

// Method is the method that a transaction calls.
type Method struct {
	Inputs  []Input `json:"inputs"`
	Name    string  `json:"name"`
	Payable bool    `json:"payable"`
}

// Input is an argument of a method.
type Input struct {
	InternalType string `json:"internalType"`
	Name         string `json:"name"`
	Type         string `json:"type"`
}

// Call is what a Safe is to do: call a contract that has this interface.
type Call struct {
	To   swap.EVMAddress
	ABI  *abi.ABI
	Data []byte
}

// New makes the batch of a Safe's calls on a chain. Name and description are printable ASCII, for
// the checksum's sake.
func New(chainID uint64, created time.Time, safe swap.EVMAddress, name, description string, calls ...Call) (*Batch, error) {
	if len(calls) == 0 {
		return nil, errors.New("a batch without calls")
	}
	if strings.ContainsFunc(name+description, func(r rune) bool { return r < ' ' || r > '~' }) {
		return nil, errors.New("name and description of a batch are printable ASCII")
	}
	b := &Batch{
		Version: formatVersion, ChainID: fmt.Sprint(chainID), CreatedAt: created.UnixMilli(),
		Meta: Meta{Name: name, Description: description, Builder: builderVersion, Safe: safe.String()},
	}
	for _, c := range calls {
		t, err := c.transaction()
		if err != nil {
			return nil, fmt.Errorf("call of %s: %w", c.To, err)
		}
		b.Transactions = append(b.Transactions, t)
	}
	data, err := b.Encode()
	if err != nil {
		return nil, err
	}
	b.Meta.Checksum, err = checksum(data)
	return b, err
}

// Encode is the file.
func (b *Batch) Encode() ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(b)
	return out.Bytes(), err
}

// transaction reads the method and its arguments out of the calldata, which must be their one
// encoding.
func (c Call) transaction() (Transaction, error) {
	m, err := c.ABI.MethodById(c.Data)
	if err != nil {
		return Transaction{}, err
	}
	values, err := m.Inputs.Unpack(c.Data[4:])
	if err != nil {
		return Transaction{}, fmt.Errorf("arguments of %s: %w", m.Sig, err)
	}
	again, err := m.Inputs.Pack(values...)
	if err != nil || !bytes.Equal(again, c.Data[4:]) {
		return Transaction{}, fmt.Errorf("arguments of %s are not encoded as they should be", m.Sig)
	}
	t := Transaction{
		To: c.To.String(), Value: "0", Data: hexutil.Encode(c.Data),
		Method: Method{Name: m.RawName, Payable: m.IsPayable(), Inputs: []Input{}}, Inputs: map[string]string{},
	}
	for i, in := range m.Inputs {
		t.Method.Inputs = append(t.Method.Inputs, Input{in.Type.String(), in.Name, in.Type.String()})
		if t.Inputs[in.Name], err = text(values[i]); err != nil {
			return Transaction{}, fmt.Errorf("argument %s of %s: %w", in.Name, m.Sig, err)
		}
	}
	return t, nil
}

// text writes an argument as the Transaction Builder takes it.
func text(value any) (string, error) {
	switch v := value.(type) {
	case common.Address:
		return v.Hex(), nil
	case [32]byte:
		return hexutil.Encode(v[:]), nil
	case *big.Int:
		return v.String(), nil
	case uint64:
		return fmt.Sprint(v), nil
	}
	return "", fmt.Errorf("a %T cannot be written", value)
}
