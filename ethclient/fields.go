package ethclient

import (
	"bytes"
	"fmt"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// fields are the values of one event by the names that the contract gives them.
type fields struct {
	values map[string]any
	err    error
}

// readFields unpacks a log and refuses one that does not pack to the same bytes again.
func readFields(event *abi.Event, l *types.Log) (*fields, error) {
	var indexed abi.Arguments
	for _, in := range event.Inputs {
		if in.Indexed {
			indexed = append(indexed, in)
		}
	}
	plain := event.Inputs.NonIndexed()
	wrong := fmt.Errorf("%s event with %d topics and %d bytes: %w", event.Name, len(l.Topics), len(l.Data), ErrMalformed)
	if len(l.Topics) != len(indexed)+1 {
		return nil, wrong
	}
	list, err := plain.Unpack(l.Data)
	if err != nil {
		return nil, wrong
	}
	if again, err := plain.Pack(list...); err != nil || !bytes.Equal(again, l.Data) {
		return nil, wrong
	}
	f := &fields{values: map[string]any{}}
	if err := abi.ParseTopicsIntoMap(f.values, indexed, l.Topics[1:]); err != nil {
		return nil, wrong
	}
	for i, in := range indexed {
		again, err := abi.Arguments{in}.Pack(f.values[in.Name])
		if err != nil || !bytes.Equal(again, l.Topics[1+i][:]) {
			return nil, wrong
		}
	}
	for i, in := range plain {
		f.values[in.Name] = list[i]
	}
	return f, nil
}

func field[T any](f *fields, name string) (v T) {
	v, ok := f.values[name].(T)
	if !ok && f.err == nil {
		f.err = fmt.Errorf("field %s: %w", name, ErrMalformed)
	}
	return v
}

// text writes every field as a person would: numbers in decimal, addresses in their EIP-55
// spelling, words in hex.
func (f *fields) text() map[string]string {
	out := make(map[string]string, len(f.values))
	for name, v := range f.values {
		switch v := v.(type) {
		case common.Address:
			out[name] = v.Hex()
		case [32]byte:
			out[name] = common.Hash(v).Hex()
		default:
			out[name] = fmt.Sprint(v)
		}
	}
	return out
}
