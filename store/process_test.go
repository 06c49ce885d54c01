package store

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"oxenswap/swap"
)

func TestTwoWriters(t *testing.T) {
	w := newWorld(t, 4)
	dir := t.TempDir()
	s := w.create(dir)
	w.expect(dir, fmt.Sprintf("in use by process %d", os.Getpid()))
	if _, err := Create(context.Background(), dir, w.options(), w.first()); err == nil || !strings.Contains(err.Error(), "never replaced") {
		t.Errorf("Create: got %v, want one with %q", err, "never replaced")
	}
	if out, err := child(dir, "0").CombinedOutput(); err == nil || !strings.Contains(string(out), fmt.Sprintf("in use by process %d", os.Getpid())) {
		t.Errorf("another process: %s, %v", out, err)
	}
	w.verify(s.Reader)
	w.must(s.Close())
	w.must(w.open(dir).Close())
}

// child is this test program as a writer that appends until it is killed. It prints the number of
// each entry that was answered.
func child(dir, start string) *exec.Cmd {
	c := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.v")
	c.Env = append(os.Environ(), "STORE_TEST_DIR="+dir, "STORE_TEST_START="+start)
	return c
}

func TestChild(t *testing.T) {
	dir := os.Getenv("STORE_TEST_DIR")
	if dir == "" {
		t.Skip("is run by TestKilled and TestTwoWriters in a process of its own")
	}
	start, err := strconv.Atoi(os.Getenv("STORE_TEST_START"))
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, 12)
	s := w.open(dir)
	for sequence := start; ; sequence++ {
		for i := range 4 {
			go func() {
				if entries, err := appendTo(s, swap.Record{Event: w.claim(i, uint32(sequence), swap.EVMAddress{1, byte(sequence), byte(i)})}); err == nil {
					fmt.Printf("answered %d\n", entries[0].Seq)
				}
			}()
		}
		appendTo(s)
	}
}

// A writer that is killed at any moment has lost nothing that it had answered.
func TestKilled(t *testing.T) {
	w := newWorld(t, 12)
	dir := t.TempDir()
	s := w.create(dir)
	w.add(s, w.taken(240))
	w.must(s.Close())
	sequence := 1
	for round := range 4 {
		c := child(dir, strconv.Itoa(sequence))
		out, err := c.StdoutPipe()
		w.must(err)
		w.must(c.Start())
		highest, answers := uint64(0), 0
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if seq, ok := strings.CutPrefix(lines.Text(), "answered "); ok {
				n, err := strconv.ParseUint(seq, 10, 64)
				w.must(err)
				highest, answers = max(highest, n), answers+1
			}
			if answers == 30+17*round {
				w.must(c.Process.Kill())
				break
			}
		}
		c.Wait()
		if answers == 0 {
			t.Fatal("the child answered nothing")
		}
		s := w.open(dir)
		if v := w.verify(s.Reader); v.Entries <= highest {
			t.Errorf("entry %d was answered, and %d entries are left", highest, v.Entries)
		}
		w.must(s.View(context.Background(), func(t swap.Tables, _ uint64) error {
			return t.LatestClaims(func(c swap.Claim) error { sequence = max(sequence, int(c.Sequence)+1); return nil })
		}))
		w.must(s.Close())
	}
}
