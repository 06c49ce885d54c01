package datadir

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSecondCreate: of two processes that make one directory, the second leaves the first one's
// draft alone.
func TestSecondCreate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	draft := filepath.Join(filepath.Dir(dir), ".data.oxenswap-init")
	release, err := takeDraft(draft)
	if err != nil {
		t.Fatal(err)
	}
	mine := filepath.Join(draft, KeyFile)
	if err := os.WriteFile(mine, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := takeDraft(draft); err == nil || !strings.Contains(err.Error(), "let that one end first") {
		t.Errorf("the second process: got %v, want a refusal", err)
	}
	if _, err := os.Stat(mine); err != nil {
		t.Errorf("the second one took the key of the first: %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
}
