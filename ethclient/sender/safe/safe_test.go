package safe

import (
	"encoding/json"
	"math/big"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"oxenswap/ethclient/contracts"
	"oxenswap/swap"
)

// TestChecksumVector is the Transaction Builder's own vector
// (apps/tx-builder/src/lib/checksum.test.ts).
func TestChecksumVector(t *testing.T) {
	file, err := os.ReadFile("testdata/vector.json")
	must(t, err)
	const want = "0x86c81826dbf7e8a37612153294cc85fdf5c81998dd0a44b86d945502a7eace7c"
	for name, text := range map[string]string{
		"as published": string(file),
		"with another": strings.Replace(string(file), `"checksum": ""`, `"checksum": "0x12"`, 1),
		"renamed":      strings.Replace(string(file), "test batch file", "another name", 1),
	} {
		got, err := checksum([]byte(text))
		must(t, err)
		if got != want {
			t.Errorf("%s: %s, expected %s", name, got, want)
		}
	}
	got, err := checksum([]byte(strings.Replace(string(file), "2000000000000000000", "2000000000000000001", 1)))
	must(t, err)
	if got == want {
		t.Error("another value has the same checksum")
	}
}

var (
	safeAddress = swap.EVMAddress{0xaa}
	created     = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
)

// calls are one of every kind.
func calls(t *testing.T) []Call {
	t.Helper()
	d, token := contracts.Distributor(), contracts.TestToken()
	pack := func(a *contracts.Artifact, method string, args ...any) Call {
		data, err := a.ABI.Pack(method, args...)
		must(t, err)
		return Call{To: swap.EVMAddress{0xd1}, ABI: &a.ABI, Data: data}
	}
	large, _ := new(big.Int).SetString("115792089237316195423570985008687907853269984665640564039457584007913129639935", 10)
	return []Call{
		pack(token, "transfer", common.Address{0xd1}, large),
		pack(d, "propose", uint64(3), [32]byte{1}, big.NewInt(7_000_000_000), uint64(18446744073709551615), [32]byte{2}),
		pack(d, "unpause"),
		pack(d, "moveClosesAt", uint64(2_100_000_000)),
		pack(d, "sweep", common.Address{0xee}),
	}
}

func TestBatch(t *testing.T) {
	b, err := New(42161, created, safeAddress, "oxenswap: round 3", "a description <&>", calls(t)...)
	must(t, err)
	file, err := b.Encode()
	must(t, err)
	again, err := New(42161, created, safeAddress, "oxenswap: round 3", "a description <&>", calls(t)...)
	must(t, err)
	same, err := again.Encode()
	must(t, err)
	if string(file) != string(same) {
		t.Error("two files of the same batch differ")
	}
	golden, err := os.ReadFile("testdata/batch.json") // its checksum was computed by the algorithm in JavaScript
	must(t, err)
	if string(file) != string(golden) {
		t.Errorf("%s\ndiffers from testdata/batch.json", file)
	}

	if got, err := checksum(file); err != nil || got != b.Meta.Checksum {
		t.Errorf("the importer computes %s, %v; the file says %v", got, err, b.Meta.Checksum)
	}

	// The method and its values say what the calldata does.
	var read Batch
	must(t, json.Unmarshal(file, &read))
	if !reflect.DeepEqual(&read, b) {
		t.Errorf("read back: %+v", read)
	}
	for i, c := range calls(t) {
		got := read.Transactions[i]
		if got.Data != hexutil.Encode(c.Data) || got.Value != "0" || got.To != c.To.String() {
			t.Errorf("a call: got %+v, want its data to its address without value", got)
		}
		m := c.ABI.Methods[got.Method.Name]
		values, err := m.Inputs.Unpack(c.Data[4:])
		must(t, err)
		if len(got.Inputs) != len(values) || len(got.Method.Inputs) != len(values) {
			t.Errorf("%s has %d values and %d inputs", m.Sig, len(got.Inputs), len(got.Method.Inputs))
		}
		for j, in := range got.Method.Inputs {
			want, err := text(values[j])
			must(t, err)
			if in.Name != m.Inputs[j].Name || in.Type != m.Inputs[j].Type.String() || got.Inputs[in.Name] != want {
				t.Errorf("%s: input %+v = %s", m.Sig, in, got.Inputs[in.Name])
			}
		}
	}
}

func TestBatchRefuses(t *testing.T) {
	good := calls(t)[1]
	short, long, dirty, unknown := good, good, calls(t)[3], good
	short.Data = good.Data[:len(good.Data)-1]
	long.Data = append(append([]byte{}, good.Data...), 0)
	dirty.Data = append([]byte{}, dirty.Data...)
	dirty.Data[4] = 1 // above the uint64
	unknown.Data = append([]byte{1, 2, 3, 4}, good.Data[4:]...)
	batch := contracts.Distributor().ABI
	data, err := batch.Pack("claimBatch", []common.Address{{1}}, []*big.Int{big.NewInt(1)}, [][32]byte{}, []bool{})
	must(t, err)
	for _, c := range []struct {
		name, words string
		calls       []Call
	}{
		{"nothing to do", "without calls", nil},
		{"short calldata", "arguments of propose", []Call{short}},
		{"long calldata", "not encoded as they should be", []Call{long}},
		{"a number too large", "arguments of moveClosesAt", []Call{dirty}},
		{"another method", "no method", []Call{unknown}},
		{"no method", "", []Call{{ABI: good.ABI, Data: []byte{1}}}},
		{"arguments that cannot be shown", "cannot be written", []Call{{ABI: &batch, Data: data}}},
	} {
		if _, err := New(1, created, safeAddress, "", "", c.calls...); err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: error %v, want one about %q", c.name, err, c.words)
		}
	}
	for _, text := range []string{"two\nlines", "\u2028", "é"} {
		if _, err := New(1, created, safeAddress, "", text, good); err == nil {
			t.Errorf("description %q was taken", text)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
