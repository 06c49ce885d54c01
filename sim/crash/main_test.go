// Package crash breaks the programs at every moment and by every means that can be had on one
// machine, and looks whether they have kept what they promised:
//
//   - kill -9 at random moments, of the commands through a whole migration, of a service that answers claims, and of `oxenswap
//     serve`, or commands that append through it, or both, while claims come in over HTTP;
//   - named failpoints (build tag failpoints, package swap/fail) at every step of every action of several steps;
//   - failing writes and syncs under SQLite, one after the other, as of a broken or a full disk;
//   - loss of power: whatever was not synced is gone, or half there.
//
// After each: what was answered is in the log, a receipt leads to the log's root, no entry is there
// without all that it changes, nothing is paid twice, and in the end the auditor agrees.
//
// Everything follows from a seed, which is printed, as far as the machine's own timing lets it. A
// part that fails says how to do it again alone. Disk space does not grow with the number of
// cycles; -keep keeps the folders of what failed.
package crash

import (
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	seed   = flag.Uint64("seed", 0, "of all that is random; 0: the time")
	cycles = flag.Int("cycles", 20, "how often something is killed, and half as often the power fails")
	keep   = flag.String("keep", "", "folder that keeps what is left of tests that failed; empty: nothing is kept")
)

func TestMain(m *testing.M) {
	if job := os.Getenv(driverJob); job != "" {
		os.Exit(drive(job))
	}
	flag.Parse()
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	fmt.Printf("crash: -seed %d -cycles %d\n", *seed, *cycles)
	code := m.Run()
	if code != 0 {
		fmt.Printf("crash: FAILED with -seed %d -cycles %d\n", *seed, *cycles)
	}
	built.remove()
	os.Exit(code)
}

// random returns the random numbers of one part of the tests.
func random(part string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(part))
	return rand.New(rand.NewPCG(*seed, h.Sum64()))
}

// folder is a temporary folder of a test, which is gone when it ends.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Cleanup(func() { // before the folder is removed
		if !t.Failed() {
			return
		}
		t.Logf("again: go test -tags failpoints ./sim/crash -count 1 -run '^%s$' -seed %d -cycles %d", strings.ReplaceAll(t.Name(), "/", "$/^"), *seed, *cycles)
		keepFolder(t, dir)
	})
	return dir
}

// keepFolder copies a folder of a test that has failed, if that is asked for.
func keepFolder(t testing.TB, dir string) {
	t.Helper()
	if *keep == "" {
		return
	}
	to := filepath.Join(*keep, strings.ReplaceAll(t.Name(), "/", "-"), filepath.Base(dir))
	if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.CopyFS(to, regular{os.DirFS(dir)})); err != nil {
		t.Logf("keeping %s: %v", dir, err)
		return
	}
	t.Logf("kept %s", to)
}

// regular hides what cannot be copied, such as sockets.
type regular struct{ fs.FS }

// ReadDir implements fs.ReadDirFS.
func (r regular) ReadDir(name string) ([]fs.DirEntry, error) {
	list, err := fs.ReadDir(r.FS, name)
	return slices.DeleteFunc(list, func(e fs.DirEntry) bool { return !e.IsDir() && !e.Type().IsRegular() }), err
}

// A counter counts what a test has done of what it is to do, and says so now and then.
type counter struct {
	what string
	all  int

	mu   sync.Mutex
	done int
	said time.Time
}

// sayEvery is how often a counter says where it is.
const sayEvery = 30 * time.Second

func newCounter(what string, all int) *counter {
	return &counter{what: what, all: all, said: time.Now()}
}

func (c *counter) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done += n
	if time.Since(c.said) >= sayEvery {
		c.said = time.Now()
		fmt.Printf("crash: %s: %d of %d\n", c.what, c.done, c.all)
	}
}

// programs are the real binaries, built when they are first needed.
type programs struct {
	once sync.Once
	dir  string
	err  error
}

var built programs

func (p *programs) remove() {
	if p.dir != "" {
		os.RemoveAll(p.dir)
	}
}

// program returns the path of one of the programs, built with the same tags as this test.
func program(t testing.TB, name string) string {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "oxenswap-crash-"); built.err != nil {
			return
		}
		args := []string{"build", "-o", built.dir + string(filepath.Separator)}
		if failpoints {
			args = append(args, "-tags", "failpoints")
		}
		out, err := exec.Command("go", append(args, "oxenswap/cmd/...")...).CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("go build: %w: %s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.dir, name)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
