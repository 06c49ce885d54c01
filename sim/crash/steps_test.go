package crash

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sourceSteps returns the steps that the sources name, each as fail.Do("STEP", ...).
func sourceSteps(t *testing.T) []string {
	t.Helper()
	var out []string
	must(t, fs.WalkDir(os.DirFS("../.."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || d.Name() == "sim" || strings.HasPrefix(d.Name(), ".") && name != ".") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), "../../"+name, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			f, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || f.Sel.Name != "Do" {
				return true
			}
			if p, ok := f.X.(*ast.Ident); !ok || p.Name != "fail" {
				return true
			}
			step, ok := call.Args[0].(*ast.BasicLit)
			if !ok {
				t.Errorf("%s: a step's name must be a literal, so that it can be found", name)
				return true
			}
			text, err := strconv.Unquote(step.Value)
			must(t, err)
			if slices.Contains(out, text) {
				t.Errorf("%s: two steps are called %q", name, text)
			}
			out = append(out, text)
			return true
		})
		return nil
	}))
	slices.Sort(out)
	if len(out) < 20 {
		t.Fatalf("only %d steps were found: %q", len(out), out)
	}
	return out
}

// TestSteps needs no tag: a step is named once, by a literal.
func TestSteps(t *testing.T) { t.Logf("%q", sourceSteps(t)) }
