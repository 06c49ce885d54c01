package swap

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// checkOwedTo holds OwedTo for every account in a programme, and for one that is not in it, against
// Owed.
func checkOwedTo(t interface{ Fatalf(string, ...any) }, tables Tables, m Migration, all *Ledgered) {
	for i, o := range append(all.Owings[:len(all.Owings):len(all.Owings)], Owing{Account: "nobody"}) {
		one, err := OwedTo(tables, m, all.Programme, o.Account, all.Den)
		if err != nil {
			t.Fatalf("OwedTo: %v", err)
		}
		want := []Owing{o}
		if i == len(all.Owings) {
			want = nil
		}
		if diff := cmp.Diff(want, one.Owings); diff != "" || one.Den != all.Den || one.Settled != all.Settled {
			t.Fatalf("account %s alone, of %s: %s", o.Account, all.Den, diff)
		}
	}
}

func TestOwedToBeforeAnySnapshot(t *testing.T) {
	tables := tablesWith(t, stakeOnly, nil)
	m, err := tables.Migration()
	if err != nil {
		t.Fatal(err)
	}
	delete(m.Settled, m.Terms.Programmes[0].Name)
	all, err := Owed(tables, m, &m.Terms.Programmes[0])
	if err != nil || all.Settled {
		t.Fatal(all, err)
	}
	checkOwedTo(t, tables, m, all)
}
