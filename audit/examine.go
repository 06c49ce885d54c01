package audit

import (
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"golang.org/x/mod/sumdb/tlog"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// bundleSize is the number of entries in a full bundle (https://c2sp.org/tlog-tiles).
const bundleSize = 256

// examiner checks entries alone. It is used from many goroutines.
type examiner struct {
	export      *ledger.Export
	files       *files
	terms       *swap.Terms
	attachments swap.Attachments
	calls       abi.ABI // that a transaction may make
	claims      *backlog
	rules       ruleChanges
	public      bool // accept that what is private was left out
}

// examined is an entry with all that could be said of it alone.
type examined struct {
	entry    ledger.Entry
	leaf     tlog.Hash  // of the entry in the log's tree
	event    swap.Event // nil: it could not be decoded
	checker  checker    // nil likewise
	complete bool       // all attachments that it names are in the export
	problems []string
	counts   []Count
	claim    *swap.ClaimAccepted // to be verified beside the replay; nil: none
	decoded  swap.Attachments    // the export's, with what was decoded on the way; nil: nothing was
}

func (x *examined) wrong(format string, args ...any) {
	x.problems = append(x.problems, fmt.Sprintf(format, args...))
}

func (x *examined) count(what string, n int) {
	if n > 0 {
		x.counts = append(x.counts, Count{what, uint64(n)})
	}
}

// What is counted of single entries.
const (
	countClaims     = "claim signatures"
	countAnswers    = "daemons' sets of raw answers"
	countLegacy     = "lines of the legacy file"
	countRaw        = "raw transactions"
	countAttached   = "attachments by digest"
	uncheckedSilent = "daemons that gave no answer that the export could hold"
	uncheckedCode   = "what was seen at claims' recipients on the chains when they came"
	uncheckedHidden = "attachments withheld from a public export"
)

// bundle is the result for up to 256 entries. err says why the export could not give them.
type bundle struct {
	entries []examined
	err     error
}

// bundle reads a bundle and checks each of its entries alone.
func (ex *examiner) bundle(n uint64) bundle {
	lines, leaves, err := ex.export.HashedBundle(int64(n))
	if err != nil {
		return bundle{err: err}
	}
	out := bundle{entries: make([]examined, len(lines))}
	for i, line := range lines {
		x := &out.entries[i]
		x.leaf = leaves[i]
		ex.examine(x, n*bundleSize+uint64(i), line)
	}
	ex.claims.add(out.entries)
	return out
}

// examine checks what the entry in a line says as far as no other entry is needed.
func (ex *examiner) examine(x *examined, seq uint64, line []byte) {
	var err error
	if x.entry, err = ledger.ParseEntry(line); err != nil {
		x.entry = ledger.Entry{Seq: seq, Kind: "unreadable"}
		x.wrong("%v", err)
		return
	}
	if x.entry.Seq != seq {
		x.wrong("it says that it is entry %d", x.entry.Seq)
		x.entry.Seq = seq
	}
	if x.event, err = swap.DecodeEvent(x.entry.Kind, x.entry.Body); err != nil {
		x.wrong("%v", err)
		return
	}
	x.complete = ex.attached(x)
	x.checker = checkers[x.entry.Kind](x.event)
	x.checker.alone(ex, x)
}

// attached counts the attachments that an entry names, and reports whether all of them are in the
// export.
func (ex *examiner) attached(x *examined) bool {
	complete := true
	for _, h := range x.event.Attachments() {
		switch ex.files.find(h) {
		case listed:
			x.count(countAttached, 1)
			continue
		case absent:
			x.wrong("attachment %s is not in the export", h)
		case withheld:
			switch {
			case !slices.Contains(swap.Private(x.event), h):
				x.wrong("attachment %s is withheld, though nothing in it is private", h)
			case !ex.public:
				x.wrong("attachment %s is withheld: "+
					"ask the operator for the full export, or accept with --public that it is not checked", h)
			default:
				x.count(uncheckedHidden, 1)
			}
		}
		complete = false
	}
	return complete
}

// read gives the plain bytes of an attachment, or nil after noting what is wrong.
func (ex *examiner) read(x *examined, h swap.Hash) []byte {
	data, err := ex.attachments.Attachment(h)
	if err != nil {
		x.wrong("%v", err)
		return nil
	}
	return data
}

// decoded are attachments of which some were decoded already, and found to say what the entry says.
type decoded struct {
	swap.Attachments
	digest      swap.Hash
	balances    []swap.Balance
	rules       swap.Rules // under which the balances were computed
	allocations []swap.Allocation
}

var _ swap.Decoded = decoded{}

// Balances implements swap.Decoded.
func (d decoded) Balances(content swap.Hash, rules swap.Rules) ([]swap.Balance, bool) {
	return d.balances, d.balances != nil && content == d.digest && rules == d.rules
}

// Allocations implements swap.Decoded.
func (d decoded) Allocations(list swap.Hash) ([]swap.Allocation, bool) {
	return d.allocations, d.allocations != nil && list == d.digest
}
