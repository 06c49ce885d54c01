package swap

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// said is an error as a transport makes it: with a URL and with what came back.
func said(kind Failure) error {
	details := errors.New(`Post "http://10.1.2.3:25051/json_rpc": dial tcp 10.1.2.3:25051: connect: refused (answer: <b>excerpt</b>)`)
	if kind == "" {
		return details
	}
	return fmt.Errorf("asking: %w", &DaemonError{kind, details})
}

// TestEntriesKeepDetailsOut: whatever a daemon's failure says, each entry about snapshots names the
// daemon and a kind of failure; the details are in the errors that logs get.
func TestEntriesKeepDetailsOut(t *testing.T) {
	terms := testTerms(t, testProgrammes)
	x := testContent(t, 100, holding{1, 50, 5})
	elsewhere := observation(terms, "c", x)
	elsewhere.Network, elsewhere.Version = "http://10.1.2.3:25051", "http://10.1.2.3:25051/excerpt"
	strange := observation(terms, "c", x)
	strange.Version, strange.Genesis = "10.6.0 (excerpt)", Hash{9}
	failing := []ObservationAnswer{{Daemon: "c", Observation: elsewhere}, {Daemon: "c", Observation: strange}, {Daemon: "c", Err: said("")}}
	want := []Failure{FailureNetwork, FailureGenesis, FailureOther}
	for _, kind := range Failures() {
		failing, want = append(failing, ObservationAnswer{Daemon: "c", Err: said(kind)}), append(want, kind)
	}
	block := func(daemon string) BlockAnswer {
		return BlockAnswer{Daemon: daemon, Block: &BlockStatus{
			Daemon: daemon, Network: terms.Oxen.Network, Genesis: terms.Oxen.Genesis, Top: 1000, BlockHash: x.BlockHash, Version: "<b>excerpt</b>",
		}}
	}
	for i, c := range failing {
		taken, err := AgreeOnSnapshot(terms, Rules1, 2, append(answersOf(terms, x, x), c))
		if err != nil {
			t.Fatal(err)
		}
		records := []Record{taken}
		if c.Err != nil {
			final, err := DecideSnapshot(terms, 2, Snapshot{Height: 100, BlockHash: x.BlockHash},
				[]BlockAnswer{block("a"), block("b"), {Daemon: "c", Err: c.Err}})
			if err != nil {
				t.Fatal(err)
			}
			records = append(records, final)
		}
		for _, r := range records {
			body, err := json.Marshal(r.Event)
			if err != nil {
				t.Fatal(err)
			}
			if found := regexp.MustCompile(`10\.1\.2\.3|25051|http|excerpt|dial|Post`).Find(body); found != nil {
				t.Errorf("%s with %v: got %q in the entry %s", r.Event.Kind(), c.Err, found, body)
			}
			var last DaemonReport
			switch e := r.Event.(type) {
			case *SnapshotTaken:
				last = e.Daemons[2]
			case *SnapshotFinalized:
				last = e.Daemons[2]
			}
			if last.Differs != string(want[i]) || last.Details == "" {
				t.Errorf("%s: got %q with details %q, want %q with details", r.Event.Kind(), last.Differs, last.Details, want[i])
			}
		}
	}
	_, err := AgreeOnSnapshot(terms, Rules1, 2, append(answersOf(terms, x), ObservationAnswer{Daemon: "b", Err: said(FailureUnreachable)}))
	if err == nil || !strings.Contains(err.Error(), "10.1.2.3:25051") {
		t.Errorf("the error for the log: got %v, want the details", err)
	}
}

func TestFailureOf(t *testing.T) {
	for _, c := range []struct {
		err  error
		want Failure
	}{
		{errors.New("any"), FailureOther},
		{said(FailureLogin), FailureLogin},
		{said("http://10.1.2.3"), FailureOther}, // not on the list
		{fmt.Errorf("asking: %w", context.DeadlineExceeded), FailureTimeout},
	} {
		if got := FailureOf(c.err); got != c.want {
			t.Errorf("failure of %v: got %q, want %q", c.err, got, c.want)
		}
	}
	if all := slices.Compact(slices.Sorted(slices.Values(Failures()))); len(all) != len(Failures()) {
		t.Errorf("failures: got %d different ones of %d", len(all), len(Failures()))
	}
}
