package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// rotate hands the log over to another key.
func (l *testLog) rotate(t *testing.T) {
	t.Helper()
	secret, public, err := ledger.NewKey(seed(l.vkey), l.terms.Origin())
	must(t, err)
	signed, err := ledger.SignRotation(ledger.Rotation{Origin: l.terms.Origin(), Entry: int64(len(l.lines)), Old: l.vkey, New: public}, l.signer)
	must(t, err)
	l.add(t, &swap.KeyRotated{Key: public, Note: string(signed)})
	l.former, l.vkey = append(l.former, signed), public
	l.signer, err = ledger.NewSigner(secret)
	must(t, err)
}

// rotatedPlaces makes $ROTATED, the log of $EXPORT after its key was changed twice, to $SECOND and
// $THIRD; $BETWEEN, the same between the two; later, a receipt under $THIRD; and $STOLEN and
// stolen, $ROTATED and its checkpoint as signed by $KEY, whoever has that now.
func rotatedPlaces(t *testing.T, e *testscript.Env) error {
	l := smallLog(t)
	first := l.signer
	path := func(name string) string { return filepath.Join(e.WorkDir, name) }
	l.rotate(t)
	e.Setenv("SECOND", l.vkey)
	l.add(t, &swap.Correction{Entry: 1, Note: "between", By: "ann"})
	l.export(t, path("between"))
	l.rotate(t)
	e.Setenv("THIRD", l.vkey)
	l.add(t, &swap.Correction{Entry: 1, Note: "after", By: "ann"})
	l.export(t, path("rotated"))
	size := len(l.lines)
	receipt, err := ledger.NewReceipt(l.lines[size-1], l.checkpoint(t, size), mustVerifier(t, l.vkey), l.Hashes)
	if err != nil {
		return err
	}
	if err := os.CopyFS(path("stolen-log"), os.DirFS(path("rotated"))); err != nil {
		return err
	}
	l.signer = first
	stolen := l.checkpoint(t, size)
	for name, data := range map[string][]byte{"later": receipt, "stolen": stolen, "stolen-log/checkpoint": stolen} {
		if err := os.WriteFile(path(name), data, 0o644); err != nil {
			return err
		}
	}
	e.Setenv("ROTATED", path("rotated"))
	e.Setenv("BETWEEN", path("between"))
	e.Setenv("STOLEN", path("stolen-log"))
	return nil
}
