package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync/atomic"

	"oxenswap/swap"
)

// termsCache keeps the terms, which never change, so that they are parsed once.
type termsCache struct{ last atomic.Pointer[parsedTerms] }

type parsedTerms struct {
	text  string
	terms *swap.Terms
}

func (c *termsCache) parse(text string) (*swap.Terms, error) {
	if p := c.last.Load(); p != nil && p.text == text {
		return p.terms, nil
	}
	terms, err := swap.ParseTerms([]byte(text))
	if err == nil {
		c.last.Store(&parsedTerms{text, terms})
	}
	return terms, err
}

// part is one row of the migration table. Rows are written only when they change: a file of legacy
// claims changes one of them at each of its claims.
type part struct {
	name  string
	value any // pointer
}

// termsPart is the row with the terms' canonical JSON.
const termsPart = "terms"

// rotationsPart is the row with the changes of the ledger's key. There is none before the first, as
// there was none when programs did not know of it.
const rotationsPart = "rotations"

// rulesPart is the row with the rules in force. There is none in the databases of before there was a
// choice, nor under the first rules.
const rulesPart = "rules"

// evidencePart is the row with the entries that name stakes' transactions, likewise.
const evidencePart = "evidence"

func parts(m *swap.Migration) []part {
	return []part{
		{"ledger_key", &m.LedgerKey}, {"config", &m.Config}, {"closes", &m.Closes}, {"legacy", &m.Legacy},
		{"settled", &m.Settled}, {"missed", &m.Missed}, {"distributor", &m.Distributor}, {"push_plans", &m.Plans}, {"alarms", &m.Alarms},
		{"rails", &m.Rails}, {"differs", &m.Differs}, {rotationsPart, &m.Rotations}, {rulesPart, &m.Rules}, {evidencePart, &m.Evidence},
	}
}

// Migration implements swap.Tables.
func (t *tables) Migration() (swap.Migration, error) {
	if t.migration == nil {
		m, err := t.readMigration()
		if err != nil {
			return swap.Migration{}, err
		}
		t.migration = &m
	}
	return cloneMigration(t.migration), nil
}

// cloneMigration copies what a caller could change by accident: maps, and the slices that it could
// append to.
func cloneMigration(m *swap.Migration) swap.Migration {
	out := *m
	out.Settled, out.Plans, out.Alarms = maps.Clone(m.Settled), maps.Clone(m.Plans), maps.Clone(m.Alarms)
	out.Differs, out.Rails.Total, out.Evidence = maps.Clone(m.Differs), maps.Clone(m.Rails.Total), maps.Clone(m.Evidence)
	out.Missed, out.Config.Operators = slices.Clip(m.Missed), slices.Clip(m.Config.Operators)
	out.Rails.Stopped, out.Rotations = slices.Clip(m.Rails.Stopped), slices.Clip(m.Rotations)
	if m.Legacy != nil {
		legacy := *m.Legacy
		out.Legacy = &legacy
	}
	if m.Distributor != nil {
		distributor := *m.Distributor
		out.Distributor = &distributor
	}
	return out
}

func (t *tables) readMigration() (m swap.Migration, err error) {
	values := map[string]string{}
	type row struct{ part, value string }
	if err := visit(t, "migration", func(r *row) []any {
		return []any{&r.part, &r.value}
	}, func(r row) error {
		values[r.part] = r.value
		return nil
	}, "SELECT part, value FROM migration"); err != nil {
		return m, err
	}
	if len(values) == 0 {
		return m, swap.ErrNotFound
	}
	for _, p := range parts(&m) {
		text, ok := values[p.name]
		if !ok {
			continue // an older program, which did not know of it, made the projections
		}
		if err := json.Unmarshal([]byte(text), p.value); err != nil {
			return m, fmt.Errorf("read migration, %s: %w", p.name, err)
		}
	}
	m.Terms, err = t.terms.parse(values[termsPart])
	return m, err
}

// SetMigration implements swap.WritableTables.
func (t *writableTables) SetMigration(m swap.Migration) error {
	before, err := t.Migration()
	first := errors.Is(err, swap.ErrNotFound)
	if err != nil && !first {
		return err
	}
	const put = "INSERT INTO migration (part, value) VALUES (?, ?) ON CONFLICT (part) DO UPDATE SET value = excluded.value"
	if first || before.Terms != m.Terms {
		if err := t.exec("migration", put, termsPart, string(m.Terms.Canonical())); err != nil {
			return err
		}
	}
	was := parts(&before)
	for i, p := range parts(&m) {
		if (!first || p.name == rotationsPart || p.name == rulesPart || p.name == evidencePart) && reflect.DeepEqual(was[i].value, p.value) {
			continue
		}
		if err := t.exec("migration", put, p.name, asJSON{p.value}); err != nil {
			return err
		}
	}
	m = cloneMigration(&m)
	t.migration = &m
	return nil
}

const claimColumns = "account, sequence, oxen, recipient, text, signature, until, entry, integrated"

func claimFields(c *swap.Claim) []any {
	return []any{
		(*string)(&c.Account), (*sequence)(&c.Sequence), &c.Oxen, (*bytes20)(&c.Recipient), &c.Text, &c.Signature,
		(*unixOrNull)(&c.Until), (*whole)(&c.Entry), &c.Integrated,
	}
}

// Claim implements swap.Tables.
func (t *tables) Claim(a swap.Account, sequence uint32) (swap.Claim, error) {
	return one(t, "claims", claimFields, "SELECT "+claimColumns+" FROM claims WHERE account = +? AND sequence = +?", string(a), int64(sequence))
}

// ClaimAt implements swap.Tables.
func (t *tables) ClaimAt(entry uint64) (swap.Claim, error) {
	return one(t, "claims", claimFields, "SELECT "+claimColumns+" FROM claims WHERE entry = +?", whole(entry))
}

// LatestClaim implements swap.Tables.
func (t *tables) LatestClaim(a swap.Account) (swap.Claim, error) {
	return t.latest.get(a, func() (swap.Claim, error) {
		return one(t, "claims", claimFields, "SELECT "+claimColumns+" FROM claims WHERE account = +? ORDER BY sequence DESC LIMIT 1", string(a))
	})
}

// LatestClaims implements swap.Tables. Few claims are ever replaced, so reading all of them and
// passing over those costs less than having SQLite choose.
func (t *tables) LatestClaims(each func(swap.Claim) error) error {
	var latest swap.Claim
	err := visit(t, "claims", claimFields, func(c swap.Claim) error {
		previous := latest
		latest = c
		if previous.Account == "" || previous.Account == c.Account {
			return nil
		}
		return each(previous)
	}, "SELECT "+claimColumns+" FROM claims ORDER BY account, sequence")
	if err != nil || latest.Account == "" {
		return err
	}
	return each(latest)
}

// SetClaim implements swap.WritableTables.
func (t *writableTables) SetClaim(c swap.Claim) error {
	return t.exec("claims", "INSERT INTO claims ("+claimColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		string(c.Account), int64(c.Sequence), c.Oxen, c.Recipient[:], c.Text, c.Signature, unixOrNull(c.Until), int64(c.Entry), c.Integrated)
}

const snapshotColumns = "height, block_hash, digest, status, totals, taken, decided"

func snapshotFields(s *swap.Snapshot) []any {
	return []any{
		(*whole)(&s.Height), (*bytes32)(&s.BlockHash), (*bytes32)(&s.Digest), (*string)(&s.Status), asJSON{&s.Totals},
		(*seqOrNull)(&s.Taken), (*seqOrNull)(&s.Decided),
	}
}

// Snapshot implements swap.Tables.
func (t *tables) Snapshot(height uint64) (swap.Snapshot, error) {
	return one(t, "snapshots", snapshotFields, "SELECT "+snapshotColumns+" FROM snapshots WHERE height = +?", whole(height))
}

// Snapshots implements swap.Tables.
func (t *tables) Snapshots() ([]swap.Snapshot, error) {
	return collect(t, "snapshots", snapshotFields, "SELECT "+snapshotColumns+" FROM snapshots ORDER BY height")
}

// SetSnapshot implements swap.WritableTables.
func (t *writableTables) SetSnapshot(s swap.Snapshot) error {
	return t.exec("snapshots", `INSERT INTO snapshots (`+snapshotColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (height) DO UPDATE SET block_hash = excluded.block_hash, digest = excluded.digest, status = excluded.status,
			totals = excluded.totals, taken = excluded.taken, decided = excluded.decided`,
		whole(s.Height), s.BlockHash[:], s.Digest[:], string(s.Status), asJSON{s.Totals}, int64(s.Taken), seqOrNull(s.Decided))
}

// Balances implements swap.Tables.
func (t *tables) Balances(height uint64, each func(swap.Balance) error) error {
	return visit(t, "balances", func(b *swap.Balance) []any {
		return []any{(*string)(&b.Account), &b.Address, (*whole)(&b.Staked), (*whole)(&b.Rewards)}
	}, each, `SELECT b.account, a.address, b.staked, b.rewards FROM balances b CROSS JOIN addresses a ON a.id = b.address
		WHERE b.height = +? ORDER BY b.account`, whole(height))
}

// AccountBalances implements swap.Tables.
func (t *tables) AccountBalances(a swap.Account) ([]swap.HeightBalance, error) {
	rows, err := t.balances.get(a, func() ([]swap.HeightBalance, error) {
		return collect(t, "balances", func(b *swap.HeightBalance) []any {
			return []any{(*whole)(&b.Height), (*string)(&b.Status), (*string)(&b.Account), &b.Address, (*whole)(&b.Staked), (*whole)(&b.Rewards)}
		}, `SELECT b.height, coalesce(s.status, ''), b.account, a.address, b.staked, b.rewards
			FROM balances b JOIN addresses a ON a.id = b.address LEFT JOIN snapshots s ON s.height = b.height
			WHERE b.account = +? ORDER BY b.height`, string(a))
	})
	return slices.Clone(rows), err
}

// SetBalances implements swap.WritableTables.
func (t *writableTables) SetBalances(height uint64, rows []swap.Balance) error {
	if err := t.exec("balances", "DELETE FROM balances WHERE height = +?", whole(height)); err != nil {
		return err
	}
	if err := t.insert("addresses", "INSERT OR IGNORE INTO addresses (address) VALUES ", "(?)", len(rows), func(args []any, i int) []any {
		return append(args, rows[i].Address)
	}); err != nil {
		return err
	}
	return t.insert("balances", "INSERT INTO balances (height, account, address, staked, rewards) VALUES ",
		"(?, ?, (SELECT id FROM addresses WHERE address = +?), ?, ?)", len(rows), func(args []any, i int) []any {
			b := &rows[i]
			return append(args, whole(height), string(b.Account), b.Address, whole(b.Staked), whole(b.Rewards))
		})
}
