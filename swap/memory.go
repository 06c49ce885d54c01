package swap

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sort"
	"time"
)

// Memory are WritableTables in memory, for the auditor and for tests. The zero value is empty. It
// is not safe for concurrent use.
type Memory struct {
	migration   *Migration
	times       []int64 // of entries, in nanoseconds since 1970
	snapshots   map[uint64]Snapshot
	balances    map[uint64][]Balance
	heights     []uint64 // of balances, ascending
	claims      []claimRow
	claimAt     map[uint64]int32  // index, by entry
	latest      map[Account]int32 // index of the account's claim with the highest sequence
	refused     map[Hash]uint64
	proofs      map[uint64]*Proof
	byAccount   map[Account][]*Proof // by entry
	images      map[Hash]uint64
	rounds      []Round // by number
	allocations map[uint64][]Allocation
	attempts    map[Hash]*Attempt
	order       []*Attempt // by entry
	intents     map[Intent][]*Attempt
	logs        map[logKey]uint64
	lastLog     *LogPosition
	payouts     []Payout
}

// claimRow is a claim with the index of its account's claim with the next lower sequence; -1: there
// is none.
type claimRow struct {
	Claim
	lower int32
}

type logKey struct {
	tx    Hash
	index uint64
}

var _ WritableTables = (*Memory)(nil)

// Migration implements Tables.
func (t *Memory) Migration() (Migration, error) {
	if t.migration == nil {
		return Migration{}, ErrNotFound
	}
	return *t.migration, nil
}

// EntryTime implements Tables.
func (t *Memory) EntryTime(seq uint64) (time.Time, error) {
	if seq >= uint64(len(t.times)) {
		return time.Time{}, ErrNotFound
	}
	return time.Unix(0, t.times[seq]).UTC(), nil
}

// SetEntryTime implements WritableTables.
func (t *Memory) SetEntryTime(seq uint64, at time.Time) error {
	for uint64(len(t.times)) <= seq { // an entry that was refused has none
		t.times = append(t.times, at.UnixNano())
	}
	return nil
}

// SetMigration implements WritableTables.
func (t *Memory) SetMigration(m Migration) error {
	t.migration = &m
	return nil
}

// Snapshot implements Tables.
func (t *Memory) Snapshot(height uint64) (Snapshot, error) {
	s, ok := t.snapshots[height]
	if !ok {
		return s, ErrNotFound
	}
	return s, nil
}

// Snapshots implements Tables.
func (t *Memory) Snapshots() ([]Snapshot, error) {
	return slices.SortedFunc(maps.Values(t.snapshots), func(a, b Snapshot) int { return cmp.Compare(a.Height, b.Height) }), nil
}

// SetSnapshot implements WritableTables.
func (t *Memory) SetSnapshot(s Snapshot) error {
	put(&t.snapshots, s.Height, s)
	return nil
}

// Balances implements Tables.
func (t *Memory) Balances(height uint64, visit func(Balance) error) error {
	return each(t.balances[height], visit)
}

// AccountBalances implements Tables.
func (t *Memory) AccountBalances(a Account) (out []HeightBalance, err error) {
	for _, height := range t.heights {
		rows := t.balances[height]
		i := sort.Search(len(rows), func(i int) bool { return rows[i].Account >= a })
		if i < len(rows) && rows[i].Account == a {
			out = append(out, HeightBalance{height, t.snapshots[height].Status, rows[i]})
		}
	}
	return out, nil
}

// SetBalances implements WritableTables.
func (t *Memory) SetBalances(height uint64, rows []Balance) error {
	put(&t.balances, height, slices.Clone(rows))
	if i, ok := slices.BinarySearch(t.heights, height); !ok {
		t.heights = slices.Insert(t.heights, i, height)
	}
	return nil
}

// accountClaims are an account's claims, from the highest sequence down.
func (t *Memory) accountClaims(a Account) iter.Seq[*claimRow] {
	return func(yield func(*claimRow) bool) {
		i, ok := t.latest[a]
		for ok && i >= 0 && yield(&t.claims[i]) {
			i = t.claims[i].lower
		}
	}
}

// Claim implements Tables.
func (t *Memory) Claim(a Account, sequence uint32) (Claim, error) {
	for c := range t.accountClaims(a) {
		if c.Sequence == sequence {
			return c.Claim, nil
		}
	}
	return Claim{}, ErrNotFound
}

// ClaimAt implements Tables.
func (t *Memory) ClaimAt(entry uint64) (Claim, error) {
	i, ok := t.claimAt[entry]
	if !ok {
		return Claim{}, ErrNotFound
	}
	return t.claims[i].Claim, nil
}

// LatestClaim implements Tables.
func (t *Memory) LatestClaim(a Account) (Claim, error) {
	for c := range t.accountClaims(a) {
		return c.Claim, nil
	}
	return Claim{}, ErrNotFound
}

// LatestClaims implements Tables.
func (t *Memory) LatestClaims(visit func(Claim) error) error {
	for _, a := range slices.Sorted(maps.Keys(t.latest)) {
		if err := visit(t.claims[t.latest[a]].Claim); err != nil {
			return err
		}
	}
	return nil
}

// SetClaim implements WritableTables.
func (t *Memory) SetClaim(c Claim) error {
	row := claimRow{c, -1}
	var higher *claimRow
	for other := range t.accountClaims(c.Account) {
		if other.Sequence < c.Sequence {
			break
		}
		higher = other
	}
	at := int32(len(t.claims))
	if higher != nil {
		row.lower, higher.lower = higher.lower, at
	} else {
		if below, ok := t.latest[c.Account]; ok {
			row.lower = below
		}
		put(&t.latest, c.Account, at)
	}
	put(&t.claimAt, c.Entry, at)
	t.claims = append(t.claims, row)
	return nil
}

// RefusedClaim implements Tables.
func (t *Memory) RefusedClaim(h Hash) (uint64, error) { return get(t.refused, h) }

// SetRefusedClaim implements WritableTables.
func (t *Memory) SetRefusedClaim(h Hash, entry uint64) error {
	put(&t.refused, h, entry)
	return nil
}

// Proof implements Tables.
func (t *Memory) Proof(received uint64) (Proof, error) {
	p, ok := t.proofs[received]
	if !ok {
		return Proof{}, ErrNotFound
	}
	return *p, nil
}

// HandedIn implements Tables.
func (t *Memory) HandedIn(a Account, proof Hash) (Proof, error) {
	for _, p := range slices.Backward(t.byAccount[a]) {
		if p.Proof == proof {
			return *p, nil
		}
	}
	return Proof{}, ErrNotFound
}

// Proofs implements Tables.
func (t *Memory) Proofs(visit func(Proof) error) error {
	for _, a := range slices.Sorted(maps.Keys(t.byAccount)) {
		if err := each(values(t.byAccount[a]), visit); err != nil {
			return err
		}
	}
	return nil
}

// AccountProofs implements Tables.
func (t *Memory) AccountProofs(a Account) ([]Proof, error) { return values(t.byAccount[a]), nil }

// SetProof implements WritableTables.
func (t *Memory) SetProof(p Proof) error {
	if known, ok := t.proofs[p.Received]; ok {
		*known = p
		return nil
	}
	row := &p
	put(&t.proofs, p.Received, row)
	put(&t.byAccount, p.Account, append(t.byAccount[p.Account], row))
	return nil
}

// KeyImage implements Tables.
func (t *Memory) KeyImage(image Hash) (uint64, error) { return get(t.images, image) }

// SetKeyImages implements WritableTables.
func (t *Memory) SetKeyImages(received uint64, images []Hash) error {
	for n, i := range images {
		if other, ok := t.images[i]; ok {
			for _, mine := range images[:n] {
				delete(t.images, mine)
			}
			return fmt.Errorf("key image %s was counted before, for the proof of entry %d", i, other)
		}
		put(&t.images, i, received)
	}
	return nil
}

// FreeKeyImages implements WritableTables.
func (t *Memory) FreeKeyImages(received uint64) error {
	maps.DeleteFunc(t.images, func(_ Hash, r uint64) bool { return r == received })
	return nil
}

// Round implements Tables.
func (t *Memory) Round(number uint64) (Round, error) {
	for _, r := range t.rounds {
		if r.Round == number {
			return r, nil
		}
	}
	return Round{}, ErrNotFound
}

// Rounds implements Tables.
func (t *Memory) Rounds() ([]Round, error) { return slices.Clone(t.rounds), nil }

// SetRound implements WritableTables.
func (t *Memory) SetRound(r Round) error {
	for i := range t.rounds {
		if t.rounds[i].Round == r.Round {
			t.rounds[i] = r
			return nil
		}
	}
	t.rounds = append(t.rounds, r)
	slices.SortFunc(t.rounds, func(a, b Round) int { return cmp.Compare(a.Round, b.Round) })
	return nil
}

// Allocations implements Tables.
func (t *Memory) Allocations(round uint64, visit func(Allocation) error) error {
	return each(t.allocations[round], visit)
}

// AccountAllocations implements Tables.
func (t *Memory) AccountAllocations(a Account) ([]RoundAllocation, error) {
	var out []RoundAllocation
	for _, r := range t.rounds {
		rows := t.allocations[r.Round] // by account
		i := sort.Search(len(rows), func(i int) bool { return rows[i].Account >= a })
		for ; i < len(rows) && rows[i].Account == a; i++ {
			out = append(out, RoundAllocation{r.Round, r.Status, rows[i]})
		}
	}
	return out, nil
}

// SetAllocations implements WritableTables.
func (t *Memory) SetAllocations(round uint64, rows []Allocation) error {
	put(&t.allocations, round, slices.Clone(rows))
	return nil
}

// Given implements Tables.
func (t *Memory) Given(visit func(Account, string, Sesh) error) error {
	type key struct {
		a Account
		p string
	}
	sums := map[key]Sesh{}
	for _, r := range t.rounds {
		if r.Status.Published() {
			for _, l := range t.allocations[r.Round] {
				sums[key{l.Account, l.Programme}] += l.Amount
			}
		}
	}
	keys := slices.SortedFunc(maps.Keys(sums), func(x, y key) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.p, y.p)) })
	return each(keys, func(k key) error { return visit(k.a, k.p, sums[k]) })
}

// Cumulative implements Tables.
func (t *Memory) Cumulative(visit func(EVMAddress, Sesh) error) error {
	sums := map[EVMAddress]Sesh{}
	for _, r := range t.rounds {
		if r.Status.Published() {
			for _, l := range t.allocations[r.Round] {
				sums[l.Recipient] += l.Amount
			}
		}
	}
	keys := slices.SortedFunc(maps.Keys(sums), EVMAddress.Compare)
	return each(keys, func(to EVMAddress) error { return visit(to, sums[to]) })
}

// Attempt implements Tables.
func (t *Memory) Attempt(hash Hash) (Attempt, error) {
	a, ok := t.attempts[hash]
	if !ok {
		return Attempt{}, ErrNotFound
	}
	return *a, nil
}

// Attempts implements Tables.
func (t *Memory) Attempts(i Intent) ([]Attempt, error) { return values(t.intents[i]), nil }

// NonceAttempts implements Tables.
func (t *Memory) NonceAttempts(chainID uint64, sender EVMAddress, nonce uint64) ([]Attempt, error) {
	var out []Attempt
	for _, a := range t.order {
		if a.ChainID == chainID && a.Sender == sender && a.Nonce == nonce {
			out = append(out, *a)
		}
	}
	return out, nil
}

// AllAttempts implements Tables.
func (t *Memory) AllAttempts(visit func(Attempt) error) error { return each(values(t.order), visit) }

// SetAttempt implements WritableTables.
func (t *Memory) SetAttempt(a Attempt) error {
	if known, ok := t.attempts[a.Hash]; ok {
		*known = a
		return nil
	}
	row := &a
	put(&t.attempts, a.Hash, row)
	put(&t.intents, a.Intent, append(t.intents[a.Intent], row))
	t.order = append(t.order, row)
	return nil
}

// SeenLog implements Tables.
func (t *Memory) SeenLog(tx Hash, index uint64) (uint64, error) {
	entry, ok := t.logs[logKey{tx, index}]
	if !ok {
		return 0, ErrNotFound
	}
	return entry, nil
}

// LastLog implements Tables.
func (t *Memory) LastLog() (LogPosition, error) {
	if t.lastLog == nil {
		return LogPosition{}, ErrNotFound
	}
	return *t.lastLog, nil
}

// SetSeenLog implements WritableTables.
func (t *Memory) SetSeenLog(p LogPosition, entry uint64) error {
	put(&t.logs, logKey{p.Tx, p.LogIndex}, entry)
	if t.lastLog == nil || p.Block >= t.lastLog.Block {
		t.lastLog = &p
	}
	return nil
}

// Payouts implements Tables.
func (t *Memory) Payouts(visit func(Payout) error) error { return each(t.payouts, visit) }

// SetPayout implements WritableTables.
func (t *Memory) SetPayout(p Payout) error {
	t.payouts = append(t.payouts, p)
	return nil
}

func get[K comparable, V any](m map[K]V, key K) (V, error) {
	v, ok := m[key]
	if !ok {
		return v, ErrNotFound
	}
	return v, nil
}

func put[K comparable, V any](m *map[K]V, key K, value V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[key] = value
}

func each[T any](rows []T, visit func(T) error) error {
	for _, r := range rows {
		if err := visit(r); err != nil {
			return err
		}
	}
	return nil
}

func values[T any](rows []*T) []T {
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = *r
	}
	return out
}
