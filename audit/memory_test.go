package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"oxenswap/swap"
)

// childEnv tells the test binary to be an auditor of its own: a folder, and what the export is held
// against.
const childEnv = "OXENSWAP_AUDIT_CHILD"

func TestMain(m *testing.M) {
	if order := os.Getenv(childEnv); order != "" {
		if err := auditAlone([]byte(order)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// childOrder is what an auditor in a process of its own is told.
type childOrder struct{ Dir, Key, Migration string }

// auditAlone audits an export and prints the process's own status.
func auditAlone(order []byte) error {
	var o childOrder
	if err := json.Unmarshal(order, &o); err != nil {
		return err
	}
	debug.SetGCPercent(GCPercent)
	r, err := Replay(context.Background(), os.DirFS(o.Dir), Options{Key: o.Key, Migration: o.Migration, Rules: swap.Rules1})
	if err != nil {
		return err
	}
	if !r.OK() {
		return fmt.Errorf("problems: %v", r.Problems)
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(status)
	return err
}

// peakMB is the most memory, in units of 10^6 bytes, that a process holds that audits a log.
func peakMB(tb testing.TB, dir string, o Options) float64 {
	tb.Helper()
	order, err := json.Marshal(childOrder{dir, o.Key, o.Migration})
	must(tb, err)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+string(order))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	must(tb, err)
	for line := range bytes.Lines(out) {
		if kb, ok := bytes.CutPrefix(line, []byte("VmHWM:")); ok {
			n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(string(kb)), "kB")))
			must(tb, err)
			return float64(n) * 1024 / 1e6
		}
	}
	tb.Fatalf("no VmHWM in the child's answer:\n%s", out)
	return 0
}

// BenchmarkMillion audits 1,000,000 entries, 100,000 of them claims of as many accounts with a
// snapshot and a round, in a process of its own, and reports the most memory that it held (MB).
func BenchmarkMillion(b *testing.B) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		b.Skip("peak memory is read from /proc/self/status, which this system lacks")
	}
	const entries, accounts = 1_000_000, 100_000
	l, _ := crowd(b, accounts)
	first := l.find("claim.accepted", 0)
	for n := uint64(len(l.lines)); n < entries; n++ {
		l.add(&swap.ClaimChecked{Claim: first + n%accounts, Code: swap.RecipientCode{Ethereum: swap.SeenNothing, Target: swap.SeenNothing}})
	}
	dir, o := l.export(), l.options()
	l = nil
	peak := 0.0
	for b.Loop() {
		peak = max(peak, peakMB(b, dir, o))
	}
	b.ReportMetric(peak, "MB")
}
