package contracts_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"oxenswap/ethclient/contracts"
	"oxenswap/ethclient/sender/bindings"
)

func TestDeploySaysEverything(t *testing.T) {
	w := newWorld(t, 0)
	w.expect("token", w.token.Hex())
	w.expect("owner", w.owner.addr.Hex())
	w.expect("pendingOwner", common.Address{}.Hex())
	w.expect("publisher", w.publisher.addr.Hex())
	w.expect("guardian", w.guardian.addr.Hex())
	w.expect("activationDelay", fmt.Sprint(delay))
	w.expect("termsCloseAt", fmt.Sprint(termsClose))
	w.expect("closesAt", fmt.Sprint(closing))
	w.expect("paused", "false")
	w.expect("pausedAt", "0")
	w.expect("totalClaimed", "0")
	w.expect("lastProposed", "0")
	if id := w.view("migrationId")[0].([8]byte); id != w.settings().MigrationId {
		t.Errorf("migration id %x", id)
	}

	r := w.send(w.deployer, nil, append(bytes.Clone(contracts.Distributor().Bytecode), w.d.PackConstructor(w.settings())...))
	w.addr = r.ContractAddress
	want := fmt.Sprintf(`OwnershipTransferred previousOwner=%v newOwner=%v
PublisherChanged previous=%v publisher=%v
GuardianChanged previous=%v guardian=%v
ClosesAtMoved previous=0 closesAt=%d`, common.Address{}, w.owner.addr, common.Address{}, w.publisher.addr, common.Address{}, w.guardian.addr, closing)
	if got := w.events(r); got != want {
		t.Errorf("events:\n%s\nwant:\n%s", got, want)
	}
}

func TestDeployRefuses(t *testing.T) {
	w := newWorld(t, 0)
	eight := w.create(loadArtifact(t, "EightDecimals").Bytecode, nil)
	none := w.create(loadArtifact(t, "NoDecimals").Bytecode, nil)
	nobody := common.HexToAddress("0x1234567890123456789012345678901234567890")
	const huge = math.MaxUint64
	now := w.head().Time
	latest := now + 20*365*day

	type S = bindings.SessionTokenDistributorSettings
	for name, c := range map[string]struct {
		change func(*S)
		want   string
	}{
		"token without code":  {func(s *S) { s.Token = nobody }, fmt.Sprintf("TokenHasNoCode[%v]", nobody)},
		"token of 8 decimals": {func(s *S) { s.Token = eight }, fmt.Sprintf("WrongDecimals[%v 8]", eight)},
		"token of none":       {func(s *S) { s.Token = none }, fmt.Sprintf("WrongDecimals[%v 0]", none)},
		"no owner":            {func(s *S) { s.Owner = common.Address{} }, fmt.Sprintf("OwnableInvalidOwner[%v]", common.Address{})},
		"no publisher":        {func(s *S) { s.Publisher = common.Address{} }, fmt.Sprintf("RoleNotAllowed[%v]", common.Address{})},
		"no guardian":         {func(s *S) { s.Guardian = common.Address{} }, fmt.Sprintf("RoleNotAllowed[%v]", common.Address{})},
		"publisher is owner":  {func(s *S) { s.Publisher = s.Owner }, fmt.Sprintf("RoleNotAllowed[%v]", w.owner.addr)},
		"guardian is owner":   {func(s *S) { s.Guardian = s.Owner }, fmt.Sprintf("RoleNotAllowed[%v]", w.owner.addr)},
		"guardian publishes":  {func(s *S) { s.Guardian = s.Publisher }, fmt.Sprintf("RoleNotAllowed[%v]", w.publisher.addr)},
		"owner is the token":  {func(s *S) { s.Owner = s.Token }, fmt.Sprintf("RoleNotAllowed[%v]", w.token)},
		"no delay":            {func(s *S) { s.ActivationDelay = 0 }, fmt.Sprintf("DelayOutOfRange[0 %d]", 90*day)},
		"delay too long":      {func(s *S) { s.ActivationDelay = 90*day + 1 }, fmt.Sprintf("DelayOutOfRange[%d %d]", 90*day+1, 90*day)},
		"no terms":            {func(s *S) { s.TermsCloseAt = 0 }, "SettingMissing[]"},
		"no migration":        {func(s *S) { s.MigrationId = [8]byte{} }, "SettingMissing[]"},
		"closes 1 s too soon": {func(s *S) { s.ClosesAt = closing - 1 }, fmt.Sprintf("ClosesTooEarly[%d %d]", closing-1, closing)},
		"closes in the past": {func(s *S) { s.ClosesAt = now; s.TermsCloseAt = 1 },
			fmt.Sprintf("ClosesTooEarly[%d %d]", now, now+1)},
		"closes in ms":     {func(s *S) { s.ClosesAt = closing * 1000 }, fmt.Sprintf("ClosesTooLate[%d %d]", closing*1000, latest)},
		"terms never end":  {func(s *S) { s.TermsCloseAt = huge }, fmt.Sprintf("ClosesTooEarly[%d 18446744073717327615]", closing)},
		"closes at 2^64":   {func(s *S) { s.ClosesAt = huge }, fmt.Sprintf("ClosesTooLate[%v %d]", uint64(huge), latest)},
		"longest possible": {func(s *S) { s.ClosesAt = latest; s.ActivationDelay = 90 * day }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := w.settings()
			c.change(&s)
			_, err := w.c.CallContract(context.Background(), ethereum.CallMsg{
				From: w.deployer.addr, Data: append(bytes.Clone(contracts.Distributor().Bytecode), w.d.PackConstructor(s)...),
			}, nil)
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if got := revertName(t, err); got != c.want {
				t.Errorf("reverted with %s, want %s", got, c.want)
			}
		})
	}
}

func TestCodeOnChainIsRecognised(t *testing.T) {
	w := newWorld(t, 0)
	code, err := w.c.CodeAt(context.Background(), w.addr, nil)
	w.must(err)
	im, err := contracts.ReadImmutables(code)
	w.must(err)
	want := contracts.Immutables{Token: w.token, ActivationDelay: delay, TermsCloseAt: termsClose, MigrationID: w.settings().MigrationId}
	if im != want {
		t.Errorf("immutables %+v, want %+v", im, want)
	}
	if got := contracts.CodeHash(im); got != crypto.Keccak256Hash(code) {
		t.Errorf("code hash %v", got)
	}
	if im.MigrationID.String() != "1166f61c0c9abbf6" {
		t.Errorf("migration id %v", im.MigrationID)
	}

	// Every other byte counts, and so does every copy of an immutable.
	for i := range code {
		other := bytes.Clone(code)
		other[i] ^= 0x80
		if got, err := contracts.ReadImmutables(other); err == nil && got == im {
			t.Fatalf("byte %d may be changed unnoticed", i)
		}
	}
	tokenCode, err := w.c.CodeAt(context.Background(), w.token, nil)
	w.must(err)
	for _, other := range [][]byte{nil, code[1:], append(bytes.Clone(code), 0), tokenCode} {
		if _, err := contracts.ReadImmutables(other); !errors.Is(err, contracts.ErrOtherCode) {
			t.Errorf("%d bytes of other code: %v", len(other), err)
		}
	}
}

func TestTestToken(t *testing.T) {
	w := newWorld(t, 5)
	a := &contracts.TestToken().ABI
	got := fmt.Sprint(w.viewOf(w.token, a, "name"), w.viewOf(w.token, a, "symbol"), w.viewOf(w.token, a, "decimals"), w.viewOf(w.token, a, "totalSupply"))
	if got != "[Session Token (test)] [SESH] [9] [1000000000000000000]" {
		t.Error(got)
	}
	if got := w.balance(w.deployer.addr); got != 1e18-5 {
		t.Errorf("the deployer holds %d", got)
	}
}

// TestStorageLayout holds what the gas figures rest on: everything that a claim reads, besides the
// root and the account's own slot, lies in one slot, and so does everything of a proposal besides
// its root.
func TestStorageLayout(t *testing.T) {
	w := newWorld(t, 1000)
	tree := w.tree(100, 200)
	w.publish(3, tree)
	w.do(w.stranger, w.claimData(tree, 0))
	w.do(w.publisher, w.proposal(9, w.tree(100, 200, 300)))
	activatesAt := w.head().Time + delay
	w.do(w.guardian, w.d.PackPause())

	slot := func(n int64) *big.Int {
		v, err := w.c.StorageAt(context.Background(), w.addr, common.BigToHash(big.NewInt(n)), nil)
		w.must(err)
		return new(big.Int).SetBytes(v)
	}
	field := func(word *big.Int, shift, bits uint) *big.Int {
		mask := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), bits), big.NewInt(1))
		return new(big.Int).And(new(big.Int).Rsh(word, shift), mask)
	}
	live, pending := slot(4), slot(5)
	got := fmt.Sprint("claimed ", field(live, 0, 88), " total ", field(live, 88, 88), " closesAt ", field(live, 176, 40),
		" round ", field(live, 216, 32), " paused ", field(live, 248, 8),
		"; total ", field(pending, 0, 88), " activatesAt ", field(pending, 88, 40), " round ", field(pending, 128, 32))
	want := fmt.Sprintf("claimed 100 total 300 closesAt %d round 3 paused 1; total 600 activatesAt %d round 9",
		closing, activatesAt)
	if got != want {
		t.Errorf("slots: %s\nwant:  %s", got, want)
	}
}
