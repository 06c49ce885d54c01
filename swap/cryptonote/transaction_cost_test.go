package cryptonote

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"testing"
	"time"
)

// hostileTransactions are 1 MiB each, shaped to cost memory.
func hostileTransactions() map[string][]byte {
	fill := func(head []byte, unit []byte, tail ...byte) []byte {
		n := (maxTransaction - len(head) - len(tail) - 4) / len(unit)
		b := binary.AppendUvarint(head, uint64(n))
		b = append(b, bytes.Repeat(unit, n)...)
		return append(b, tail...)
	}
	key := bytes.Repeat([]byte{7}, 32)
	extra := func(unit []byte) []byte {
		n := (maxTransaction - 20) / len(unit) * len(unit)
		b := binary.AppendUvarint([]byte{2, 0, 0, 0}, uint64(n))
		return append(b, bytes.Repeat(unit, n/len(unit))...)
	}
	distinct := extra(append([]byte{ExtraPublicKey}, key...))
	for i := 5; i+33 < len(distinct); i += 33 {
		binary.LittleEndian.PutUint32(distinct[i+3:], uint32(i)*2654435761)
	}
	offsets := binary.AppendUvarint([]byte{2, 0, 1, 2, 0}, maxTransaction-60)
	offsets = append(offsets, make([]byte, maxTransaction-60)...)
	return map[string][]byte{
		"inputs":                 fill([]byte{2, 0}, append([]byte{2, 0, 0}, key...), 0, 0, 0),
		"outputs":                fill([]byte{2, 0, 0}, append([]byte{0, 2}, key...), 0),
		"many unlock times":      fill([]byte{4}, []byte{1}),
		"claimed unlock times":   append([]byte{4, 0xf0, 0xed, 0x01}, make([]byte, maxTransaction-4)...),
		"claimed inputs":         append([]byte{2, 0, 0xff, 0xff, 0x1f}, bytes.Repeat([]byte{0xff, 0}, maxTransaction/2-4)...),
		"claimed outputs":        append([]byte{2, 0, 0, 0xf0, 0xed, 0x01}, make([]byte, maxTransaction-8)...),
		"offsets":                append(append(offsets, key...), 0, 0, 0),
		"one key many times":     extra(append([]byte{ExtraPublicKey}, key...)),
		"many keys":              distinct,
		"many additional keys":   extra(append([]byte{ExtraAdditionalKeys, 1}, key...)),
		"empty nonces":           extra([]byte{ExtraNonce, 0}),
		"empty lists":            extra([]byte{ExtraAdditionalKeys, 0}),
		"numbers that never end": bytes.Repeat([]byte{0xff}, maxTransaction),
	}
}

// TestHostileTransactionsCostLittle: parsing and hashing 1 MiB and looking for its keys allocates
// at most 4 MiB, all together.
func TestHostileTransactionsCostLittle(t *testing.T) {
	for name, blob := range hostileTransactions() {
		if len(blob) > maxTransaction || len(blob) < maxTransaction-100 {
			t.Errorf("%s: %d bytes", name, len(blob))
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		tx, err := ParseTransaction(blob)
		keys := 0
		if err == nil {
			tx.Hash()
			k := tx.keys()
			keys = len(k.shared) + len(k.additional)
		}
		runtime.ReadMemStats(&after)
		cost := after.TotalAlloc - before.TotalAlloc
		t.Logf("%s: %v, %d keys, %d KiB", name, ReasonOf(err), keys, cost>>10)
		if cost > 4<<20 {
			t.Errorf("%s: allocates %d bytes", name, cost)
		}
	}
}

// BenchmarkTransactionGrowth compares 600 KiB with a quarter of it: a ratio of about 1 is linear
// time.
func BenchmarkTransactionGrowth(b *testing.B) {
	key := bytes.Repeat([]byte{7}, 32)
	build := func(n int) []byte {
		b := binary.AppendUvarint([]byte{2, 0}, uint64(n))
		b = append(b, bytes.Repeat(append([]byte{2, 0, 0}, key...), n)...)
		b = binary.AppendUvarint(append(b, 0), uint64(33*n/2))
		b = append(b, bytes.Repeat(append([]byte{ExtraPublicKey}, key...), n/2)...)
		return append(b, 0)
	}
	cost := func(blob []byte) time.Duration {
		start := time.Now()
		if tx, err := ParseTransaction(blob); err == nil {
			tx.Hash()
			tx.keys()
		}
		return time.Since(start)
	}
	small, large := build(4000), build(16000)
	var least [2]time.Duration
	for i := 0; b.Loop(); i++ {
		for j, blob := range [][]byte{small, large} {
			if took := cost(blob); i == 0 || took < least[j] {
				least[j] = took
			}
		}
	}
	b.ReportMetric(float64(least[1])/float64(4*least[0]), "time/linear")
}
