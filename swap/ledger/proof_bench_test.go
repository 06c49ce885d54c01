package ledger

import (
	"encoding/binary"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// bigTree are the hashes of a tree of a million leaves.
func bigTree(b *testing.B, size int64) Hashes {
	b.Helper()
	h := make(Hashes, 0, tlog.StoredHashCount(size))
	var f Frontier
	var record [8]byte
	for i := range size {
		binary.BigEndian.PutUint64(record[:], uint64(i))
		h = f.AppendStored(h, RecordHash(record[:]))
	}
	return h
}

// BenchmarkProof makes inclusion proofs of entries all over a tree of 1,000,000, from hashes in
// memory.
func BenchmarkProof(b *testing.B) {
	const size = 1_000_000
	h := bigTree(b, size)
	b.ResetTimer()
	i := int64(0)
	for b.Loop() {
		if _, err := ProveRecord(size, i, h); err != nil {
			b.Fatal(err)
		}
		i = (i + 6700417) % size
	}
}

// BenchmarkExportUpdate brings an export of 100,000 entries up to date after 100 new ones and
// counts the files that it writes.
func BenchmarkExportUpdate(b *testing.B) {
	log := newTestLog(b)
	log.grow(b, 100_000)
	dir := b.TempDir()
	if _, err := WriteExport(b.Context(), dir, log, log.config(b)); err != nil {
		b.Fatal(err)
	}
	written, most, updates := 0, 0, 0
	for b.Loop() {
		b.StopTimer()
		log.grow(b, len(log.records)+100)
		cfg := log.config(b)
		b.StartTimer()
		stats, err := WriteExport(b.Context(), dir, log, cfg)
		if err != nil {
			b.Fatal(err)
		}
		written, most, updates = written+stats.Written, max(most, stats.Written), updates+1
	}
	b.ReportMetric(float64(written)/float64(updates), "files/op")
	b.ReportMetric(float64(most), "files-at-most")
}
