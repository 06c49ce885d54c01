package store

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMover(t *testing.T) {
	path := filepath.Join(t.TempDir(), databaseFile)
	db := connect(path, "rwc", 1)
	defer db.Close()
	db.MustExec("CREATE TABLE blobs (bytes BLOB)")
	const page = 4096
	commit := func(pages int) { db.MustExec("INSERT INTO blobs VALUES (randomblob(?))", pages*page) }
	m := newMover(path)
	defer m.pool.Close()
	waiting := func(least, most int) {
		t.Helper()
		if n, err := m.pages("NOOP"); err != nil || n < least || n > most {
			t.Fatalf("%d pages wait instead of %d to %d: %v", n, least, most, err)
		}
	}
	moving := func() { // as long as a store is open that commits once
		go m.run()
		m.committed()
		m.stop()
	}

	commit(enoughPages / 2)
	moving()
	waiting(enoughPages/2, enoughPages-1) // too few
	m = newMover(path)
	defer m.pool.Close()
	commit(enoughPages / 2)
	waiting(enoughPages, enoughPages+50) // a commit leaves them alone
	moving()
	waiting(0, 0)

	// With nobody to move them, the commits do it before the log outgrows the disk.
	const together = 128
	for n := 0; n < 2*tooManyPages; n += together {
		commit(together)
		log, err := os.Stat(path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		if most := int64(tooManyPages+2*together) * (page + 24); log.Size() > most {
			t.Fatalf("the write-ahead log has %d bytes, above %d", log.Size(), most)
		}
	}
	waiting(0, tooManyPages)
}
