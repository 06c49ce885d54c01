package follow

import (
	"fmt"

	"oxenswap/swap/ledger"
)

// Receipt is a receipt that was found good.
type Receipt struct {
	Entry        ledger.Entry
	Checkpoint   ledger.Checkpoint
	Cosignatures []ledger.Cosignature
	line         []byte // the entry's bytes
}

// CheckReceipt verifies a receipt with nothing but the ledger's keys. All of the given witnesses
// must have cosigned its checkpoint, or the error is a *WitnessError.
func CheckReceipt(data []byte, keys *ledger.Keys, witnesses ...*ledger.Witness) (*Receipt, error) {
	e, c, _, err := keys.CheckReceipt(data)
	if err != nil {
		return nil, err
	}
	parsed, err := ledger.ParseReceipt(data)
	if err != nil {
		return nil, err
	}
	r := &Receipt{Entry: e, Checkpoint: c, line: parsed.Entry}
	if _, r.Cosignatures, err = OpenCheckpoint(parsed.Checkpoint, keys, witnesses...); err != nil {
		return nil, err
	}
	return r, nil
}

// CheckLog reports whether a log, as it is now, honours the receipt: that it has the entry in its
// place and begins with the receipt's checkpoint. The error is a *Violation if not.
func (r *Receipt) CheckLog(l *Log) error {
	err := l.Extends(r.Checkpoint)
	if err == nil {
		return nil // the same tree has the same entry
	}
	if index := int64(r.Entry.Seq); index < l.N {
		lines, readErr := l.Bundle(index / tileWidth)
		if readErr == nil && ledger.RecordHash(lines[index%tileWidth]) != ledger.RecordHash(r.line) {
			return fmt.Errorf("entry %d in the log is another one now: %w", index, err)
		}
	}
	return err
}
