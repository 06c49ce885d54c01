package main

import (
	"net/http/httptest"
	"path/filepath"
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

// TestScript runs the commands as a person types them. Two daemons, at $DAEMON_A and $DAEMON_B, show the first recorded
// moment; `world N` moves both to the N-th, `daemon NAME FAULT` makes one misbehave.
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
			"world":  showWorld,
			"daemon": misbehave,
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
		ts.Fatalf("usage: daemon NAME busy|garbage|lie|behave")
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
	case "behave":
		d.Behave()
	default:
		ts.Fatalf("daemon cannot %s", args[1])
	}
}
