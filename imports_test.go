package oxenswap_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport is who may import whom within the project. Test files, cmd and bench may import what
// they wire.
var mayImport = map[string][]string{
	"swap/cryptonote":           {},
	"swap/merkle":               {},
	"swap/ledger":               {"swap/fail"},
	"swap/fail":                 {},
	"ethclient/contracts":       {},
	"swap":                      {"swap/cryptonote", "swap/merkle", "swap/ledger"},
	"swap/chaincheck":           {"swap", "swap/cryptonote"},
	"swap/service":              {"swap", "swap/chaincheck", "swap/cryptonote", "swap/merkle", "swap/ledger", "swap/fail"},
	"oxenrpc/wire":              {"swap", "swap/cryptonote"},
	"oxenrpc":                   {"swap", "swap/cryptonote", "oxenrpc/wire"},
	"oxenrpc/oxentest":          {"oxenrpc/wire", "swap/cryptonote"},
	"ethclient":                 {"swap", "swap/merkle", "ethclient/contracts"},
	"ethclient/chaintest":       {"ethclient"},
	"ethclient/reconcile":       {"swap", "swap/merkle", "swap/ledger", "ethclient"},
	"ethclient/sender":          {"swap", "swap/merkle", "ethclient", "ethclient/contracts", "ethclient/reconcile", "swap/fail", "ethclient/sender/bindings", "ethclient/sender/state", "ethclient/sender/signer"},
	"ethclient/sender/signer":   {"swap"},
	"ethclient/sender/safe":     {"swap"},
	"ethclient/sender/bindings": {"ethclient/contracts"}, // its generator
	"ethclient/sender/state":    {"swap"},
	"store":                     {"swap", "swap/fail", "swap/ledger"},
	"audit":                     {"audit/observed", "swap", "swap/chaincheck", "swap/cryptonote", "swap/merkle", "swap/ledger", "oxenrpc/wire"},
	"audit/follow":              {"swap", "swap/ledger"},
	"audit/observed":            {"swap", "oxenrpc/wire"},
	"audit/diff":                {"audit/follow", "swap/ledger"},
	"audit/logtest":             {"swap", "swap/ledger"},
	"audit/page":                {"audit", "chart", "swap"},
	"chart":                     {"swap"},
	"cmd/internal/cli":          {"cmd/internal/secret"},
	"cmd/internal/endpoint":     {},
	"cmd/internal/secret":       {},
	"cmd/oxenaudit":             {"cmd/internal/cli", "cmd/internal/endpoint", "audit", "audit/follow", "audit/diff", "audit/observed", "audit/page", "swap", "swap/chaincheck", "swap/cryptonote", "swap/merkle", "swap/ledger", "oxenrpc", "oxenrpc/wire", "ethclient", "ethclient/contracts"},
}

// onlyIn is where a package from outside may be imported, tests included unless said otherwise.
var onlyIn = map[string][]string{
	"github.com/jmoiron/sqlx":                             {"store"},
	"github.com/mattn/go-sqlite3":                         {"store"},
	"github.com/pressly/goose/v3":                         {"store"},
	"github.com/robfig/cron/v3":                           {"cmd"},
	"github.com/spf13/cobra":                              {"cmd"},
	"github.com/BurntSushi/toml":                          {"cmd"},
	"github.com/prometheus/client_golang":                 {"cmd"},
	"github.com/ethereum/go-ethereum/accounts/keystore":   {"ethclient/sender/signer", "cmd/oxendemo", "bench"},
	"github.com/ethereum/go-ethereum/accounts/external":   {"ethclient/sender/signer"},
	"github.com/ethereum/go-ethereum/ethclient/simulated": {"cmd/oxendemo", "ethclient/chaintest"},
}

// TestImports holds the table of who may import whom against the sources.
func TestImports(t *testing.T) {
	sources := 0
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == "node_modules" || d.Name() == "testdata" || (strings.HasPrefix(d.Name(), ".") && name != ".") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		sources++
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		dir := path.Dir(name)
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			checkImport(t, name, dir, imported)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if sources < 50 {
		t.Errorf("only %d sources were looked at", sources)
	}
}

func checkImport(t *testing.T, name, dir, imported string) {
	if own, ok := strings.CutPrefix(imported, "oxenswap/"); ok {
		allowed, listed := mayImport[dir]
		switch {
		case listed && !slices.Contains(allowed, own):
			t.Errorf("%s imports %s: %s may import only %v", name, own, dir, allowed)
		case !listed && !within(dir, "cmd", "bench", "sim", "conformance"):
			t.Errorf("%s: package %s is not in the table", name, dir)
		}
		return
	}
	for outside, places := range onlyIn {
		if (imported == outside || strings.HasPrefix(imported, outside+"/")) && !within(dir, places...) {
			t.Errorf("%s imports %s, which belongs in %v", name, imported, places)
		}
	}
	if strings.HasPrefix(imported, "go.uber.org/zap") && within(dir, "swap", "oxenrpc/wire", "ethclient/contracts", "audit") {
		t.Errorf("%s imports zap: leaves and the domain do not log", name)
	}
	if imported == "net/http/httptest" && !within(dir, "oxenrpc/oxentest") {
		t.Errorf("%s imports %s outside tests", name, imported)
	}
}

// within reports whether a folder is one of the places, or below one.
func within(dir string, places ...string) bool {
	return slices.ContainsFunc(places, func(p string) bool { return dir == p || strings.HasPrefix(dir, p+"/") })
}
