package cryptonote

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"

	"filippo.io/edwards25519"
)

type recordedStakes struct {
	Locked []struct {
		Node        PublicKey
		Contributor string
		Image       KeyImage
		Key         PublicKey
		Amount      uint64
	}
	Transactions []struct {
		ID     TxID
		Pruned hexBytes
		Hash   hexBytes `json:"prunable_hash"`
	}
}

// TestStakesOfRecordings: transactions alone give what get_service_nodes lists.
func TestStakesOfRecordings(t *testing.T) {
	var recorded recordedStakes
	loadZipped(t, "stakes.json.gz", &recorded)
	listed, registrations, coins := 0, 0, 0
	for _, r := range recorded.Transactions {
		tx, err := ParsePrunedTransaction(r.Pruned, [32]byte(r.Hash))
		if err != nil || tx.Hash() != r.ID {
			t.Fatal(r.ID, err)
		}
		s, err := tx.Stake(context.Background(), Fakechain)
		if err != nil || len(s.Locked) != 1 || tx.Type != TxStake {
			t.Fatalf("%v: %+v, %v", r.ID, s, err)
		}
		if s.Registers {
			registrations++
		}
		coins += len(s.Locked)
		for _, want := range recorded.Locked {
			coin := s.Locked[0]
			if want.Image != coin.KeyImage {
				continue
			}
			listed++
			if s.Node != want.Node || s.Contributor.String() != want.Contributor || coin.Key != want.Key || coin.Amount != want.Amount {
				t.Errorf("%v: %+v, the daemon lists %+v", r.ID, s, want)
			}
		}
	}
	t.Logf("%d stakes, %d registrations, %d of %d listed ones", coins, registrations, listed, len(recorded.Locked))
	if coins != 29 || registrations < 10 || listed < 20 {
		t.Errorf("%d stakes, %d registrations, %d listed", coins, registrations, listed)
	}
}

// A stakeScene is a wallet's stake of three outputs, between one that is a stranger's and one of 0.
type stakeScene struct {
	*scene
	tx     *Transaction
	secret *edwards25519.Scalar
	proofs []imageProof
	node   PublicKey
}

func newStakeScene(t testing.TB) *stakeScene {
	s := &stakeScene{scene: emptyScene(t)}
	s.node = publicKey(s.scalar())
	s.secret = s.scalar()
	s.tx = &Transaction{Version: 4, Type: TxStake, RingCT: RingCTCLSAG, Inputs: []TxInput{{offsets: []byte{1}}}, prunable: s.bytes(64)}
	own, other := s.w.Address(), s.other.Address()
	for i, o := range []plannedOutput{{to: own, amount: 5}, {to: other, amount: 7}, {to: own, amount: 11}, {to: own}, {to: own, amount: 13}} {
		derived := derivationScalar(new(edwards25519.Point).ScalarMult(s.secret, s.point(o.to.View)), uint64(i))
		q := new(edwards25519.Point).ScalarBaseMult(derived)
		s.tx.Outputs = append(s.tx.Outputs, TxOutput{Key: PublicKey(q.Add(q, s.point(o.to.Spend)).Bytes())})
		s.tx.UnlockTimes = append(s.tx.UnlockTimes, 0)
		s.hide(s.tx, o, derived.Bytes())
		if o.to == own {
			s.proofs = append(s.proofs, s.proofOf(i, nil))
		}
	}
	s.write()
	return s
}

// proofOf signs the key image of output i, plus torsion if there is one.
func (s *stakeScene) proofOf(i int, torsion *edwards25519.Point) imageProof {
	own := s.w.Address()
	derived := derivationScalar(new(edwards25519.Point).ScalarMult(s.secret, s.point(own.View)), uint64(i))
	secret := s.w.oneTimeSecret(derived, SubaddressIndex{})
	base := hashToPoint(s.tx.Outputs[i].Key)
	image := new(edwards25519.Point).ScalarMult(secret, base)
	if torsion != nil {
		image.Add(image, torsion)
	}
	p := imageProof{image: KeyImage(image.Bytes())}
	p.signature = s.grind(secret, base, func(left, right []byte) *edwards25519.Scalar { return HashToScalar(p.image[:], left, right) })
	return p
}

// write puts the fields into extra: the proofs last of all.
func (s *stakeScene) write() {
	own := s.w.Address()
	s.tx.Extra = slices.Concat(s.keyField(), []byte{ExtraNodeKey}, s.node[:], []byte{ExtraNodeContributor}, own.Spend[:], own.View[:],
		[]byte{ExtraSecretKey}, s.secret.Bytes(), []byte{ExtraKeyImageProofs, byte(len(s.proofs))})
	for _, p := range s.proofs {
		s.tx.Extra = slices.Concat(s.tx.Extra, p.image[:], p.signature[:])
	}
}

func (s *stakeScene) locked() (amounts []uint64) {
	s.t.Helper()
	stake, err := s.tx.Stake(context.Background(), Mainnet)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range stake.Locked {
		amounts = append(amounts, c.Amount)
		if s.tx.Outputs[c.Index].Key != c.Key {
			s.t.Errorf("%+v", c)
		}
	}
	return amounts
}

func TestStake(t *testing.T) {
	s := newStakeScene(t)
	stake, err := s.tx.Stake(context.Background(), Mainnet)
	if err != nil || stake.Node != s.node || stake.Contributor != s.w.Address() || stake.Registers || len(stake.Locked) != 3 {
		t.Fatalf("%+v, %v", stake, err)
	}
	for i, want := range []StakedCoin{{Index: 0, Amount: 5}, {Index: 2, Amount: 11}, {Index: 4, Amount: 13}} {
		want.Key, want.KeyImage = s.tx.Outputs[want.Index].Key, s.proofOf(int(want.Index), nil).image
		if stake.Locked[i] != want {
			t.Errorf("%+v, want %+v", stake.Locked[i], want)
		}
	}
	blob, err := s.tx.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if read, err := ParseTransaction(blob); err != nil || read.Hash() != s.tx.Hash() {
		t.Errorf("read as %+v, %v", read, err)
	}
}

// TestStakesThatAreNot changes a stake of 5, 11 and 13.
func TestStakesThatAreNot(t *testing.T) {
	for name, c := range map[string]struct {
		change func(s *stakeScene)
		want   []uint64
	}{
		"proofs in another order": {func(s *stakeScene) { slices.Reverse(s.proofs); s.write() }, []uint64{5, 11, 13}},
		"a proof changed":         {func(s *stakeScene) { s.proofs[1].signature[3] ^= 1; s.write() }, []uint64{5, 13}},
		"an image changed":        {func(s *stakeScene) { s.proofs[0].image[3] ^= 1; s.write() }, []uint64{11, 13}},
		"no proofs":               {func(s *stakeScene) { s.proofs = nil; s.write() }, nil},
		"one proof three times":   {func(s *stakeScene) { s.proofs[1], s.proofs[3] = s.proofs[0], s.proofs[0]; s.write() }, []uint64{5}},
		"hidden amount changed":   {func(s *stakeScene) { s.tx.hidden[7] ^= 1 }, []uint64{11, 13}},
		"commitment changed":      {func(s *stakeScene) { s.tx.commits[32*2] ^= 1 }, []uint64{5, 13}},
		"one-time key changed":    {func(s *stakeScene) { s.tx.Outputs[4].Key[1] ^= 1 }, []uint64{5, 11}},
		"outputs swapped":         {func(s *stakeScene) { o := s.tx.Outputs; o[0], o[2] = o[2], o[0] }, []uint64{13}},
		"another secret key":      {func(s *stakeScene) { s.secret = s.scalar(); s.write() }, nil},
		"another's address":       {func(s *stakeScene) { s.w = s.other; s.write() }, nil},
		"amounts in clear":        {func(s *stakeScene) { s.tx.RingCT = RingCTNull }, nil},
		"second fields": {func(s *stakeScene) {
			s.tx.Extra = slices.Concat(s.tx.Extra, []byte{ExtraSecretKey}, s.scalar().Bytes(), []byte{ExtraNodeContributor}, make([]byte, 64), []byte{ExtraKeyImageProofs, 0})
		}, []uint64{5, 11, 13}},
		"other fields first": {func(s *stakeScene) {
			s.tx.Extra = slices.Concat([]byte{ExtraSecretKey}, s.scalar().Bytes(), s.tx.Extra)
		}, nil},
	} {
		s := newStakeScene(t)
		c.change(s)
		if got := s.locked(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestStakeOfTorsion: Oxen locks a key image of any order, once for each proof that fits; which of
// them counts is for whoever reads the stake.
func TestStakeOfTorsion(t *testing.T) {
	for i, low := range torsionPoints(t) {
		if i == 0 {
			continue
		}
		s := newStakeScene(t)
		s.proofs[1] = s.proofOf(2, low)
		s.write()
		if got := s.locked(); !slices.Equal(got, []uint64{5, 11, 13}) {
			t.Errorf("[%d]T: %v", i, got)
		}
		stake, err := s.tx.Stake(context.Background(), Mainnet)
		if err != nil {
			t.Fatal(err)
		}
		if image := stake.Locked[1].KeyImage; image != s.proofs[1].image || ReasonOf(PublicKey(image).Check()) != ErrTorsion {
			t.Errorf("[%d]T: image %v", i, image)
		}
	}
}

func TestRefusedStakes(t *testing.T) {
	s := newStakeScene(t)
	own := s.w.Address()
	low := torsionPoints(t)[3].Bytes()
	without := func(tag byte) []byte {
		var b []byte
		for f := range ExtraFields(s.tx.Extra) {
			if f.Tag != tag {
				b = append(append(b, f.Tag), f.Data...)
			}
		}
		return b
	}
	for name, c := range map[string]struct {
		extra []byte
		want  Reason
	}{
		"nothing":             {nil, ErrNoNode},
		"no node":             {without(ExtraNodeKey), ErrNoNode},
		"no contributor":      {without(ExtraNodeContributor), ErrNoContributor},
		"no secret key":       {without(ExtraSecretKey), ErrNoTxSecret},
		"cut contributor":     {slices.Concat([]byte{ExtraNodeKey}, s.node[:], []byte{ExtraNodeContributor}, own.Spend[:]), ErrNoContributor},
		"behind rubbish":      {append([]byte{0xee}, s.tx.Extra...), ErrNoNode},
		"secret key of L":     {append(without(ExtraSecretKey), append([]byte{ExtraSecretKey}, orderL[:]...)...), ErrTxSecret},
		"spend key off curve": {slices.Concat(without(ExtraNodeContributor), []byte{ExtraNodeContributor, 2}, make([]byte, 31), own.View[:]), ErrContributor},
		"view key off curve":  {slices.Concat(without(ExtraNodeContributor), []byte{ExtraNodeContributor}, own.Spend[:], []byte{2}, make([]byte, 31)), ErrContributor},
		"view key of order 8": {slices.Concat(without(ExtraNodeContributor), []byte{ExtraNodeContributor}, own.Spend[:], low), ""},
	} {
		tx := *s.tx
		tx.Extra = c.extra
		if stake, err := tx.Stake(context.Background(), Mainnet); ReasonOf(err) != c.want || err == nil && len(stake.Locked) > 0 {
			t.Errorf("%s: %+v, %v, want %q", name, stake, err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if stake, err := s.tx.Stake(ctx, Mainnet); !errors.Is(err, context.Canceled) || stake != nil {
		t.Errorf("canceled: %+v, %v", stake, err)
	}
}

// FuzzStake: whatever is in extra, only what the wallet has staked is locked.
func FuzzStake(f *testing.F) {
	s := newStakeScene(f)
	f.Add(s.tx.Extra)
	f.Add([]byte{})
	f.Add(everyField())
	f.Fuzz(func(t *testing.T, extra []byte) {
		tx := *s.tx
		tx.Extra = extra
		stake, err := tx.Stake(context.Background(), Mainnet)
		if err != nil {
			if ReasonOf(err) == "" {
				t.Errorf("no reason: %v", err)
			}
			return
		}
		for _, c := range stake.Locked {
			if tx.Outputs[c.Index].Key != c.Key || c.Amount == 0 || !bytes.Contains(extra, c.KeyImage[:]) || c.Index == 1 {
				t.Errorf("%+v", c)
			}
		}
	})
}
