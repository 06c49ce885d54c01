package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"oxenswap/audit/observed"
	"oxenswap/oxenrpc/oxentest"
)

// TestObserve: an auditor's snapshots as the recorded network goes on: taken, final, put aside when
// their block is replaced, and none of a foreign network.
func TestObserve(t *testing.T) {
	state := func(n int) *oxentest.State {
		w, err := oxentest.ReadWorld(fmt.Sprintf("../../oxenrpc/testdata/migration/world%d.json.gz", n))
		must(t, err)
		s, err := w.State("a")
		must(t, err)
		return s
	}
	daemon := oxentest.NewDaemon(state(1))
	server := httptest.NewServer(daemon)
	t.Cleanup(server.Close)
	look := func(dir, want string) {
		t.Helper()
		code, out, words := oxenaudit(t, "observe", "--once", "--daemon", server.URL, "--terms", "../../demo/terms.toml", dir)
		if code != 0 || !strings.Contains(out, want) || want == "" && out != "" {
			t.Errorf("exit code %d, %q, %s: want %q", code, out, words, want)
		}
	}
	dir := filepath.Join(t.TempDir(), "observed")
	look(dir, "height 240: block d5a2f3bc")
	look(dir, "")
	daemon.Play(state(2))
	look(dir, "height 240: final\nheight 250: block ")
	daemon.Play(state(4))
	look(dir, "height 250: final\n")
	list, err := observed.List(os.DirFS(dir))
	if err != nil || len(list) != 2 || !list[0].Final || !list[1].Final {
		t.Fatalf("kept %+v, %v", list, err)
	}
	if _, err := observed.Read(os.DirFS(dir), list[1]); err != nil {
		t.Error(err)
	}
	list[1].Content[0]++
	if _, err := observed.Read(os.DirFS(dir), list[1]); err == nil || !strings.Contains(err.Error(), "observation of height 250: its answers are of block") {
		t.Errorf("another digest: %v", err)
	}

	forked := filepath.Join(t.TempDir(), "forked")
	daemon.Play(state(1))
	look(forked, "height 240: block ")
	daemon.Play(state(2))
	daemon.Intercept(func(p *oxentest.Reply) {
		if p.Method == "get_block_header_by_height" && string(p.Params["height"]) == "240" {
			p.Body = []byte(strings.ReplaceAll(string(p.Body), "d5a2f3bc", "d5a2f3bd"))
		}
	})
	look(forked, "height 240: put aside: its block was replaced")
	if _, err := os.Stat(filepath.Join(forked, "240.orphan-d5a2f3bc05287a29")); err != nil {
		t.Error(err)
	}
	daemon.Behave()
	daemon.Intercept(func(p *oxentest.Reply) {
		p.Body = []byte(strings.ReplaceAll(string(p.Body), "08ff156d993012b0", "08ff156d993012b1"))
	})
	if code, _, words := oxenaudit(t, "observe", "--once", "--daemon", server.URL, "--terms", "../../demo/terms.toml", t.TempDir()); code != 1 || !strings.Contains(words, "the terms name fakechain, 08ff156d993012b0") {
		t.Errorf("a foreign network: exit code %d, %s", code, words)
	}
}
