package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/torchwood"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/mod/sumdb/note"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"oxenaudit": main})
}

// TestScript runs the commands as a person types them, on two exports of one small log: $EXPORT and
// $FORGED (a correction changed, and everything signed again with the real key). $KEY and
// $MIGRATION are the anchors, earlier is a checkpoint of the log, $URL serves $EXPORT. $GROWN is
// the log with a further entry, grown its checkpoint, receipt that of entry 2 under earlier, golden
// what testdata/golden holds. The witness with the key $WITNESS has cosigned $COSIGNED. Another log
// has a proof of coins: $FULL, and $PUBLIC, which withholds what is private, with $COINS_KEY and
// $COINS as anchors. rotation_test.go has more.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			l := smallLog(t)
			export, forged := filepath.Join(e.WorkDir, "export"), filepath.Join(e.WorkDir, "forged")
			l.export(t, export)
			coins := coinsLog(t)
			full, public := filepath.Join(e.WorkDir, "full"), filepath.Join(e.WorkDir, "public")
			coins.export(t, full)
			coins.export(t, public, coins.private...)
			last := len(l.lines) - 1
			receipt, err := ledger.NewReceipt(l.lines[last], l.checkpoint(t, last+1), mustVerifier(t, l.vkey), l.Hashes)
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(e.WorkDir, "receipt"), receipt, 0o644); err != nil {
				return err
			}
			if err := os.CopyFS(filepath.Join(e.WorkDir, "golden"), os.DirFS("testdata/golden")); err != nil {
				return err
			}
			witness, err := torchwood.NewCosignatureSigner("witness.example", ed25519.NewKeyFromSeed(make([]byte, 32)))
			if err != nil {
				return err
			}
			seen := smallLog(t)
			seen.witness = witness
			cosigned := filepath.Join(e.WorkDir, "cosigned")
			seen.export(t, cosigned)
			larger := smallLog(t)
			larger.add(t, &swap.Correction{Entry: 2, Note: "<b>it was</b>\x1b[2J theirs", By: "ben"})
			grown := filepath.Join(e.WorkDir, "more")
			larger.export(t, grown)
			if err := os.WriteFile(filepath.Join(e.WorkDir, "grown"), larger.checkpoint(t, last+2), 0o644); err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(e.WorkDir, "earlier"), l.checkpoint(t, last+1), 0o644); err != nil {
				return err
			}
			if err := rotatedPlaces(t, e); err != nil {
				return err
			}
			l.lines[last] = bytes.Replace(l.lines[last], []byte("it was theirs"), []byte("it was stolen"), 1)
			l.export(t, forged)
			server := httptest.NewServer(http.FileServer(http.Dir(export)))
			e.Defer(server.Close)
			for name, value := range map[string]string{
				"EXPORT": export, "FORGED": forged, "KEY": l.vkey, "MIGRATION": l.terms.ID(), "URL": server.URL, "GROWN": grown,
				"COSIGNED": cosigned, "WITNESS": witness.Verifier().String(),
				"FULL": full, "PUBLIC": public, "COINS_KEY": coins.vkey, "COINS": coins.terms.ID(),
			} {
				e.Setenv(name, value)
			}
			return nil
		},
	})
}

// testLog is a ledger in memory whose entries passed through swap.Apply.
type testLog struct {
	terms   *swap.Terms
	tables  swap.Memory
	now     time.Time
	lines   [][]byte
	files   map[ledger.Digest][]byte
	vkey    string
	signer  note.Signer
	private []swap.Hash // attachments
	former  [][]byte    // signed rotations from earlier keys
	witness note.Signer // cosigns exports; nil: nobody does
	ledger.Hashes
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// testTerms are those of a fakechain and a development chain.
func testTerms(t *testing.T, token string) *swap.Terms {
	t.Helper()
	terms, err := swap.ParseTerms(fmt.Appendf(nil, `{"closes":"2027-12-31T23:59:59Z","legacy_claims":false,"name":"test","opens":"2026-01-01T00:00:00Z",`+
		`"oxen":{"finality_depth":10,"genesis":"08ff156d993012b0bdf2816c4bee47c9bbc7930593b70ee02574edddf15ee933","network":"fakechain"},`+
		`"portal":"claim.example","programme":[{"cap":"1000","kind":"convert-stake","name":"stake","ratio":"54/100","snapshot_height":240}],`+
		`"token":{"address":%q,"chain_id":1337,"decimals":9,"symbol":"SESH"},"version":1}`, token))
	must(t, err)
	return terms
}

// openLog is a log of two entries.
func openLog(t *testing.T, terms *swap.Terms) *testLog {
	t.Helper()
	secret, public, err := ledger.NewKey(seed(terms.Origin()), terms.Origin())
	must(t, err)
	_, operator, err := ledger.NewKey(seed("ann"), "ann")
	must(t, err)
	l := &testLog{terms: terms, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), files: map[ledger.Digest][]byte{}, vkey: public}
	l.signer, err = ledger.NewSigner(secret)
	must(t, err)
	l.add(t, &swap.MigrationOpened{Migration: terms.ID(), Terms: swap.Digest(terms.Canonical()), Software: "test", LedgerKey: public, Operators: []string{operator}}, terms.Canonical())
	l.add(t, &swap.ConfigSet{Config: swap.Config{
		Operators: []string{operator}, Quorum: 1, Daemons: 1, Limits: swap.Limits{Recipient: 1, Round: 1, Day: 1},
		Rails: swap.Rails{Transaction: 1, Day: 1, GasPrice: 1e12, Batch: 1},
	}, By: "ann"})
	return l
}

func smallLog(t *testing.T) *testLog {
	t.Helper()
	l := openLog(t, testTerms(t, "0x5FbDB2315678afecb367f032d93F642f64180aa3"))
	evidence := []byte("a telephone call")
	digest := swap.Digest(evidence)
	l.add(t, &swap.Correction{Entry: 1, Note: "the holder asked: it was theirs", By: "ann", Evidence: &digest}, evidence)
	return l
}

// seed gives the same keys on every run.
func seed(name string) io.Reader {
	k := crypto.NewKeccakState()
	k.Write([]byte(name))
	return k
}

// Attachment implements swap.Attachments.
func (l *testLog) Attachment(h swap.Hash) ([]byte, error) {
	data, ok := l.files[ledger.Digest(h)]
	if !ok {
		return nil, swap.ErrAttachment
	}
	return data, nil
}

func (l *testLog) add(t *testing.T, event swap.Event, attachments ...[]byte) {
	t.Helper()
	for _, data := range attachments {
		l.files[ledger.DigestOf(data)] = data
	}
	l.private = append(l.private, swap.Private(event)...)
	seq := uint64(len(l.lines))
	l.now = l.now.Add(time.Second)
	must(t, swap.ApplyEvent(&l.tables, l, seq, l.now, event))
	body, err := ledger.MarshalBody(event)
	must(t, err)
	line, err := ledger.FormatEntry(ledger.Entry{Seq: seq, Time: l.now, Kind: event.Kind(), Body: body})
	must(t, err)
	l.lines = append(l.lines, line)
}

func mustVerifier(t *testing.T, vkey string) note.Verifier {
	t.Helper()
	v, err := ledger.NewVerifier(vkey)
	must(t, err)
	return v
}

func (l *testLog) checkpoint(t *testing.T, size int) []byte {
	t.Helper()
	var f ledger.Frontier
	for _, line := range l.lines[:size] {
		f.Append(ledger.RecordHash(line))
	}
	signed, err := ledger.SignCheckpoint(ledger.Checkpoint{Origin: l.terms.Origin(), Tree: f.Tree()}, l.signer)
	must(t, err)
	return signed
}

func (l *testLog) export(t *testing.T, dir string, withhold ...swap.Hash) {
	t.Helper()
	l.Hashes = nil
	for _, line := range l.lines {
		must(t, l.Append(ledger.RecordHash(line)))
	}
	key, err := ledger.NewVerifier(l.vkey)
	must(t, err)
	checkpoint := l.checkpoint(t, len(l.lines))
	if l.witness != nil {
		n, err := note.Open(checkpoint, note.VerifierList(key))
		must(t, err)
		checkpoint, err = note.Sign(n, l.witness)
		must(t, err)
	}
	_, err = ledger.WriteExport(t.Context(), dir, source{l}, ledger.ExportConfig{
		Checkpoint: checkpoint, Signer: l.signer, Key: key, Rotations: l.former,
		Withhold: func(d ledger.Digest) bool { return slices.Contains(withhold, swap.Hash(d)) },
	})
	must(t, err)
}

// source is a ledger.Source.
type source struct{ *testLog }

func (s source) Records(_ context.Context, lo, hi int64) ([][]byte, error) {
	return s.lines[lo:hi], nil
}

func (s source) Attachments(_ context.Context, _ int64) (out []ledger.Digest, err error) {
	for d := range s.files {
		out = append(out, d)
	}
	return out, nil
}

func (s source) OpenAttachment(_ context.Context, d ledger.Digest) (io.ReadCloser, error) {
	stored, err := ledger.CompressAttachment(s.files[d])
	return io.NopCloser(bytes.NewReader(stored)), err
}

// oxenaudit runs a command line to its end.
func oxenaudit(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, words bytes.Buffer
	code = run(t.Context(), args, &out, &words)
	return code, out.String(), words.String()
}

// TestWeb: a server that fails for a moment is asked again, one that lies is not believed.
func TestWeb(t *testing.T) {
	l := smallLog(t)
	dir := t.TempDir()
	l.export(t, dir)
	files := http.FileServer(http.Dir(dir))
	asked := make(chan string, 1000)
	var fault func(w http.ResponseWriter, r *http.Request) bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		if fault == nil || !fault(w, r) {
			files.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	audit := func() (int, string) {
		code, out, words := oxenaudit(t, "replay", server.URL+"/", "--rules", "1", "--key", l.vkey, "--migration", l.terms.ID())
		return code, out + words
	}
	count := func(path string) (n int) {
		for len(asked) > 0 {
			if <-asked == path {
				n++
			}
		}
		return n
	}

	if code, out := audit(); code != 0 || !strings.HasSuffix(out, "audit: every entry holds\n") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	if n := count("/tile/entries/000.p/3"); n != 1 {
		t.Errorf("the entries were fetched %d times", n)
	}
	failures := 0
	fault = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, "/tile/entries/") || failures == 1 {
			return false
		}
		failures++
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return true
	}
	if code, out := audit(); code != 0 || failures != 1 {
		t.Errorf("exit code %d after %d failures:\n%s", code, failures, out)
	}
	fault = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/tile/entries/000.p/3" {
			return false
		}
		data, err := os.ReadFile(filepath.Join(dir, "tile/entries/000.p/3"))
		if err != nil {
			t.Error(err)
		}
		data[len(data)-10] ^= 1
		w.Write(data)
		return true
	}
	if code, out := audit(); code != 1 || !strings.Contains(out, "\naudit: entry 2 (unreadable): ") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	fault = func(w http.ResponseWriter, r *http.Request) bool {
		http.NotFound(w, r)
		return true
	}
	if code, out := audit(); code != 1 || !strings.Contains(out, "audit: manifest: ") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}

// TestLinks: the program has no key, no writer and no database in it.
func TestLinks(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	deps := strings.Fields(string(out))
	if len(deps) < 100 {
		t.Fatalf("only %d packages are linked", len(deps))
	}
	banned := regexp.MustCompile(`^oxenswap/(store|oxenrpc/oxentest|ethclient/sender)|sqlite|sqlx|goose|go-ethereum/accounts/(keystore|external|usbwallet|scwallet)|go-ethereum/signer|go-ethereum/accounts/abi/bind`)
	for _, d := range deps {
		if banned.MatchString(d) {
			t.Errorf("%s is linked", d)
		}
	}
}
