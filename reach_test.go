package oxenswap_test

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// module is the path of this module, with the slash that its packages' paths have after it.
const module = "oxenswap/"

// reachRule says what packages must not reach through anything that they import, be it of the
// project or from outside. Packages of the project are named without the module path; a name that
// ends in /... means the package and all below it.
type reachRule struct {
	from   []string
	never  []string
	except []string // not followed further
}

// The libraries that pull in more than the project uses of them.
const (
	torchwood = "filippo.io/torchwood"                                 // net/http, for a client of logs
	uint256   = "github.com/holiman/uint256"                           // database/sql, for columns
	bind      = "github.com/ethereum/go-ethereum/accounts/abi/bind/v2" // a keystore, for transactors not used here
	keystore  = "github.com/ethereum/go-ethereum/accounts/keystore"    // secret keys in files
	external  = "github.com/ethereum/go-ethereum/accounts/external"    // secret keys elsewhere
	nodeRPC   = "github.com/ethereum/go-ethereum/rpc"
	sqlx      = "github.com/jmoiron/sqlx"
	sqlite    = "github.com/mattn/go-sqlite3"
	zap       = "go.uber.org/zap"
)

// reachRules are the floors of the house, held through every import. mayImport holds the direct
// ones.
var reachRules = []reachRule{
	{ // leaves stand alone
		from:  []string{"swap/cryptonote", "swap/merkle", "swap/fail", "ethclient/contracts"},
		never: []string{"oxenswap/...", "net/http", "os/exec", nodeRPC, zap, sqlx, sqlite},
	},
	{ // the domain does no I/O of its own: no network, no database, no process, no key of a chain, no log
		from: []string{"swap", "swap/ledger"},
		never: []string{
			"oxenrpc/...", "ethclient/...", "store", "audit/...", "cmd/...",
			"net/http", "database/sql", "os/exec", nodeRPC, keystore, sqlx, sqlite, zap,
		},
		except: []string{torchwood, uint256},
	},
	{ // an auditor trusts nothing that writes, sends or holds a key
		from: []string{"audit", "audit/follow", "audit/diff", "audit/page", "cmd/oxenaudit"},
		never: []string{
			"store", "ethclient/sender/...", "ethclient/reconcile", "cmd/oxenswap/...", "swap/service",
			keystore, external, sqlx, sqlite, zap,
		},
	},
	{ // what it checks is given to it: only its program asks daemons, and only reads
		from:  []string{"audit", "audit/follow", "audit/diff", "audit/page", "swap/chaincheck"},
		never: []string{"oxenrpc", "ethclient", "os/exec", nodeRPC},
	},
	{ // reading and decoding need no writer
		from:  []string{"oxenrpc", "oxenrpc/wire", "oxenrpc/oxentest", "ethclient", "ethclient/reconcile"},
		never: []string{"store", "ethclient/sender/...", "cmd/...", "audit/...", keystore, external, sqlx, sqlite, zap},
	},
	{ // the database knows no network
		from:   []string{"store"},
		never:  []string{"oxenrpc/...", "ethclient/...", "audit/...", "cmd/...", "net/http", nodeRPC, keystore, zap},
		except: []string{torchwood},
	},
	{ // the sender sees the ledger through its own interfaces
		from:  []string{"ethclient/sender"},
		never: []string{"store", "oxenrpc/...", "audit/...", "cmd/...", sqlx, sqlite},
	},
	{ // the pages and the API are given what they show
		from: []string{
			"cmd/oxenswap/internal/portal", "cmd/oxenswap/internal/portal/web", "cmd/oxenswap/internal/portal/api",
			"cmd/oxenswap/internal/portal/desk", "cmd/oxenswap/internal/portal/guard",
		},
		never: []string{"store", "oxenrpc/...", "ethclient/sender/...", "audit/...", keystore, sqlx, sqlite},
	},
	{ // the database is reached through store alone
		from:   []string{"oxenswap/..."},
		never:  []string{sqlx, sqlite, "github.com/pressly/goose/v3"},
		except: []string{"store"},
	},
	{ // a key of the chain is reached through the signers alone
		from: []string{
			"swap/...", "oxenrpc/...", "ethclient/...", "store", "audit/...", "cmd/oxenswap/...", "cmd/oxenaudit",
		},
		never:  []string{keystore, external},
		except: []string{"ethclient/sender/signer", bind},
	},
	{ // acts are for those who act: no rule, format, reader or store needs them
		from:  []string{"swap", "swap/ledger", "oxenrpc/...", "ethclient/...", "store", "audit/..."},
		never: []string{"swap/service"},
	},
	{ // commands are nobody's library
		from:  []string{"swap/...", "oxenrpc/...", "ethclient/...", "store", "audit/...", "cmd/oxenaudit"},
		never: []string{"cmd/oxenswap/...", "cmd/oxendemo/...", "bench/...", "sim/..."},
	},
}

// TestReach holds reachRules over all packages, tests left out.
func TestReach(t *testing.T) {
	graph := imports(t)
	for i, rule := range reachRules {
		for _, name := range slices.Concat(rule.from, rule.never, rule.except) {
			if len(graph.match(name)) == 0 {
				t.Errorf("rule %d names %s, which no package imports or is", i, name)
			}
		}
		for _, way := range graph.violations(rule) {
			t.Errorf("%s must not reach %s: %s", way[0], way[len(way)-1], strings.Join(way, " -> "))
		}
	}
}

// TestReachFinds plants one forbidden import at a time and expects the checker to name the way to
// it, also where the importer may have it itself and only a package above may not.
func TestReachFinds(t *testing.T) {
	listed := imports(t)
	for _, c := range []struct{ importer, imported, want string }{
		{"oxenrpc/wire", "store", "cmd/oxenaudit -> audit -> oxenrpc/wire -> store"},
		{"oxenrpc/wire", "oxenrpc", "audit -> oxenrpc/wire -> oxenrpc"},
		{"ethclient", "ethclient/sender/signer", "cmd/oxenaudit -> ethclient -> ethclient/sender/signer"},
		{"swap/merkle", "net/http", "swap -> swap/merkle -> net/http"},
		{"swap/merkle", "swap/ledger", "swap/merkle -> swap/ledger"},
		{"swap/ledger", zap, "store -> swap/ledger -> " + zap},
		{"audit/follow", sqlite, "cmd/oxenaudit -> audit/follow -> " + sqlite},
		{"golang.org/x/mod/sumdb/note", keystore, "audit/follow -> golang.org/x/mod/sumdb/note -> " + keystore},
		{
			"cmd/oxenswap/internal/portal/problem", "store",
			"cmd/oxenswap/internal/portal/web -> cmd/oxenswap/internal/portal/problem -> store",
		},
	} {
		graph := maps.Clone(listed)
		graph[c.importer] = append([]string{c.imported}, graph[c.importer]...)
		found := map[string]bool{}
		for _, rule := range reachRules {
			for _, way := range graph.violations(rule) {
				found[strings.Join(way, " -> ")] = true
			}
		}
		if !found[c.want] {
			t.Errorf("%s imports %s: found %q, want %q among them",
				c.importer, c.imported, slices.Sorted(maps.Keys(found)), c.want)
		}
	}
}

// importGraph is which package imports which; packages of the project stand without the module
// path.
type importGraph map[string][]string

// imports asks the go command for the imports of all packages and of what they need.
func imports(t *testing.T) importGraph {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Imports", "./...")
	var stderr strings.Builder
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v: %s", err, stderr.String())
	}
	graph := importGraph{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return graph
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		for i, imported := range p.Imports {
			p.Imports[i] = strings.TrimPrefix(imported, module)
		}
		graph[strings.TrimPrefix(p.ImportPath, module)] = p.Imports
	}
}

// match is the packages that a name of a rule stands for, sorted.
func (g importGraph) match(name string) []string {
	below, tree := strings.CutSuffix(name, "/...")
	var matched []string
	for p := range g {
		switch {
		case p == below:
		case tree && strings.HasPrefix(p, below+"/"):
		case tree && below+"/" == module && g.own(p):
		default:
			continue
		}
		matched = append(matched, p)
	}
	slices.Sort(matched)
	return matched
}

// own reports whether a package is the project's.
func (g importGraph) own(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return slices.Contains([]string{"swap", "oxenrpc", "ethclient", "store", "audit", "cmd", "bench", "sim"}, first)
}

// violations is one shortest way for each package of a rule and each that it must not reach.
func (g importGraph) violations(rule reachRule) [][]string {
	set := func(names []string) map[string]bool {
		all := map[string]bool{}
		for _, name := range names {
			for _, p := range g.match(name) {
				all[p] = true
			}
		}
		return all
	}
	never, except := set(rule.never), set(rule.except)
	var ways [][]string
	for _, from := range slices.Sorted(maps.Keys(set(rule.from))) {
		if except[from] {
			continue
		}
		via := map[string]string{from: ""}
		for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
			for _, next := range g[queue[0]] {
				if _, seen := via[next]; seen {
					continue
				}
				via[next] = queue[0]
				if never[next] {
					ways = append(ways, wayTo(via, next))
				}
				if !except[next] {
					queue = append(queue, next)
				}
			}
		}
	}
	return ways
}

func wayTo(via map[string]string, p string) []string {
	var way []string
	for ; p != ""; p = via[p] {
		way = append(way, p)
	}
	slices.Reverse(way)
	return way
}
