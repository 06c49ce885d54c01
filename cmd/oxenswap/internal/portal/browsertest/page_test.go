package browsertest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is how long anything in the browser may take. Machines that run these tests may be busy.
const patience = 3 * time.Minute

// tab is a tab of the browser, showing a scene's portal.
type tab struct {
	t   *testing.T
	ctx context.Context
	url string
}

// look is how a tab shows pages.
type look struct {
	dark, phone, silent bool // silent: without JavaScript
	wallet              *wallet
}

// open shows a portal in a tab.
func open(t *testing.T, s *scene, l look) *tab {
	t.Helper()
	// Cookies and storage of its own: one test cannot help another.
	ctx, end := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(end)
	ctx, stop := context.WithTimeout(ctx, patience)
	t.Cleanup(stop)
	b := &tab{t, ctx, s.server.URL}
	messages := chromedp.Console(ctx)
	t.Cleanup(func() { b.quiet(messages) })
	width, height := int64(1100), int64(900)
	if l.phone {
		width, height = 360, 780
	}
	b.do(chromedp.EmulateViewport(width, height))
	scheme := "light"
	if l.dark {
		scheme = "dark"
	}
	b.must(call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}))
	b.must(call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}))
	b.must(call(ctx, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "America/New_York"}))
	if l.silent {
		b.must(call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	}
	if l.wallet != nil {
		b.do(chromedp.ExposeFunc("askWallet", l.wallet.answer))
		b.must(call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: l.wallet.script()}))
	}
	return b
}

func (b *tab) must(err error) {
	b.t.Helper()
	if err != nil {
		where, _ := chromedp.Run(b.ctx, chromedp.Location())
		b.t.Fatalf("at %s: %v", where, err)
	}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, steps...))
}

// visit opens a page and expects a status.
func (b *tab) visit(path string, status int64) {
	b.t.Helper()
	b.arrive(status, chromedp.Navigate(b.url+path))
}

// arrive takes steps that lead to another page.
func (b *tab) arrive(status int64, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	response, err := chromedp.RunResponse(b.ctx, steps...)
	b.must(err)
	if response.Status != status {
		b.t.Fatalf("%s: status %d, expected %d: %s", response.URL, response.Status, status, b.text())
	}
}

// fill puts text into a field, as pasting does.
func (b *tab) fill(selector, value string) {
	b.t.Helper()
	b.do(chromedp.SetValue(chromedp.CSS(selector), value))
}

// click presses what leads to another page.
func (b *tab) click(selector string, status int64) {
	b.t.Helper()
	b.arrive(status, chromedp.Click(chromedp.CSS(selector)))
}

// text is what can be read of the page.
func (b *tab) text() string {
	b.t.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.Text(chromedp.CSS("body")))
	b.must(err)
	return strings.Join(strings.Fields(text), " ")
}

func (b *tab) says(words ...string) {
	b.t.Helper()
	text := b.text()
	for _, w := range words {
		if !strings.Contains(text, w) {
			b.t.Errorf("the page does not say %q: %s", w, text)
		}
	}
}

func (b *tab) valueOf(selector string) string {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Value(chromedp.CSS(selector)))
	b.must(err)
	return v
}

func (b *tab) textOf(selector string) string {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.TextContent(chromedp.CSS(selector)))
	b.must(err)
	return v
}

func (b *tab) attribute(selector, name string) string {
	b.t.Helper()
	return evaluate[string](b, fmt.Sprintf("document.querySelector(%q).getAttribute(%q)", selector, name))
}

// shows waits until something on the page has words.
func shows(selector, words string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		for {
			// The page may be on its way to the next one.
			text, err := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf("document.querySelector(%q)?.textContent ?? \"\"", selector)))
			if err == nil && strings.Contains(text, words) {
				return nil
			}
			if ctx.Err() != nil {
				return fmt.Errorf("%s does not show %q: %q", selector, words, text)
			}
			if err := chromedp.Do(ctx, chromedp.Sleep(50*time.Millisecond)); err != nil {
				return fmt.Errorf("%s does not show %q: %q", selector, words, text)
			}
		}
	})
}

// tabTo presses the key until something has the focus.
func (b *tab) tabTo(selector string) {
	b.t.Helper()
	for range 60 {
		if evaluate[bool](b, fmt.Sprintf("document.activeElement.matches(%q)", selector)) {
			return
		}
		b.do(chromedp.KeyEvent(kb.Tab))
	}
	b.t.Fatalf("the tabulator does not reach %s", selector)
}

// evaluate gives the JSON of an expression, or of what it promises.
func evaluate[T any](b *tab, expression string) (out T) {
	b.t.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](fmt.Sprintf("(async () => JSON.stringify(await (%s)))()", expression), chromedp.EvalAwaitPromise))
	b.must(err)
	b.must(json.Unmarshal([]byte(text), &out))
	return out
}

// shoot keeps a picture of the whole page, and checks it: nothing is wider than the screen, and
// axe-core finds nothing serious.
func (b *tab) shoot(name string) {
	b.t.Helper()
	b.picture(name)
	b.check()
}

// picture keeps a picture of the whole page.
func (b *tab) picture(name string) {
	b.t.Helper()
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	b.must(err)
	b.must(os.WriteFile(filepath.Join(screenshots, name+".png"), picture, 0o644))
}

// violation is what axe-core finds.
type violation struct {
	ID     string   `json:"id"`
	Impact string   `json:"impact"`
	Help   string   `json:"help"`
	Nodes  []string `json:"nodes"`
}

func (b *tab) check() {
	b.t.Helper()
	if over := evaluate[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
		b.t.Errorf("the page is %d pixels wider than the screen", over)
	}
	if axe == "" {
		return
	}
	if !evaluate[bool](b, "!!window.axe") {
		_, err := chromedp.Run(b.ctx, chromedp.Evaluate[any](axe+"\n;null"))
		b.must(err)
	}
	found := evaluate[[]violation](b, `axe.run(document, {resultTypes: ["violations"]}).then(r =>
		r.violations.map(v => ({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.map(n => n.target.join(" ") + ": " + n.failureSummary)})))`)
	for _, v := range found {
		if slices.Contains([]string{"serious", "critical"}, v.Impact) {
			b.t.Errorf("%s (%s): %s %q", v.ID, v.Impact, v.Help, v.Nodes)
		} else {
			b.t.Logf("%s (%s): %s %q", v.ID, v.Impact, v.Help, v.Nodes)
		}
	}
}
