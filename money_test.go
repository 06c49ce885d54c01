package oxenswap_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// money are the types of which none may be converted into another. OXEN become SESH through a
// swap.Part, by Ratio.Of.
var money = []string{"Oxen", "Sesh", "Wei"}

// moneyOf names the kind of money that a type is, or is "".
func moneyOf(t types.Type) string {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == nil || named.Obj().Pkg().Path() != "oxenswap/swap" {
		return ""
	}
	if name := named.Obj().Name(); slices.Contains(money, name) {
		return name
	}
	return ""
}

// mixed lists the conversions into one kind of money of an expression that has another in it.
func mixed(fset *token.FileSet, file *ast.File, info *types.Info) (out []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 || !info.Types[call.Fun].IsType() {
			return true
		}
		to := moneyOf(info.TypeOf(call.Fun))
		if to == "" {
			return true
		}
		ast.Inspect(call.Args[0], func(n ast.Node) bool {
			if x, ok := n.(ast.Expr); ok && !info.Types[x].IsType() {
				if t := info.TypeOf(x); t != nil && moneyOf(t) != "" && moneyOf(t) != to {
					out = append(out, fmt.Sprintf("%s: %s is made %s", fset.Position(x.Pos()), moneyOf(t), to))
					return false
				}
			}
			return true
		})
		return true
	})
	return out
}

// listed is a package as `go list` describes it.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
	Module                  *struct{ Main bool }
}

// TestMoneyIsNotConverted: no code of the project casts OXEN, SESH or wei into one another, not by
// way of an integer either.
func TestMoneyIsNotConverted(t *testing.T) {
	list := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,Module", "./...")
	list.Stderr = os.Stderr
	out, err := list.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := list.Start(); err != nil {
		t.Fatal(err)
	}
	exports, own := map[string]string{}, []listed{}
	for dec := json.NewDecoder(out); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
		if p.Module != nil && p.Module.Main {
			own = append(own, p)
		}
	}
	if err := list.Wait(); err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	from := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	check := func(path string, files []*ast.File) (found []string) {
		info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
		conf := types.Config{Importer: from, FakeImportC: true}
		if _, err := conf.Check(path, fset, files, info); err != nil {
			t.Fatalf("package %s: %v", path, err)
		}
		for _, f := range files {
			found = append(found, mixed(fset, f, info)...)
		}
		return found
	}
	parse := func(name string, src any) *ast.File {
		f, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}

	bad := check("bad", []*ast.File{parse("bad.go", `package bad
import "oxenswap/swap"
func f(o swap.Oxen, s swap.Sesh, w swap.Wei) (swap.Sesh, swap.Oxen, swap.Wei, swap.Sesh) {
	return swap.Sesh(o), swap.Oxen(uint64(s) * 2), swap.Wei(s), swap.Sesh(uint64(s)) + swap.Sesh(7)
}`)})
	if len(bad) != 3 {
		t.Fatalf("conversions in a bad example: got %q, want three", bad)
	}
	files := 0
	for _, p := range own {
		var parsed []*ast.File
		for _, name := range p.GoFiles {
			parsed = append(parsed, parse(filepath.Join(p.Dir, name), nil))
		}
		files += len(parsed)
		for _, found := range check(p.ImportPath, parsed) {
			t.Errorf("%s: got a conversion, want it to go through swap.Ratio or not at all", found)
		}
	}
	if files < 100 {
		t.Errorf("sources looked at: got %d, want all of the project's", files)
	}
}
