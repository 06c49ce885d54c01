package crash

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A disk is how a disk fails from the n-th call on.
type disk struct {
	name  string
	errno syscall.Errno
	once  bool // else for good
}

// TestFailingWrites lets the first write or sync of SQLite's files fail, then the second, and so on
// until all of them have succeeded, with a broken and with a full disk, for a moment and for good.
// Meanwhile a service answers claims; afterwards the disk is well again.
func TestFailingWrites(t *testing.T) {
	shim := filepath.Join(t.TempDir(), "failwrite.so")
	if out, err := exec.Command("cc", "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", shim, "testdata/failwrite.c", "-ldl").CombinedOutput(); err != nil {
		t.Fatalf("cc: %v: %s", err, out)
	}
	template := t.TempDir()
	newScene().create(t, template)
	for _, kind := range []disk{
		{"EIO once", syscall.EIO, true},
		{"EIO for good", syscall.EIO, false},
		{"ENOSPC once", syscall.ENOSPC, true},
		{"ENOSPC for good", syscall.ENOSPC, false},
	} {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			failed, answered := 0, 0
			for n := 1; ; n++ {
				calls, complained, receipts := kind.fail(t, shim, template, n)
				if calls < n {
					if complained != "" {
						t.Fatalf("nothing failed, and the service complains: %s", complained)
					}
					break
				}
				if complained != "" {
					failed++
				}
				answered += receipts
			}
			t.Logf("%d of the calls stopped or refused something; %d claims were answered all the same", failed, answered)
			if failed < 5 {
				t.Errorf("only %d calls mattered: the shim reaches nothing", failed)
			}
		})
	}
}

// fail runs a service whose n-th call fails, and looks at what it leaves.
func (k disk) fail(t *testing.T, shim, template string, n int) (calls int, complained string, receipts int) {
	t.Helper()
	dir := t.TempDir()
	defer os.RemoveAll(dir) // there are many
	must(t, os.CopyFS(dir, os.DirFS(template)))
	must(t, os.Chmod(dir, 0o700))
	w, count, last := newWitness(dir), filepath.Join(dir, "calls"), 0
	if k.once {
		last = n
	}
	d := startDriver(t, w, dir, []string{
		"LD_PRELOAD=" + shim, "FAILWRITE_COUNT=" + count, fmt.Sprintf("FAILWRITE_NTH=%d", n), fmt.Sprintf("FAILWRITE_ERRNO=%d", int(k.errno)),
		fmt.Sprintf("FAILWRITE_LAST=%d", last),
	}, "some")
	said := d.end(t)
	if d.ok != (said == "") || strings.Contains(said, "goroutine ") {
		t.Fatalf("%s at call %d: ended well: %v, but said: %s", k.name, n, d.ok, said)
	}
	number, err := os.ReadFile(count)
	must(t, err)
	must(t, os.Remove(count))
	calls = int(binary.NativeEndian.Uint64(number))
	w.check(t)
	receipts = w.honoured
	again := startDriver(t, w, dir, nil, "some")
	if words := again.end(t); !again.ok {
		t.Fatalf("after %s at call %d, on a good disk: %s", k.name, n, words)
	}
	w.check(t)
	return calls, said, receipts
}
