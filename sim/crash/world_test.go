package crash

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethclient"

	"oxenswap/ethclient/contracts"
	"oxenswap/oxenrpc/oxentest"
)

const (
	demo     = "../../demo"
	recorded = "../../oxenrpc/testdata/migration"
	fixed    = "2026-11-22T12:00:00Z" // the clock of all commands: recorded claims and chains do not move either
)

// migration is the demonstration's world: two recorded daemons, a chain of its own, keys, and a
// data directory.
type migration struct {
	*testing.T
	dir, data string
	rpc       string
	daemons   map[string]*oxentest.Daemon
	urls      map[string]string
	vkeys     []string
	holders   *holders
	cosigner  cosigner
	witness   *witness
}

func newMigration(t *testing.T) *migration {
	dir := folder(t)
	m := &migration{T: t, dir: dir, data: filepath.Join(dir, "oxenswap"), daemons: map[string]*oxentest.Daemon{}, urls: map[string]string{}}
	m.holders, m.cosigner = newHolders(m), newCosigner()
	m.witness = newWitness(m.data)
	for _, name := range []string{"a", "b"} {
		m.daemons[name] = oxentest.NewDaemon(nil)
		server := httptest.NewServer(m.daemons[name])
		t.Cleanup(server.Close)
		m.urls[name] = server.URL
	}
	m.world(1)
	m.startChain()
	for i, role := range []string{"owner", "publisher", "guardian"} {
		m.calm("oxendemo", "key", "--account", fmt.Sprint(i), "--out", m.path(role+".json"))
	}
	for _, name := range []string{"ada", "ben"} {
		m.vkeys = append(m.vkeys, strings.TrimSpace(m.calm("oxenswap", "operator", "keygen", name, "--out", m.path(name+".key"))))
	}
	return m
}

// nextKey makes another key for the ledger, once the one before is in its place.
func (m *migration) nextKey() {
	m.Helper()
	next, err := os.ReadFile(m.path("next.key"))
	if err == nil {
		present, err := os.ReadFile(filepath.Join(m.data, "ledger.key"))
		must(m, err)
		if !bytes.Equal(next, present) {
			return
		}
		m.remove(m.path("next.key"))
	}
	m.calm("oxenswap", m.oxenswap("ledger", "keygen", "--out", m.path("next.key"))...)
}

func (m *migration) remove(path string) {
	m.Helper()
	must(m, os.RemoveAll(path))
}

func (m *migration) path(name string) string { return filepath.Join(m.dir, name) }

// startChain starts a development chain with the token. It ends with the test.
func (m *migration) startChain() {
	m.Helper()
	c := exec.Command(program(m, "oxendemo"), "chain", "--time", "2026-11-22T11:00:00Z")
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := c.StdoutPipe()
	must(m, err)
	must(m, c.Start())
	m.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
	})
	line := make([]byte, 256)
	n, err := out.Read(line)
	must(m, err)
	m.rpc = strings.TrimSpace(string(line[:n]))
	m.calm("oxendemo", "token", "--rpc", m.rpc)
}

// world makes both daemons show the n-th recorded moment.
func (m *migration) world(n int) {
	m.Helper()
	w, err := oxentest.ReadWorld(filepath.Join(recorded, fmt.Sprintf("world%d.json.gz", n)))
	must(m, err)
	m.holders.reward(m, w)
	for name, d := range m.daemons {
		s, err := w.State(name)
		must(m, err)
		d.Play(s)
	}
}

func (m *migration) advance() {
	m.Helper()
	m.calm("oxendemo", "chain", "advance", "--rpc", m.rpc, "--seconds", "3660")
}

// calm runs a program that must succeed and returns what it prints.
func (m *migration) calm(name string, args ...string) string {
	m.Helper()
	r := m.start(nil, 0, name, args...)
	if r.err != nil {
		m.Fatalf("%s %v: %v: %s", name, args, r.err, r.stderr)
	}
	return r.stdout
}

// ended is how a process ended.
type ended struct {
	stdout, stderr string
	took           time.Duration
	killed         bool
	err            error
}

// start runs a program to its end, or kills it after some time when that is not 0.
func (m *migration) start(env []string, kill time.Duration, name string, args ...string) ended {
	m.Helper()
	c := exec.Command(program(m, name), args...)
	if len(env) > 0 {
		c.Env = append(os.Environ(), env...)
	}
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	begun := time.Now()
	must(m, c.Start())
	patience := time.AfterFunc(2*time.Minute, func() { c.Process.Signal(syscall.SIGQUIT) })
	defer patience.Stop()
	if kill > 0 {
		defer time.AfterFunc(kill, func() { c.Process.Kill() }).Stop()
	}
	err := c.Wait()
	status, _ := c.ProcessState.Sys().(syscall.WaitStatus)
	return ended{stdout.String(), stderr.String(), time.Since(begun), status.Signaled() && status.Signal() == syscall.SIGKILL, err}
}

func (m *migration) oxenswap(args ...string) []string {
	return append([]string{"--dir", m.data, "--clock", fixed}, args...)
}

// step is one command of a migration, and what happens before it.
type step struct {
	args   []string
	before func() // once
	each   func() // before each run; then every run does all of the work
	quiet  bool   // nobody may append anything meanwhile
}

// through reports whether a run did the step's work, or found that the one before had done it just
// before it was killed.
func (s step) through(e ended) bool {
	found := map[string]string{
		"init --terms": "already",
		"round build":  "is still built", // when claims have come meanwhile, else it finds that nothing is new
	}[s.name()]
	return e.err == nil || found != "" && strings.Contains(e.stderr, found)
}

// name is the step's command without what it is applied to.
func (s step) name() string { return strings.Join(s.args[:min(2, len(s.args))], " ") }

// steps are the work of the demonstration.
func (m *migration) steps() []step {
	var out []step
	var before func()
	do := func(args ...string) {
		out = append(out, step{args: args, before: before})
		before = nil
	}
	again := func(each func(), args ...string) { out = append(out, step{args: args, each: each}) }
	approve := func(round string, names ...string) {
		for _, name := range names {
			do("round", "approve", round, "--key", m.path(name+".key"))
		}
	}
	pay := func(round string) {
		do("chain", "fund", "--round", round)
		do("chain", "propose", round)
		before = m.advance
		do("chain", "activate")
		do("chain", "push", round)
	}
	do("init", "--terms", demo+"/terms.toml", "--operator", m.vkeys[0], "--operator", m.vkeys[1],
		"--daemon", "a="+m.urls["a"], "--daemon", "b="+m.urls["b"], "--rpc", m.rpc,
		"--owner", m.path("owner.json"), "--publisher", m.path("publisher.json"), "--guardian", m.path("guardian.json"))
	before = m.configure
	do("snapshot", "take")
	for _, c := range m.holders.first(m) {
		do(submit(c)...)
	}
	do("claim", "import", "--legacy", demo+"/legacy.jsonl")
	do("claim", "import", demo+"/claims.jsonl")
	do("claim", "import", demo+"/coins.jsonl")
	again(func() {
		m.remove(filepath.Join(m.data, "cosigned"))
		m.cosigner.sign(m, m.path("cosignature"))
	}, "ledger", "cosign", "--add", m.path("cosignature"))
	out[len(out)-1].quiet = true
	do("ledger", "export", m.path("public"))
	before = func() { m.world(2) }
	do("snapshot", "take")
	do("snapshot", "finalize")
	do("chain", "deploy", "--activation-delay", "3600")
	do("round", "build")
	approve("1", "ada", "ben")
	pay("1")
	again(m.nextKey, "ledger", "rotate", m.path("next.key"))
	do("claim", "import", demo+"/alice-second.jsonl")
	before = func() { m.world(3) }
	do("snapshot", "take")
	do("snapshot", "finalize")
	do("ledger", "export", m.path("public"))
	before = func() { m.world(4) }
	do("snapshot", "finalize")
	do("round", "build")
	approve("2", "ada")
	pay("2")
	again(func() {}, "ledger", "rebuild")
	again(func() { m.remove(m.path("backup.db")) }, "ledger", "backup", m.path("backup.db"))
	again(func() {
		if _, err := os.Stat(filepath.Join(m.path("restored"), "ledger.db")); err == nil { // else what a crash left stays
			m.remove(m.path("restored"))
		}
	}, "ledger", "restore", m.path("backup.db"), "--dir", m.path("restored"), "--key", filepath.Join(m.data, "ledger.key"),
		"--config", filepath.Join(m.data, "oxenswap.toml"), "--checkpoint", m.path("backup.db.checkpoint"))
	do("ledger", "export", m.path("public"))
	do("ledger", "export", m.path("full"), "--full")
	return out
}

// outcome is what must be the same at the end of a migration, whatever happened on the way.
type outcome struct {
	Claims    []struct{ Text string }
	Snapshots []struct {
		Height         uint64
		Status, Digest string
	}
	Rounds []struct {
		Round               uint64
		Status, Root, Total string
		Approvals           []string
	}
	Payments []payment
	Claimed  map[string]string // recipient -> all that the distributor paid it
}

type payment struct {
	Round                                 uint64
	Account, Programme, Amount, Recipient string
	PaidIn                                *string `json:"paid_in"`
}

// finish checks the end of a migration as an auditor, a recipient and a bookkeeper would.
func (m *migration) finish() outcome {
	m.Helper()
	m.witness.check(m)
	origin, _, _ := strings.Cut(m.witness.key(), "+")
	_, id, _ := strings.Cut(origin, "/")
	for folder, extra := range map[string][]string{"public": {"--public"}, "full": nil} {
		m.calm("oxenaudit", append([]string{"replay", m.path(folder), "--key", m.witness.key(), "--migration", id, "--rpc", m.rpc}, extra...)...)
	}
	var out outcome
	read := func(to any, args ...string) {
		must(m, json.Unmarshal([]byte(m.calm("oxenswap", m.oxenswap(append([]string{"--json"}, args...)...)...)), to))
	}
	read(&out.Claims, "claim", "list")
	for i, c := range out.Claims {
		out.Claims[i].Text = m.holders.unnumbered(c.Text)
	}
	read(&out.Snapshots, "snapshot", "list")
	read(&out.Rounds, "round", "list")
	read(&out.Payments, "round", "payments")
	for i, p := range out.Payments {
		if p.PaidIn == nil {
			continue
		}
		// Which transaction it was may differ; that there is one may not.
		paid := "paid"
		out.Payments[i].PaidIn = &paid
	}
	var status struct {
		Distributor struct{ Address common.Address }
		Open        []any
	}
	read(&status, "chain", "status")
	if len(status.Open) > 0 {
		m.Errorf("transactions are still open: %v", status.Open)
	}
	out.Claimed = m.claimed(status.Distributor.Address)
	return out
}

// claimed adds up what the distributor's own events say, and refuses two payments of one round to
// one recipient.
func (m *migration) claimed(distributor common.Address) map[string]string {
	m.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client, err := ethclient.DialContext(ctx, m.rpc)
	must(m, err)
	defer client.Close()
	event := contracts.Distributor().ABI.Events["Claimed"]
	logs, err := client.FilterLogs(ctx, ethereum.FilterQuery{FromBlock: common.Big0, Addresses: []common.Address{distributor}, Topics: [][]common.Hash{{event.ID}}})
	must(m, err)
	out, rounds := map[string]string{}, map[string]bool{}
	for _, l := range logs {
		values, err := event.Inputs.NonIndexed().Unpack(l.Data)
		must(m, err)
		recipient := common.BytesToAddress(l.Topics[1][:]).Hex()
		once := fmt.Sprint(recipient, " in round ", values[len(values)-1], l.Topics[2:])
		if rounds[once] {
			m.Errorf("%s was paid twice", once)
		}
		rounds[once] = true
		out[recipient] += fmt.Sprint(values, " ")
	}
	if len(out) == 0 {
		m.Error("nobody was paid")
	}
	return out
}
