package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"oxenswap/audit"
	"oxenswap/audit/follow"
	"oxenswap/cmd/internal/cli"
)

const (
	minInterval    = time.Second
	webhookTries   = 3
	webhookTimeout = 10 * time.Second
)

func newWatch(stdout, stderr io.Writer) *cobra.Command {
	var a anchors
	var webhook string
	var rpc []string
	var once bool
	w := &follow.Watch{}
	v := &watcher{w: w, out: stdout, words: stderr}
	c := &cobra.Command{
		Use:   "watch URL --key VKEY --state FILE",
		Short: "Look at a public log again and again, and alarm when it contradicts itself or the chain",
		Long: `Look at a public log (an http or https URL, or a folder) again and again. Each look reads the checkpoint and the few tiles
that show that the log still begins with the last checkpoint seen, which the state file remembers. It alarms on

  fork, shrunk   another history, or fewer entries than before
  unsigned       a checkpoint without the ledger's key, or without a witness that was asked for
  stale          a last entry older than --max-age
  unreachable    a log or RPC that fails ` + fmt.Sprint(follow.MaxFailures) + ` looks in a row

and with --rpc, for which it reads every new entry and block once, also on

  root           a root on chain, or the state of the log that it names, that the log does not have
  unlogged       a payment or another event on chain that has no entry after --grace
  phantom        an entry of an event that the chain does not have

It tells of an alarm once, and once more when it is over. It goes on until it is stopped or until a fork, a shrunk log, a
wrong root or a phantom, which nothing later makes good; then the exit code is 1. With --once it looks once, and the exit code
is 1 if anything is wrong. It never replays: that is for replay.`,
		Args: cli.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var err error
			if w.Key, w.Witnesses, err = a.read(); err != nil {
				return err
			}
			if err := v.options(c, rpc, webhook); err != nil {
				return err
			}
			v.hook = webhook
			w.Open = func(ctx context.Context) (fs.FS, func(), error) { return openExport(ctx, args[0]) }
			if once {
				return v.once(c.Context())
			}
			w.OnLook = v.printNews
			w.OnAlarm = func(a follow.Alarm) error { return v.alarm(c.Context(), a) }
			if err := w.Run(c.Context()); errors.Is(err, follow.ErrAlarmed) {
				fmt.Fprintln(stderr, "oxenaudit:", err)
				return cli.ErrNo
			} else if err != nil {
				return err
			}
			return v.failed
		},
	}
	a.flags(c)
	f := c.Flags()
	f.StringVar(&w.StateFile, "state", "", "file that remembers the last checkpoint seen; one for each log")
	f.DurationVar(&w.Interval, "interval", time.Minute, "time between two looks; it grows while they fail")
	f.DurationVar(&w.MaxAge, "max-age", 0, "alarm when the last entry is older than this (0: any age)")
	f.DurationVar(&w.Grace, "grace", time.Hour, "how long an event may be final on chain without an entry")
	f.StringArrayVar(&rpc, "rpc", nil, "URL of an RPC of the token's chain, to compare it with the log (repeat for nodes that must agree)")
	f.StringVar(&webhook, "webhook", "", "URL to which every alarm is posted as JSON")
	f.BoolVar(&once, "once", false, "look once and end")
	f.BoolVar(&v.asJSON, "json", false, "print looks and alarms as JSON, one a line")
	return c
}

// watcher prints what a watch finds.
type watcher struct {
	w          *follow.Watch
	out, words io.Writer
	asJSON     bool
	hook       string
	entries    int64 // that were told of last
	failed     error // of the webhook
}

func (v *watcher) options(c *cobra.Command, rpc []string, webhook string) error {
	switch {
	case v.w.StateFile == "":
		return cli.Usage("--state is missing: without a memory no fork can be seen")
	case v.w.Interval < minInterval:
		return cli.Usage("--interval: at least %v", minInterval)
	case v.w.MaxAge < 0 || v.w.Grace < 0:
		return cli.Usage("--max-age and --grace cannot be negative")
	}
	if c.Flags().Changed("webhook") {
		if u, err := url.Parse(webhook); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return cli.Usage("--webhook: expected http://host... or https://host...")
		}
	}
	if c.Flags().Changed("rpc") {
		dial, err := dialer(rpc)
		if err != nil {
			return err
		}
		v.w.Chain = func(ctx context.Context, chainID uint64) (follow.Chain, error) { return dial(ctx, chainID) }
	}
	return nil
}

// once looks once.
func (v *watcher) once(ctx context.Context) error {
	seen, err := v.w.Look(ctx)
	if err != nil {
		return err
	}
	v.printNews(seen)
	for _, a := range seen.Alarms {
		if err := v.alarm(ctx, a); err != nil {
			return err
		}
	}
	if v.failed != nil {
		return v.failed
	}
	return answered(nil, len(seen.Alarms) == 0)
}

// printNews prints a look that brought news.
func (v *watcher) printNews(s *follow.Seen) {
	if s.Entries == v.entries || s.Entries == 0 {
		return
	}
	v.entries = s.Entries
	if v.asJSON {
		v.line(map[string]any{"seen": s})
		return
	}
	fmt.Fprintf(v.out, "%s %s: %d entries, root %s", s.Time.Format(time.RFC3339), audit.Printable(s.Origin), s.Entries, s.Root)
	if s.Before > 0 {
		fmt.Fprintf(v.out, "; %d were known", s.Before)
	}
	if s.Blocks > 0 {
		fmt.Fprintf(v.out, "; chain compared up to block %d", s.Blocks)
	}
	fmt.Fprintln(v.out)
}

func (v *watcher) line(x any) error {
	enc := json.NewEncoder(v.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(x)
}

// alarm prints an alarm and posts it.
func (v *watcher) alarm(ctx context.Context, a follow.Alarm) (err error) {
	a.What = audit.Printable(a.What)
	if v.asJSON {
		err = v.line(map[string]any{"alarm": a})
	} else {
		word := "ALARM"
		if a.Over {
			word = "over"
		}
		_, err = fmt.Fprintf(v.out, "%s %s %s: %s\n", a.Time.Format(time.RFC3339), word, a.Kind, a.What)
	}
	if err != nil || v.hook == "" {
		return err
	}
	if err := v.post(ctx, a); err != nil && ctx.Err() == nil {
		// The alarm is printed, and the watch must go on: the exit code tells of it later.
		v.failed = fmt.Errorf("webhook: an alarm could not be delivered: %w", err)
		fmt.Fprintln(v.words, "oxenaudit:", v.failed)
	}
	return nil
}

// post sends an alarm to the webhook, again if that fails.
func (v *watcher) post(ctx context.Context, a follow.Alarm) error {
	body, err := json.Marshal(map[string]any{"log": v.w.Key.Name(), "alarm": a})
	if err != nil {
		return err
	}
	client := &http.Client{Timeout: webhookTimeout}
	defer client.CloseIdleConnections()
	pause := webPause
	for try := 1; ; try++ {
		err := postOnce(ctx, client, v.hook, body)
		if err == nil || try == webhookTries {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
			pause *= 2
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

func postOnce(ctx context.Context, client *http.Client, hook string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, hook, bytes.NewReader(body))
	if err != nil {
		return errors.New("it is no URL")
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(request)
	var inURL *url.Error // whose text has the URL, which may hold a secret
	if errors.As(err, &inURL) {
		return inURL.Err
	} else if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("the server answers %s", answer.Status)
	}
	return nil
}
