package store

import (
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"oxenswap/swap"
)

// Whatever is asked for together, known or not, twice or not, comes back as it is in the table.
func TestReadHashes(t *testing.T) {
	w := newWorld(t, 200)
	s := w.create(t.TempDir())
	defer s.Close()
	w.add(s, w.taken(240))
	for round := range uint32(3) {
		var claims []swap.Record
		for i := range 200 {
			claims = append(claims, swap.Record{Event: w.claim(i, round+1, w.address())})
		}
		w.add(s, claims...)
	}
	size, err := s.Size(t.Context())
	w.must(err)
	count := tlog.StoredHashCount(int64(size))
	var want []tlog.Hash
	w.must(s.view(t.Context(), func(t *tables) (err error) {
		want, err = collect(t, "hashes", hashField, "SELECT hash FROM hashes ORDER BY number")
		return err
	}))
	if int64(len(want)) != count {
		t.Fatalf("%d hashes instead of %d", len(want), count)
	}
	check := func(t tb, numbers []int64) {
		t.Helper()
		got, err := s.ReadHashes(numbers)
		if err != nil || len(got) != len(numbers) {
			t.Fatalf("%d of %d hashes, %v", len(got), len(numbers), err)
		}
		for i, n := range numbers {
			if got[i] != want[n] {
				t.Fatalf("hash %d is %v instead of %v", n, got[i], want[n])
			}
		}
	}
	all := make([]int64, 0, 2*count)
	for n := range count {
		all = append(all, n, count-1-n)
	}
	for range 2 { // the second time some are known
		check(t, all)
	}
	rapid.Check(t, func(rt *rapid.T) {
		check(rt, rapid.SliceOfN(rapid.Int64Range(0, count-1), 0, 200).Draw(rt, "numbers"))
	})
	if len(s.hashes.known) == 0 {
		t.Error("nothing is kept")
	}
	for _, n := range []int64{-1, count, 1 << 50} {
		if _, err := s.ReadHashes([]int64{0, n}); err == nil || !strings.Contains(err.Error(), "no hash") {
			t.Errorf("hash %d: %v", n, err)
		}
	}
}
