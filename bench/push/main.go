// Command push measures a push of a round to many recipients: the real program, its ledger on this
// disk, and a node of Foundry's make with a block every second. It prints the time on the wall, the
// batches, and what `oxenswap chain push` itself used of the processor and of memory, and exits 1
// when one of them passes its bound.
//
//	go run ./bench/push -oxenswap bin/oxenswap -anvil $(command -v anvil)
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/ethereum/go-ethereum/ethclient"
)

// The bounds for 10,000 recipients; for others they grow with the number.
const (
	recipientsOfBounds = 10_000
	mostBatches        = 50
	mostWall           = 75 * time.Second
	mostCPU            = 12 * time.Second
	mostMemory         = 150 << 20 // bytes
)

func main() {
	program := flag.String("oxenswap", "bin/oxenswap", "the program")
	node := flag.String("anvil", "ethclient/sender/faulttest/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil", "the node's program, of npm @foundry-rs/anvil")
	recipients := flag.Int("n", recipientsOfBounds, "recipients")
	flag.Parse()
	if err := run(*program, *node, *recipients); err != nil {
		fmt.Fprintln(os.Stderr, "push:", err)
		os.Exit(1)
	}
}

func run(program, node string, recipients int) error {
	dir, err := os.MkdirTemp("", "oxenswap-push-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	url, stop, err := startNode(node)
	if err != nil {
		return err
	}
	defer stop()
	if program, err = filepath.Abs(program); err != nil {
		return err
	}
	w := &world{dir: dir, program: program, url: url}
	if err := w.prepare(context.Background(), recipients); err != nil {
		return err
	}
	dry, err := w.command("--json", "chain", "push", "1", "--dry-run")
	if err != nil {
		return err
	}
	pushed, err := w.command("--json", "chain", "push", "1")
	if err != nil {
		return err
	}
	checked, err := w.command("--json", "chain", "reconcile")
	if err != nil {
		return err
	}
	return report(recipients, dry, pushed, checked)
}

// figure is one line of the result.
type figure struct {
	name        string
	got, atMost float64
	format      string
}

func report(recipients int, dry, pushed, checked *used) error {
	var plan, done struct {
		Recipients int `json:"recipients"`
		Batches    []struct {
			Gas   uint64 `json:"gas"`
			Bytes uint64 `json:"bytes"`
		} `json:"batches"`
	}
	var found struct {
		Payments    int               `json:"payments"`
		Differences []json.RawMessage `json:"differences"`
	}
	if err := errors.Join(json.Unmarshal(dry.out, &plan), json.Unmarshal(pushed.out, &done), json.Unmarshal(checked.out, &found)); err != nil {
		return err
	}
	if done.Recipients != recipients || found.Payments != recipients || len(found.Differences) != 0 || len(plan.Batches) != len(done.Batches) {
		return fmt.Errorf("%d recipients pushed in %d batches (planned: %d), %d payments on chain, %d differences: expected %d payments",
			done.Recipients, len(done.Batches), len(plan.Batches), found.Payments, len(found.Differences), recipients)
	}
	gas, largest := uint64(0), uint64(0)
	for _, b := range done.Batches {
		gas, largest = gas+b.Gas, max(largest, b.Bytes)
	}
	share := max(1, float64(recipients)/recipientsOfBounds)
	failed := false
	out := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintf(out, "PUSH TO %d RECIPIENTS\tMEASURED\tAT MOST\n", recipients)
	for _, f := range []figure{
		{"batches", float64(len(done.Batches)), mostBatches * share, "%.0f"},
		{"wall, s", pushed.wall.Seconds(), mostWall.Seconds() * share, "%.1f"},
		{"processor, s", pushed.cpu.Seconds(), mostCPU.Seconds() * share, "%.2f"},
		{"memory, MiB", float64(pushed.memory) / (1 << 20), mostMemory / (1 << 20) * share, "%.0f"},
	} {
		fmt.Fprintf(out, "%s\t"+f.format+"\t"+f.format+"\n", f.name, f.got, f.atMost)
		failed = failed || f.got > f.atMost
	}
	fmt.Fprintf(out, "gas per recipient\t%d\t\nlargest transaction, bytes\t%d\t\n", gas/uint64(recipients), largest)
	fmt.Fprintf(out, "dry run: wall, processor, s\t%.1f, %.2f\t\n", dry.wall.Seconds(), dry.cpu.Seconds())
	fmt.Fprintf(out, "reconcile: wall, processor, s\t%.1f, %.2f\t\n", checked.wall.Seconds(), checked.cpu.Seconds())
	if err := out.Flush(); err != nil {
		return err
	}
	if failed {
		return errors.New("a bound is passed")
	}
	return nil
}

// used is what a command used and printed.
type used struct {
	wall, cpu time.Duration
	memory    uint64 // bytes, at its highest
	out       []byte
}

// command runs the program on the data directory.
func (w *world) command(args ...string) (*used, error) {
	c := exec.Command(w.program, append([]string{"--dir", filepath.Join(w.dir, "data")}, args...)...)
	var words strings.Builder
	c.Stderr = &words
	c.Dir = w.dir
	start := time.Now()
	out, err := c.Output()
	u := &used{wall: time.Since(start), out: out}
	if err != nil {
		return nil, fmt.Errorf("oxenswap %s: %w\n%s", strings.Join(args, " "), err, words.String())
	}
	u.cpu = c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	if r, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.memory = uint64(r.Maxrss) << 10 // KiB: getrusage(2)
	}
	return u, nil
}

// startNode starts a node that makes a block every second, of which all but the newest two are
// final.
func startNode(program string) (url string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	c := exec.Command(program, "--port", strconv.Itoa(port), "--chain-id", strconv.Itoa(chainID), "--block-time", "1", "--slots-in-an-epoch", "1", "--silent")
	if err := c.Start(); err != nil {
		return "", nil, fmt.Errorf("%w: install npm @foundry-rs/anvil 1.7.1, and name its program with -anvil", err)
	}
	stop = func() { c.Process.Kill(); c.Wait() }
	url = fmt.Sprintf("http://127.0.0.1:%d", port)
	// Nothing tells when the node answers but asking.
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if client, err := ethclient.Dial(url); err == nil {
			_, err = client.ChainID(context.Background())
			client.Close()
			if err == nil {
				return url, stop, nil
			}
		}
		if time.Now().After(deadline) {
			stop()
			return "", nil, errors.New("the node does not answer")
		}
	}
}

// widen sets limits and rails so high that nothing stops at them.
func widen(config []byte) []byte {
	return regexp.MustCompile(`(?m)^(recipient|round|day|transaction) = .*`).ReplaceAll(config, []byte(`$1 = "`+capText+`"`))
}
