// Package serve is the service that runs by itself: it takes and finalises snapshots on schedule,
// publishes the ledger, and serves the portal, the public ledger and the metrics.
package serve

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/robfig/cron/v3"
	"go.uber.org/zap"

	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/cmd/oxenswap/internal/publish"
	"oxenswap/swap"
	"oxenswap/swap/chaincheck"
	"oxenswap/swap/service"
)

// Run serves an opened data directory, of which it is the only writer, until ctx ends.
func Run(ctx context.Context, d *datadir.Dir, log *zap.Logger) error {
	daemons, err := d.Daemons()
	if err != nil {
		return err
	}
	chain, err := d.ChainDaemons()
	if err != nil {
		return err
	}
	key, err := datadir.ReadKey(d.File(datadir.KeyFile))
	if err != nil {
		return err
	}
	limitMemory()
	site := &ledgerSite{dir: filepath.Join(d.Path, datadir.PublicDir), log: log, exporter: publish.Exporter{Dir: d, Signer: key}}
	return (&scheduler{d, daemons, chain, log, site}).run(ctx)
}

// scheduler takes the snapshots that the terms name when the chain reaches them, and makes them
// final later.
type scheduler struct {
	dir     *datadir.Dir
	daemons []swap.Daemon
	chain   []chaincheck.Daemon // the same
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
	}{
		{s.dir.Config.Schedule.Take, s.take}, {s.dir.Config.Schedule.Finalize, s.finalize},
		{s.dir.Config.Schedule.Finalize, s.findStakes}, {s.dir.Config.Schedule.Publish, s.site.publish},
	} {
		if _, err := jobs.AddFunc(job.when, func() { job.what(ctx) }); err != nil {
			return fmt.Errorf("%s: schedule %q: %w", datadir.ConfigFile, job.when, err)
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	hosted, err := s.dir.Writer.Host(ctx) // commands need not wait for the first export
	if err != nil {
		return err
	}
	s.site.publish(ctx)
	ended, err := s.listen(ctx)
	if err == nil {
		err = exposeMetrics(ctx, s.dir.Config.Serve.Metrics, newMetrics(s.dir), s.log)
	}
	if err != nil {
		cancel()
		return errors.Join(err, <-hosted)
	}
	s.log.Info("serving", zap.String("migration", s.dir.Terms().ID()), zap.Uint64s("heights", s.dir.Terms().Heights()))
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

// take records a snapshot when one is due.
func (s *scheduler) take(ctx context.Context) {
	taken, err := service.TakeDue(ctx, s.dir, s.daemons)
	switch {
	case err != nil:
		s.log.Error("taking a snapshot that is due", zap.Error(err))
	case taken != nil:
		s.log.Info("snapshot taken", zap.Uint64("height", taken.Height), zap.Stringer("digest", taken.Content), zap.Stringer("staked", taken.Totals.Staked))
		for _, d := range taken.Daemons {
			if !d.Agrees {
				s.log.Warn("daemon dissents", zap.String("daemon", d.Daemon), zap.String("differs", d.Differs), zap.String("details", d.Details))
			}
		}
	}
}

func (s *scheduler) finalize(ctx context.Context) {
	done, err := service.FinalizeSnapshots(ctx, s.dir, s.daemons)
	for _, d := range done {
		s.log.Info("snapshot", zap.Uint64("height", d.Height), zap.String("status", string(d.Status)), zap.String("why", d.Why))
	}
	if err != nil {
		s.log.Error("finalising snapshots", zap.Error(err))
	}
	missed, err := service.RecordMissed(ctx, s.dir, s.daemons)
	for _, h := range missed {
		s.log.Warn("snapshot missed", zap.Uint64("height", h))
	}
	if err != nil {
		s.log.Error("recording missed snapshots", zap.Error(err))
	}
}

// findStakes makes a piece of the search for the transactions of final snapshots' stakes. What it
// has found out outlives the process.
func (s *scheduler) findStakes(ctx context.Context) {
	file := s.dir.File(datadir.StakesFile)
	kept, err := chaincheck.ReadState(file)
	if err != nil {
		s.log.Error("looking for the transactions of stakes", zap.Error(err))
		return
	}
	before := len(kept.Found) + len(kept.Searched)
	recorded, err := service.FindStakes(ctx, s.dir, s.dir, s.chain, &kept)
	if before > 0 || len(kept.Found)+len(kept.Searched) > 0 {
		err = errors.Join(err, kept.WriteState(file))
	}
	if err != nil && ctx.Err() == nil {
		s.log.Error("looking for the transactions of stakes", zap.Error(err))
	}
	if recorded == nil {
		return
	}
	s.log.Info("stakes found", zap.Uint64("height", recorded.Height), zap.Uint64("found", recorded.Found), zap.Uint64("missing", recorded.Missing))
	if recorded.Missing > 0 {
		s.log.Warn("stakes without a transaction: an audit with a daemon will name them", zap.Uint64("height", recorded.Height))
	}
}
