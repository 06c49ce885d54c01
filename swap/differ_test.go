package swap

import (
	"strings"
	"testing"
)

// TestChainDiffers: a difference raises the alarm; a correction ends it and acknowledges exactly
// these differences.
func TestChainDiffers(t *testing.T) {
	l := staged(t, "active")
	all := []Difference{
		{What: "payments", About: "0x2", Chain: "2", Ledger: "1"}, {What: "claimed", About: "<0x1> & co", Chain: "5", Ledger: "0"},
		{What: "payments", About: "0x2", Chain: "2", Ledger: "1"},
	}
	r, err := NewChainDiffers(40, testHash("block", 40), all)
	if err != nil {
		t.Fatal(err)
	}
	e := r.Event.(*ChainDiffers)
	if e.Count != 2 || e.First != all[1] {
		t.Fatalf("the difference: got %+v, want 2, the first one named", e)
	}
	entry := l.must(r.Event, r.Attachments...)
	if alarm := l.migration().Alarms[entry]; !strings.Contains(alarm, "in 2 places, the first: claimed of <0x1> & co: the chain says 5, the ledger 0") {
		t.Errorf("alarm %q", alarm)
	}
	m := l.migration()
	if known, err := m.Acknowledged(l.files); err != nil || len(known) != 0 {
		t.Errorf("acknowledged %v, %v", known, err)
	}
	l.must(&Correction{Entry: entry, Note: "seen", By: "ann"})
	m = l.migration()
	if known, err := m.Acknowledged(l.files); err != nil || len(m.Alarms) != 0 || len(known) != 2 || !known[all[0]] || !known[all[1]] {
		t.Errorf("alarms %v, acknowledged %v, %v", m.Alarms, known, err)
	}
	if err := l.try(r.Event, r.Attachments...); err == nil || !strings.Contains(err.Error(), "says the same") {
		t.Errorf("again: %v", err)
	}
}

func TestChainDiffersRefused(t *testing.T) {
	good, err := NewChainDiffers(40, Hash{}, []Difference{{What: "a"}, {What: "b"}})
	if err != nil {
		t.Fatal(err)
	}
	spoilt := func(change func(e *ChainDiffers, list *[]byte)) func(*testLedger) (Event, [][]byte) {
		return func(*testLedger) (Event, [][]byte) {
			e, list := *good.Event.(*ChainDiffers), good.Attachments[0]
			change(&e, &list)
			e.List = Digest(list)
			return &e, [][]byte{list}
		}
	}
	runApplyCases(t, []applyCase{
		{"good", "deployed", spoilt(func(*ChainDiffers, *[]byte) {}), ""},
		{"before the distributor", "open", spoilt(func(*ChainDiffers, *[]byte) {}), "no distributor yet"},
		{"another count", "deployed", spoilt(func(e *ChainDiffers, _ *[]byte) { e.Count++ }), "3 differences"},
		{"another first one", "deployed", spoilt(func(e *ChainDiffers, _ *[]byte) { e.First.What = "b" }), "the list has 2, the first"},
		{"an empty list", "deployed", spoilt(func(_ *ChainDiffers, list *[]byte) { *list = nil }), "the list is empty"},
		{"no list", "deployed", func(*testLedger) (Event, [][]byte) { return good.Event, nil }, "attachment is missing"},
	})
	if _, err := NewChainDiffers(40, Hash{}, nil); err == nil {
		t.Error("an entry about no differences")
	}
}

// FuzzParseDifferences accepts a list only in the spelling that FormatDifferences gives it.
func FuzzParseDifferences(f *testing.F) {
	list, err := FormatDifferences([]Difference{{What: "a"}, {What: "b", About: "\u2028<", Chain: "1", Ledger: "2"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(list)
	f.Add([]byte(`{"what":"b","about":"","chain":"","ledger":""}` + "\n" + `{"what":"a","about":"","chain":"","ledger":""}` + "\n"))
	f.Add([]byte(`{"what":"a","about":"","chain":"","ledger":""}`))
	f.Fuzz(func(t *testing.T, list []byte) {
		all, err := ParseDifferences(list)
		if err != nil {
			return
		}
		if again, err := FormatDifferences(all); err != nil || string(again) != string(list) {
			t.Errorf("%q reads as %q, %v", list, again, err)
		}
	})
}
