package audit

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"oxenswap/swap"
)

// Round sums up one round, in atomic SESH. Its numbers are those of the log; the report's problems
// say whether they are wrong.
type Round struct {
	Round      uint64           `json:"round"`
	Status     swap.RoundStatus `json:"status"`
	Entry      uint64           `json:"entry"`  // its round.built
	Cutoff     uint64           `json:"cutoff"` // it was built from this many entries
	Root       swap.Hash        `json:"root"`
	Recipients uint64           `json:"recipients"` // leaves, of all rounds so far
	Lines      uint64           `json:"lines"`      // allocations
	Amount     swap.Sesh        `json:"amount"`     // given by it
	Total      swap.Sesh        `json:"total"`      // given by it and all before
	Approvals  []string         `json:"approvals"`  // operators
	Approved   string           `json:"approved"`   // day of the last approval needed, such as 2026-11-22; or nothing
	Payments   uint64           `json:"payments"`   // made while it was live
	Paid       swap.Sesh        `json:"paid"`       // by these

	Programmes []RoundProgramme `json:"programmes"`
}

// RoundProgramme is what a round gives from one programme and how that follows from its sources:
// Exact, the shares before rounding, is Owed + Remainders / Den.
type RoundProgramme struct {
	Programme  string        `json:"programme"`
	Heights    []uint64      `json:"heights"` // of its snapshots
	Accounts   uint64        `json:"accounts"`
	Owed       swap.Sesh     `json:"owed"`
	Remainders swap.Quantity `json:"remainders"` // lost to rounding, in parts of an atomic unit
	Den        swap.Quantity `json:"den"`
	Conserved  bool          `json:"conserved"`
	Before     swap.Sesh     `json:"before"` // given by earlier published rounds
	Amount     swap.Sesh     `json:"amount"` // given by this one
	Unclaimed  swap.Sesh     `json:"unclaimed"`
	Overpaid   swap.Sesh     `json:"overpaid"`
	Stopped    bool          `json:"stopped"` // at its cap
	Withheld   swap.Sesh     `json:"withheld"`
}

// summariseRounds gives the log's rounds and payments to the report.
func (r *replay) summariseRounds() error {
	rounds, err := r.tables.Rounds()
	if err != nil {
		return err
	}
	for _, x := range rounds {
		round := Round{
			Round: x.Round, Status: x.Status, Entry: x.Entry, Cutoff: x.Cutoff, Root: x.Root, Recipients: x.Recipients, Lines: x.Lines,
			Amount: x.Amount, Total: x.Total, Approvals: slices.Clone(x.Approvals), Programmes: []RoundProgramme{},
		}
		if x.Approved > 0 {
			round.Approved = x.Day.Format(time.DateOnly)
		}
		for _, t := range x.Programmes {
			round.Programmes = append(round.Programmes, RoundProgramme{
				Programme: t.Programme, Heights: t.Heights, Accounts: t.Accounts, Owed: t.Owed, Remainders: t.Remainders, Den: t.Den,
				Conserved: len(t.Heights) == 0 || t.Conserved() == nil, Before: t.Before, Amount: t.Amount, Unclaimed: t.Unclaimed,
				Overpaid: t.Overpaid, Stopped: t.Stopped, Withheld: t.Withheld,
			})
		}
		r.report.Rounds = append(r.report.Rounds, round)
	}
	return r.tables.Payouts(func(p swap.Payout) error {
		i := slices.IndexFunc(r.report.Rounds, func(x Round) bool { return x.Round == p.Round })
		if i >= 0 { // otherwise the replay has named its entry
			r.report.Rounds[i].Payments++
			r.report.Rounds[i].Paid += p.Amount
		}
		return nil
	})
}

// writeRounds writes one round a line.
func writeRounds(w io.Writer, rounds []Round) error {
	if len(rounds) == 0 {
		return nil
	}
	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "round\tstatus\tentry\trecipients\tgiven\ttotal\tpayments\tpaid\t")
	for _, r := range rounds {
		fmt.Fprintf(table, "%d\t%s\t%d\t%d\t%s\t%s\t%d\t%s\t\n",
			r.Round, r.Status, r.Entry, r.Recipients, r.Amount.Coins(), r.Total.Coins(), r.Payments, r.Paid.Coins())
	}
	return table.Flush()
}
