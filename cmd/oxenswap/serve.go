package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/term"

	"oxenswap/cmd/internal/cli"
	"oxenswap/swap"
)

func (a *app) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Take and finalise snapshots on schedule and publish the ledger, until interrupted",
		Args:  cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), a.own, func(w *world) error {
				daemons, err := w.daemons()
				if err != nil {
					return err
				}
				signer, err := readKey(filepath.Join(a.dir, keyFile))
				if err != nil {
					return err
				}
				log := a.logger()
				defer log.Sync()
				limitMemory()
				site := &ledgerSite{dir: filepath.Join(a.dir, publicDir), log: log, exporter: exporter{world: w, signer: signer}}
				return (&scheduler{w, daemons, log, site}).run(c.Context())
			})
		},
	}
}

// logger writes to stderr: for people on a terminal, as JSON elsewhere.
func (a *app) logger() *zap.Logger {
	enc := zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig())
	if f, ok := a.stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		enc = zapcore.NewConsoleEncoder(zap.NewDevelopmentEncoderConfig())
	}
	return zap.New(zapcore.NewCore(enc, zapcore.Lock(zapcore.AddSync(a.stderr)), zap.InfoLevel))
}

// scheduler takes the snapshots that the terms name when the chain reaches them, and makes them final later.
type scheduler struct {
	*world
	daemons []swap.Daemon
	log     *zap.Logger
	site    *ledgerSite
}

// cronLog hands the scheduler's own messages to zap.
type cronLog struct{ *zap.SugaredLogger }

func (l cronLog) Info(msg string, fields ...any) { l.Debugw(msg, fields...) }
func (l cronLog) Error(err error, msg string, fields ...any) {
	l.Errorw(msg, append(fields, "error", err)...)
}

func (s *scheduler) run(ctx context.Context) error {
	log := cronLog{s.log.Sugar()}
	// Recover inside SkipIfStillRunning: the other way round one panic would end the job for ever.
	jobs := cron.New(cron.WithLocation(time.UTC), cron.WithLogger(log), cron.WithChain(cron.SkipIfStillRunning(log), cron.Recover(log)))
	for _, job := range []struct {
		when string
		what func(context.Context)
	}{{s.config.Schedule.Take, s.take}, {s.config.Schedule.Finalize, s.finalize}, {s.config.Schedule.Publish, s.site.publish}} {
		if _, err := jobs.AddFunc(job.when, func() { job.what(ctx) }); err != nil {
			return fmt.Errorf("%s: schedule %q: %w", configFile, job.when, err)
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	hosted, err := s.writer.Host(ctx) // commands need not wait for the first export
	if err != nil {
		return err
	}
	s.site.publish(ctx)
	ended, err := s.listen(ctx)
	if err == nil {
		err = exposeMetrics(ctx, s.config.Serve.Metrics, newMetrics(s.world), s.log)
	}
	if err != nil {
		cancel()
		return errors.Join(err, <-hosted)
	}
	s.log.Info("serving", zap.String("migration", s.terms().ID()), zap.Uint64s("heights", s.terms().Heights()))
	s.take(ctx)
	s.finalize(ctx)
	jobs.Start()
	select {
	case <-ctx.Done():
	case err = <-ended:
	case err = <-hosted:
	}
	cancel()
	err = errors.Join(err, <-hosted)
	<-jobs.Stop().Done()
	s.site.publish(context.WithoutCancel(ctx))
	s.log.Info("stopped")
	return errors.Join(err, <-ended)
}

// take records a snapshot when one is due, and says so when its height has passed without one.
func (s *scheduler) take(ctx context.Context) {
	due, err := s.due(ctx)
	if err != nil {
		s.log.Error("looking for due snapshots", zap.Error(err))
		return
	}
	if len(due) == 0 {
		return
	}
	top, err := s.top(ctx, s.daemons)
	if err != nil {
		s.log.Warn("asking the daemons for their top block", zap.Error(err))
		return
	}
	if !slices.ContainsFunc(due, func(h uint64) bool { return h <= top && top <= s.terms().Window(h) }) {
		return
	}
	taken, again, err := s.takeSnapshot(ctx, s.daemons, 0)
	switch {
	case err != nil:
		s.log.Error("taking a snapshot", zap.Uint64("top", top), zap.Error(err))
	case !again:
		s.log.Info("snapshot taken", zap.Uint64("height", taken.Height), zap.Stringer("digest", taken.Content), zap.Stringer("staked", taken.Totals.Staked))
		for _, d := range taken.Daemons {
			if !d.Agrees {
				s.log.Warn("daemon dissents", zap.String("daemon", d.Daemon), zap.String("differs", d.Differs))
			}
		}
	}
}

func (s *scheduler) finalize(ctx context.Context) {
	done, err := s.finalizeSnapshots(ctx, s.daemons, 0)
	for _, d := range done {
		s.log.Info("snapshot", zap.Uint64("height", d.Height), zap.String("status", string(d.Status)), zap.String("why", d.Why))
	}
	if err != nil {
		s.log.Error("finalising snapshots", zap.Error(err))
	}
	missed, err := s.recordMissed(ctx, s.daemons)
	for _, h := range missed {
		s.log.Warn("snapshot missed", zap.Uint64("height", h))
	}
	if err != nil {
		s.log.Error("recording missed snapshots", zap.Error(err))
	}
}

// due are the heights that the terms name for which there is neither a snapshot nor a record that it was missed.
func (w *world) due(ctx context.Context) ([]uint64, error) {
	var due []uint64
	err := w.View(ctx, func(t swap.Tables, _ uint64) error {
		m, err := t.Migration()
		if err != nil {
			return err
		}
		snapshots, err := t.Snapshots()
		if err != nil {
			return err
		}
		due = slices.DeleteFunc(m.Terms.Heights(), func(h uint64) bool {
			return slices.Contains(m.Missed, h) || slices.ContainsFunc(snapshots, func(s swap.Snapshot) bool {
				return s.Status != swap.DiscardedSnapshot && h <= s.Height && s.Height <= m.Terms.Window(h)
			})
		})
		return nil
	})
	return due, err
}

// top is the highest block that a quorum of daemons has.
func (w *world) top(ctx context.Context, daemons []swap.Daemon) (uint64, error) {
	type answer struct {
		top uint64
		err error
	}
	ctx, cancel := context.WithTimeout(ctx, observeTime)
	defer cancel()
	var tops []uint64
	var errs []error
	for _, a := range ask(daemons, func(d swap.Daemon) answer {
		s, err := d.See(ctx, 0)
		return answer{s.Top, err}
	}) {
		if a.err == nil {
			tops = append(tops, a.top)
		}
		errs = append(errs, a.err)
	}
	quorum := w.migration.Config.Quorum
	if len(tops) < quorum {
		return 0, fmt.Errorf("%d of %d daemons answer: %w", len(tops), quorum, errors.Join(errs...))
	}
	slices.Sort(tops)
	return tops[len(tops)-quorum], nil
}

// recordMissed records the due heights that a quorum of daemons have left behind.
func (w *world) recordMissed(ctx context.Context, daemons []swap.Daemon) ([]uint64, error) {
	due, err := w.due(ctx)
	if err != nil || len(due) == 0 {
		return nil, err
	}
	top, err := w.top(ctx, daemons)
	if err != nil {
		return nil, err
	}
	missed := slices.DeleteFunc(due, func(h uint64) bool { return top <= w.terms().Window(h) })
	if len(missed) == 0 {
		return nil, nil
	}
	_, err = w.Update(ctx, func(t swap.Tables, _ time.Time) ([]swap.Record, error) {
		m, err := t.Migration()
		if err != nil {
			return nil, err
		}
		// Another process may have recorded them meanwhile.
		missed = slices.DeleteFunc(missed, func(h uint64) bool { return slices.Contains(m.Missed, h) })
		var records []swap.Record
		for _, h := range missed {
			records = append(records, swap.Record{Event: &swap.SnapshotMissed{
				Height: h, Reason: fmt.Sprintf("the daemons' top block is %d and no snapshot was taken up to %d", top, w.terms().Window(h)),
			}})
		}
		return records, nil
	})
	return missed, err
}
