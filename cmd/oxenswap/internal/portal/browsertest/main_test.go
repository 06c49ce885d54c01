// Package browsertest holds the portal's pages against a real browser: Chromium, driven over its
// own protocol. The pages, the guard before them and the ledger behind them are real, and so is the
// chain that a wallet sends its claim to.
//
// What it needs and does not find, it says, and the tests are skipped: .ci/setup.sh installs
// Chromium and axe-core.
package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// screenshots is where pictures of the pages are kept; git ignores it.
const screenshots = "../../../../../build/screenshots"

// browser is the one that all tests use; nil: there is none.
var browser context.Context

// axe is the source of axe-core; empty: it is not installed.
var axe string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	path := chromium()
	if path == "" {
		fmt.Println("browser tests: left out, as there is no Chromium: apt-get install chromium")
		return m.Run()
	}
	source, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		fmt.Println("browser tests: the accessibility checks are left out, as axe-core is not installed: run `npm ci --ignore-scripts` in this folder")
	}
	axe = string(source)
	dir, err := os.MkdirTemp("", "browsertest")
	if err == nil {
		err = os.MkdirAll(screenshots, 0o755)
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer os.RemoveAll(dir)
	options := append(chromedp.DefaultExecAllocatorOptions[:len(chromedp.DefaultExecAllocatorOptions):len(chromedp.DefaultExecAllocatorOptions)],
		chromedp.ExecPath(path), chromedp.UserDataDir(filepath.Join(dir, "profile")), chromedp.NoSandbox, chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-sync", true), chromedp.Flag("lang", "en"))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	defer stop()
	ctx, end := chromedp.NewContext(allocator)
	defer end()
	if err := chromedp.Do(ctx); err != nil {
		fmt.Printf("browser tests: %s does not start: %v\n", path, err)
		return 1
	}
	browser = ctx
	code := m.Run()
	if err := chromedp.Cancel(ctx); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Println("ending the browser:", err)
	}
	return code
}

// chromium is the browser's program, or "".
func chromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}
