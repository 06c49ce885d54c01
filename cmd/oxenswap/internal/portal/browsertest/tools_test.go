package browsertest

import (
	"context"
	"iter"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
)

// call sends a command of which no answer is needed.
func call[P, R any](ctx context.Context, command cdp.Command[P, R], params P) error {
	return chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, command, params)
		return err
	}))
}

// quiet fails the test if the console holds anything but that an answer was an error: above all, if
// the policy forbade something.
func (b *tab) quiet(messages iter.Seq2[chromedp.ConsoleMessage, error]) {
	// A message of our own is the last one.
	const last = "nothing more"
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[any](`console.log("`+last+`")`)); err != nil {
		return // the test has failed already
	}
	for m, err := range messages {
		if err != nil || m.Text == last {
			return
		}
		if m.Source != "network" {
			b.t.Errorf("the console says: %s (%s)", m, m.Source)
		}
	}
}
