package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/cmd/oxenswap/internal/portal/web/catalogue"
	"oxenswap/swap"
)

// families are the texts whose keys end in a value that is not in the sources.
var families = map[string][]string{
	"kind":     kinds(),
	"none":     kinds(),
	"sum":      kinds(),
	"cause":    causeNames(),
	"cause-do": causeNames(),
	"next": {
		string(desk.NextOpening), string(desk.NextClosed), string(desk.NextSnapshot), string(desk.NextProve), string(desk.NextMayProve),
		string(desk.NextJudge), string(desk.NextClaim), string(desk.NextRound), string(desk.NextApproval), string(desk.NextActivation),
		string(desk.NextCollect), string(desk.NextNothing),
	},
	"state": {
		string(desk.StateBuilt), string(desk.StateApproved), string(desk.StateSending), string(desk.StatePending), string(desk.StatePayable),
		string(desk.StatePaid), string(desk.StateAbandoned), string(desk.StateCancelled),
	},
	"seen":     {string(swap.SeenNotChecked), string(swap.SeenNothing), string(swap.SeenCode), string(swap.SeenDelegation)},
	"snapshot": {string(swap.TakenSnapshot), string(swap.FinalSnapshot)},
	"stage": {
		string(desk.StageWaiting), string(desk.StageAsking), string(desk.StageJudging), string(desk.StageAgain), string(desk.StageDone),
	},
	"proof":    {string(swap.ReceivedProof), string(swap.AcceptedProof), string(swap.RefusedProof), string(swap.FreedProof)},
	"refusal":  reasons(),
	"remedy":   reasons(),
	"later":    {"rate-limited", "busy", "queue", "chain", "start"},
	"entry":    swap.Kinds(),
	"language": {"name"},
}

func kinds() []string {
	return []string{
		string(swap.ConvertStake), string(swap.ConvertRewards), string(swap.SharePoints), string(swap.ConvertCoins), string(swap.ConvertDeposits), string(swap.Grant),
	}
}

func causeNames() []string {
	return []string{
		string(desk.CauseNoSnapshot), string(desk.CauseExchange), string(desk.CauseOtherWallet), string(desk.CauseAfterSnapshot),
		string(desk.CauseNeverStaked), string(desk.CauseUnfunded),
	}
}

func reasons() []string {
	return []string{
		string(swap.ReasonText), string(swap.ReasonMigration), string(swap.ReasonLegacy), string(swap.ReasonAddress), string(swap.ReasonSubaddress),
		string(swap.ReasonSignature), string(swap.ReasonRecipient), string(swap.ReasonContract), string(swap.ReasonNetwork), string(swap.ReasonClosed), string(swap.ReasonExpired),
		string(swap.ReasonAlreadyUsed), string(swap.ReasonNotEntitled),
	}
}

// TestWords holds the catalogue against what pages ask for: nothing is missing and nothing is left
// over.
func TestWords(t *testing.T) {
	c, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	keys := c.Languages()[0].Keys()
	used := map[string]bool{}
	exact, family := regexp.MustCompile(`\.T "([a-z.-]+)"`), regexp.MustCompile(`\.T \(print "([a-z-]+)\." `)
	var named []string
	list, err := fs.Glob(sources, "templates/*.html")
	if err != nil || len(list) < 10 {
		t.Fatalf("%d templates: %v", len(list), err)
	}
	for _, name := range list {
		data, err := sources.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range exact.FindAllStringSubmatch(string(data), -1) {
			used[m[1]] = true
		}
		for _, m := range family.FindAllStringSubmatch(string(data), -1) {
			named = append(named, m[1])
		}
	}
	for _, text := range literals(t) {
		if slices.Contains(keys, text) {
			used[text] = true
		}
		if prefix, ok := strings.CutSuffix(text, "."); ok && families[prefix] != nil {
			named = append(named, prefix)
		}
	}
	named = append(named, "language")
	for _, prefix := range named {
		if families[prefix] == nil {
			t.Errorf("the values of the family %s are not listed", prefix)
		}
		for _, value := range families[prefix] {
			used[prefix+"."+value] = true
		}
	}
	for prefix := range families {
		if !slices.Contains(named, prefix) {
			t.Errorf("the family %s is not used", prefix)
		}
	}
	for key := range used {
		if !slices.Contains(keys, key) {
			t.Errorf("%s is asked for and not in the catalogue", key)
		}
	}
	for _, key := range keys {
		if !used[key] {
			t.Errorf("%s is in the catalogue and nobody asks for it", key)
		}
	}
}

// literals are the strings of the package's own sources.
func literals(t *testing.T) (out []string) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				if s, err := strconv.Unquote(l.Value); err == nil {
					out = append(out, s)
				}
			}
			return true
		})
	}
	return out
}
