package oxenswap_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"oxenswap/swap"
)

// Everything in backticks in ARCHITECTURE.md is one of these.
var (
	codeSpan   = regexp.MustCompile("`([^`]+)`")
	filePath   = regexp.MustCompile(`^[\w.-]+(/[\w.-]+)*/?$`)
	goSymbol   = regexp.MustCompile(`^[a-z]+(\.\w+){1,2}$`)
	declaredIn = regexp.MustCompile("((?:`[a-z]+\\.[\\w.]+`(?: and)?\\s+)+)in\\s+`([\\w./-]+\\.go)`")
	// plainWords are names of methods and settings that stand for every one of that name.
	plainWords = []string{"Update", "Kind", "Attachments", "apply", "serve", "Claimed", "synchronous=FULL"}
)

// TestArchitecture checks that the files and symbols that ARCHITECTURE.md names exist, and that a
// symbol stands in the file that the text gives for it.
func TestArchitecture(t *testing.T) {
	data, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	text, symbols := string(data), declarations(t)
	for _, wrong := range wrongNames(text, symbols) {
		t.Errorf("ARCHITECTURE.md: %s", wrong)
	}
	if n := len(declaredIn.FindAllString(text, -1)); n < 20 {
		t.Errorf("ARCHITECTURE.md: %d symbols with their files found, want at least 20", n)
	}
}

// TestArchitectureFinds changes names and expects each to be reported.
func TestArchitectureFinds(t *testing.T) {
	symbols := declarations(t)
	for _, c := range []struct{ text, want string }{
		{"`swap/nowhere.go`", "swap/nowhere.go is no file"},
		{"`swap.Nothing`", "swap.Nothing is not declared"},
		{"`swap.Claim.Nothing`", "swap.Claim.Nothing is not declared"},
		{"`nothing.happened`", "nothing.happened is not declared"},
		{"`swap.BuildRound` in `swap/claim.go`", "swap.BuildRound is declared in swap/round.go, not in swap/claim.go"},
		{
			"`swap.Owed` and `swap.BuildRound` in `swap/round.go`",
			"swap.Owed is declared in swap/programme.go, not in swap/round.go",
		},
		{"`some words`", "some words is neither a path, nor a symbol, nor a kind of entry"},
	} {
		if got := wrongNames(c.text, symbols); len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: got %q, want %q", c.text, got, c.want)
		}
	}
	if got := wrongNames("`claim.accepted`, `swap.Claim`, `swap.BuildRound` in `swap/round.go`", symbols); len(got) != 0 {
		t.Errorf("names that exist: got %q, want none", got)
	}
}

func wrongNames(text string, symbols map[string][]string) (wrong []string) {
	for _, m := range codeSpan.FindAllStringSubmatch(text, -1) {
		name := m[1]
		_, missing := os.Stat(name)
		switch {
		case slices.Contains(plainWords, name), slices.Contains(swap.Kinds(), name), symbols[name] != nil:
		case filePath.MatchString(name) && missing == nil:
		case strings.Contains(name, "/"):
			wrong = append(wrong, name+" is no file")
		case goSymbol.MatchString(name):
			wrong = append(wrong, name+" is not declared")
		default:
			wrong = append(wrong, name+" is neither a path, nor a symbol, nor a kind of entry")
		}
	}
	for _, m := range declaredIn.FindAllStringSubmatch(text, -1) {
		for _, name := range codeSpan.FindAllStringSubmatch(m[1], -1) {
			if files := symbols[name[1]]; files != nil && !slices.Contains(files, m[2]) {
				wrong = append(wrong, name[1]+" is declared in "+strings.Join(files, ", ")+", not in "+m[2])
			}
		}
	}
	return wrong
}

// declarations are the files in which package.Name and package.Type.Method are declared, tests left
// out.
func declarations(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	files, err := filepath.Glob("*")
	if err != nil {
		t.Fatal(err)
	}
	for _, top := range files {
		err := filepath.WalkDir(top, func(name string, d os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata") {
				return filepath.SkipDir
			}
			if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return nil
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			for _, symbol := range declared(file) {
				symbol = file.Name.Name + "." + symbol
				found[symbol] = append(found[symbol], filepath.ToSlash(name))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

func declared(file *ast.File) (names []string) {
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			name := d.Name.Name
			if d.Recv != nil {
				name = receiver(d.Recv.List[0].Type) + "." + name
			}
			names = append(names, name)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					names = append(names, s.Name.Name)
				case *ast.ValueSpec:
					for _, n := range s.Names {
						names = append(names, n.Name)
					}
				}
			}
		}
	}
	return names
}

func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}
