package oxenswap_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

var npmCall = regexp.MustCompile("npm (ci|install|i)\\b[^|;&)`]*|\"npm\", \"(ci|install)\"[^)]*")

// TestNpmRunsNoScripts: a package from the registry is unpacked and never run while it is
// installed.
func TestNpmRunsNoScripts(t *testing.T) {
	files, err := exec.Command("git", "ls-files", "*.sh", "*.go", "*.mjs", "*.md", "Makefile", ".ci/*").Output()
	if err != nil {
		t.Skip("not a git checkout: ", err)
	}
	calls := 0
	for name := range strings.FieldsSeq(string(files)) {
		text, err := os.ReadFile(name)
		if os.IsNotExist(err) || name == "npm_test.go" {
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		for _, call := range npmCall.FindAllString(string(text), -1) {
			if strings.HasPrefix(call, "npm ci in ") { // a message about it
				continue
			}
			calls++
			if !strings.Contains(call, "--ignore-scripts") {
				t.Errorf("%s: %q lets packages run scripts of theirs: add --ignore-scripts", name, call)
			}
		}
	}
	if calls < 4 {
		t.Errorf("npm calls found: got %d, want at least 4", calls)
	}
}
