package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"oxenswap/oxenrpc/oxentest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"oxenswap": main})
}

// recorded is a small migration on a real private network: four moments as two daemons showed them.
const recorded = "../../oxenrpc/testdata/migration"

// TestScript runs the commands as a person types them. Two daemons, at $DAEMON_A and $DAEMON_B,
// show the first recorded moment; `world N` moves both to the N-th, `daemon NAME FAULT` makes one
// misbehave.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			daemons := map[string]*oxentest.Daemon{}
			for _, name := range []string{"a", "b"} {
				s, err := worldState(1, name)
				if err != nil {
					return err
				}
				daemons[name] = oxentest.NewDaemon(s)
				server := httptest.NewServer(daemons[name])
				e.Defer(server.Close)
				e.Setenv("DAEMON_"+strings.ToUpper(name), server.URL)
			}
			e.Values["daemons"] = daemons
			demo, err := filepath.Abs("../../demo")
			e.Setenv("DEMO", demo)
			return err
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"world":    showWorld,
			"daemon":   misbehave,
			"withheld": withheld,
			"witness":  witness,
		},
	})
}

func worldState(n int, daemon string) (*oxentest.State, error) {
	w, err := oxentest.ReadWorld(filepath.Join(recorded, "world"+string(rune('0'+n))+".json.gz"))
	if err != nil {
		return nil, err
	}
	return w.State(daemon)
}

func showWorld(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 || len(args[0]) != 1 {
		ts.Fatalf("usage: world N")
	}
	for name, d := range ts.Value("daemons").(map[string]*oxentest.Daemon) {
		s, err := worldState(int(args[0][0]-'0'), name)
		ts.Check(err)
		d.Play(s)
	}
}

func misbehave(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: daemon NAME busy|garbage|lie|spend|behave")
	}
	d := ts.Value("daemons").(map[string]*oxentest.Daemon)[args[0]]
	switch args[1] {
	case "busy":
		d.Intercept(oxentest.On("get_last_block_header", oxentest.Busy))
	case "garbage":
		d.Intercept(oxentest.Garbage)
	case "lie":
		d.Intercept(oxentest.On("get_accrued_batched_earnings", oxentest.Edit(func(result map[string]any) {
			result["amounts"].([]any)[0] = 1
		})))
	case "spend":
		d.Intercept(oxentest.On("is_key_image_spent", oxentest.Edit(func(result map[string]any) {
			result["spent_status"].([]any)[0] = 1
		})))
	case "behave":
		d.Behave()
	default:
		ts.Fatalf("daemon cannot %s", args[1])
	}
}

// withheld compares a public export with a full one: nothing in its files, compressed ones
// included, may show a key image or a part of a proof that the full one keeps for auditors, unless
// it is public anyway as a stake.
func withheld(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: withheld PUBLIC FULL")
	}
	public, full := exported(ts, args[0]), exported(ts, args[1])
	secrets := map[string]bool{}
	for name, text := range full {
		if _, open := public[name]; open {
			continue
		}
		for _, m := range regexp.MustCompile(`"key_image":"([0-9a-f]{64})"`).FindAllStringSubmatch(text, -1) {
			secrets[m[1]] = true
		}
		if strings.HasPrefix(text, "ReserveProofV1") {
			secrets[text[:200]] = true
		}
	}
	if len(secrets) < 100 {
		ts.Fatalf("only %d secrets in %s", len(secrets), args[1])
	}
	stakes := 0
	for secret := range secrets {
		for name, text := range public {
			if !strings.Contains(text, secret) {
				continue
			}
			if strings.Contains(text, `"locked_contributions"`) || strings.Contains(text, `"locked":[`) {
				stakes++ // a snapshot, or a daemon's answer for it: stakes are public
				continue
			}
			ts.Fatalf("%s in %s shows %s", name, args[0], secret)
		}
	}
	if stakes == 0 {
		ts.Fatalf("no stake among the secrets: the search finds nothing at all")
	}
}

// exported reads all files of an export, attachments uncompressed.
func exported(ts *testscript.TestScript, dir string) map[string]string {
	files := map[string]string{}
	root := ts.MkAbs(dir)
	ts.Check(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.HasSuffix(path, ".gz") {
			r, err := gzip.NewReader(bytes.NewReader(data))
			if err != nil {
				return err
			}
			if data, err = io.ReadAll(r); err != nil {
				return err
			}
		}
		name, err := filepath.Rel(root, path)
		files[name] = string(data)
		return err
	}))
	return files
}
