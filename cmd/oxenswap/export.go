package main

import (
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/note"

	"oxenswap/swap/ledger"
)

// exportStats is what `ledger export` prints.
type exportStats struct {
	Size     int64 `json:"size"`     // entries
	Files    int   `json:"files"`    // in the folder, beside the manifest
	Written  int   `json:"written"`  // new or changed ones
	Withheld int   `json:"withheld"` // attachments left out
}

func (s exportStats) print(w io.Writer, dir string) {
	fmt.Fprintf(w, "%d entries in %d files under %s, %d of them new\n", s.Size, s.Files, dir, s.Written)
	if s.Withheld > 0 {
		fmt.Fprintf(w, "%d attachments withheld from the public\n", s.Withheld)
	}
}

// export writes the log as static files.
func (w *world) export(dir string, signer note.Signer, full bool) (exportStats, error) {
	signed, err := w.Checkpoint()
	if err != nil {
		return exportStats{}, err
	}
	cp, _, err := ledger.OpenCheckpoint(signed, w.Key())
	if err != nil {
		return exportStats{}, err
	}
	stats, err := ledger.WriteExport(dir, w.Reader, ledger.ExportConfig{Checkpoint: signed, Signer: signer, Key: w.Key(), Withhold: ledger.WithholdNothing})
	return exportStats{cp.N, stats.Files, stats.Written, stats.Withheld}, err
}
