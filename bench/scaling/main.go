// Command scaling shows how `oxenswap verify signature --jsonl` scales from one core to two, beside
// bare group operations on the same machine: pairs of runs, one after the other, and the best of
// each.
//
// It generates the signatures with oxendemo and needs both programs in the folder that --bin names.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"filippo.io/edwards25519"
)

func main() {
	bin := flag.String("bin", "bin", "folder with oxenswap and oxendemo")
	lines := flag.Int("lines", 100_000, "signatures in the file")
	runs := flag.Int("runs", 10, "pairs of runs")
	bare := flag.Int("bare", 0, "only do this many bare group operations, on all of GOMAXPROCS (what the program calls itself for)")
	flag.Parse()
	if *bare > 0 {
		groupOperations(*bare)
		return
	}
	if err := compare(*bin, *lines, *runs); err != nil {
		fmt.Fprintln(os.Stderr, "scaling:", err)
		os.Exit(1)
	}
}

// groupOperations does n double-base multiplications, the heart of a signature check, spread over
// all workers.
func groupOperations(n int) {
	p := new(edwards25519.Point).Add(edwards25519.NewGeneratorPoint(), edwards25519.NewGeneratorPoint())
	s, err := edwards25519.NewScalar().SetUniformBytes(bytes.Repeat([]byte{0x5a}, 64))
	if err != nil {
		panic(err) // 64 bytes are always taken
	}
	var group sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for range workers {
		group.Go(func() {
			r := new(edwards25519.Point)
			for range n / workers {
				r.VarTimeDoubleScalarBaseMult(s, p, s)
			}
		})
	}
	group.Wait()
}

func compare(bin string, lines, runs int) error {
	dir, err := os.MkdirTemp("", "scaling")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "signatures.jsonl")
	if out, err := exec.Command(filepath.Join(bin, "oxendemo"), "synth", "messages", "--count", strconv.Itoa(lines), "--out", file).CombinedOutput(); err != nil {
		return fmt.Errorf("oxendemo synth messages: %w: %s", err, out)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	verify := []string{filepath.Join(bin, "oxenswap"), "verify", "signature", "--jsonl", file}
	group := []string{self, "--bare", strconv.Itoa(2 * lines)}
	var best [2][2]time.Duration
	for run := range runs {
		for cores := range 2 {
			for i, command := range [][]string{verify, group} {
				took, err := timed(command, cores+1)
				if err != nil {
					return err
				}
				if run == 0 || took < best[i][cores] {
					best[i][cores] = took
				}
			}
		}
	}
	for i, name := range []string{"verify signature --jsonl", "bare group operations"} {
		fmt.Printf("%-26s 1 core %8s   2 cores %8s   speed-up %.2f\n", name, best[i][0].Round(time.Millisecond), best[i][1].Round(time.Millisecond),
			float64(best[i][0])/float64(best[i][1]))
	}
	return nil
}

func timed(command []string, cores int) (time.Duration, error) {
	c := exec.Command(command[0], command[1:]...)
	c.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(cores))
	c.Stdout = io.Discard
	var words bytes.Buffer
	c.Stderr = &words
	start := time.Now()
	if err := c.Run(); err != nil {
		return 0, fmt.Errorf("%s: %w: %s", command[0], err, words.Bytes())
	}
	return time.Since(start), nil
}
