package swap

import (
	"fmt"
	"maps"
	"slices"
)

// Rails are limits at which sending stops and asks a person.
type Rails struct {
	Transaction Sesh   `json:"transaction"` // atomic SESH in one transaction
	Day         Sesh   `json:"day"`         // atomic SESH signed on one day (UTC)
	GasPrice    Wei    `json:"gas_price"`   // wei per gas
	Batch       uint64 `json:"batch"`       // recipients in one push transaction
}

// RailNames are the rails at which sending stops: the settings of that name, and approvals.
func RailNames() []string { return []string{"transaction", "day", "gas_price", "batch", "approvals"} }

// RailValue is a number that a rail limits, in the unit of the rail: atomic SESH, wei per gas,
// recipients or approvals. Its text form, in JSON too, is a decimal string.
type RailValue uint64

// MarshalText implements encoding.TextMarshaler.
func (v RailValue) MarshalText() ([]byte, error) { return appendDecimal(nil, v), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (v *RailValue) UnmarshalText(text []byte) (err error) {
	*v, err = parseDecimal[RailValue](text, "a decimal number")
	return err
}

// In returns the number with the unit of a rail, such as "200 recipients"; sums are in the unit in
// which the configuration sets them.
func (v RailValue) In(rail string) string {
	switch rail {
	case "transaction", "day":
		return fmt.Sprintf("%d atomic SESH", v)
	case "gas_price":
		return fmt.Sprintf("%d wei per gas", v)
	case "batch":
		return fmt.Sprintf("%d recipients", v)
	case "approvals":
		return fmt.Sprintf("%d approvals", v)
	}
	return fmt.Sprint(uint64(v))
}

// RailHit says that sending stopped at a rail, or for want of another operator's approval.
type RailHit struct {
	Intent
	Rail  string    `json:"rail"` // one of RailNames; of approvals, the limit is how many there are and asked how many it takes
	Limit RailValue `json:"limit"`
	Asked RailValue `json:"asked"`
}

// Kind implements Event.
func (*RailHit) Kind() string { return "rail.hit" }

// Attachments implements Event.
func (e *RailHit) Attachments() []Hash { return nil }

// RailHits are what the ledger says of rails that stopped sending.
type RailHits struct {
	Total   map[string]uint64 // rail -> entries about it
	Stopped []RailHit         // the last one of every intent with no signature since for its purpose and round, by entry
}

// Has reports whether the same stop stands in the ledger already: of this intent at this rail, with
// this limit. What was asked may differ, as a price of gas does from one look to the next.
func (h RailHits) Has(e *RailHit) bool {
	return slices.ContainsFunc(h.Stopped, func(s RailHit) bool { return s.Intent == e.Intent && s.Rail == e.Rail && s.Limit == e.Limit })
}

// without leaves out the stops of some intents.
func (h RailHits) without(drop func(Intent) bool) RailHits {
	if slices.ContainsFunc(h.Stopped, func(s RailHit) bool { return drop(s.Intent) }) {
		h.Stopped = slices.DeleteFunc(slices.Clone(h.Stopped), func(s RailHit) bool { return drop(s.Intent) })
	}
	return h
}

func (e *RailHit) apply(a *applier) error {
	h := a.m.Rails.without(func(i Intent) bool { return i == e.Intent })
	h.Stopped = append(slices.Clip(h.Stopped), *e)
	if h.Total = maps.Clone(h.Total); h.Total == nil {
		h.Total = map[string]uint64{}
	}
	h.Total[e.Rail]++
	a.m.Rails = h
	return a.SetMigration(a.m)
}

// passedRails ends the stops of what goes on with a signature.
func (a *applier) passedRails(i Intent) error {
	before := len(a.m.Rails.Stopped)
	a.m.Rails = a.m.Rails.without(func(other Intent) bool { return other.Purpose == i.Purpose && other.Round == i.Round })
	if len(a.m.Rails.Stopped) == before {
		return nil
	}
	return a.SetMigration(a.m)
}
