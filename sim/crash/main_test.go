// Package crash breaks the programs at every moment and by every means that can be had on one machine, and looks whether they
// have kept what they promised:
//
//   - kill -9 at random moments, of the commands through a whole migration, and of a service that answers claims;
//   - named failpoints (build tag failpoints, package swap/fail) at every step of every action of several steps;
//   - failing writes and syncs under SQLite, one after the other, as of a broken or a full disk;
//   - loss of power: whatever was not synced is gone, or half there.
//
// After each: what was answered is in the log, a receipt leads to the log's root, no entry is there without all that it
// changes, nothing is paid twice, and in the end the auditor agrees.
//
// Everything follows from a seed, which is printed, as far as the machine's own timing lets it.
package crash

import (
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

var (
	seed   = flag.Uint64("seed", 0, "of all that is random; 0: the time")
	cycles = flag.Int("cycles", 20, "how often something is killed, and how often the power fails")
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
