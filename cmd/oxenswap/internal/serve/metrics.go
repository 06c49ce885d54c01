package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap"

	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/swap"
)

// metricsTime is the most time that collecting the metrics once may take.
const metricsTime = 10 * time.Second

// viewer is what the metrics read.
type viewer interface {
	View(ctx context.Context, read func(t swap.Tables, size uint64) error) error
}

// ledgerMetrics derives metrics from the ledger, whichever process wrote it: a command that stopped
// at a rail has ended long before the next collection.
type ledgerMetrics struct {
	ledger                               viewer
	hits, stopped, alarms, entries, open *prometheus.Desc
}

// newMetrics returns a registry with the metrics of a ledger.
func newMetrics(d *datadir.Dir) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(newLedgerMetrics(d))
	return r
}

func newLedgerMetrics(l viewer) *ledgerMetrics {
	rail := []string{"rail"}
	m := &ledgerMetrics{ledger: l}
	m.hits = prometheus.NewDesc("oxenswap_rail_hits_total", "How often sending stopped at a rail.", rail, nil)
	m.stopped = prometheus.NewDesc("oxenswap_rail_stopped", "What stands at a rail now and needs a person.", rail, nil)
	m.alarms = prometheus.NewDesc("oxenswap_alarms", "Entries about what the chain did without the ledger, not acknowledged.", nil, nil)
	m.entries = prometheus.NewDesc("oxenswap_ledger_entries", "Entries of the ledger.", nil, nil)
	m.open = prometheus.NewDesc("oxenswap_transactions_open", "Signed transactions that are not final.", nil, nil)
	return m
}

// Describe implements prometheus.Collector.
func (m *ledgerMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.hits, m.stopped, m.alarms, m.entries, m.open} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (m *ledgerMetrics) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), metricsTime)
	defer cancel()
	if err := m.ledger.View(ctx, func(t swap.Tables, size uint64) error {
		migration, err := t.Migration()
		if err != nil {
			return err
		}
		open := 0
		if err := t.AllAttempts(func(a swap.Attempt) error {
			if a.Status == swap.SignedAttempt || a.Status == swap.MinedAttempt {
				open++
			}
			return nil
		}); err != nil {
			return err
		}
		// Prometheus knows floats alone. All of these are counts, none is an amount.
		stopped := map[string]int{}
		for _, s := range migration.Rails.Stopped {
			stopped[s.Rail]++
		}
		for _, rail := range swap.RailNames() {
			ch <- prometheus.MustNewConstMetric(m.hits, prometheus.CounterValue, float64(migration.Rails.Total[rail]), rail)
			ch <- prometheus.MustNewConstMetric(m.stopped, prometheus.GaugeValue, float64(stopped[rail]), rail)
		}
		ch <- prometheus.MustNewConstMetric(m.alarms, prometheus.GaugeValue, float64(len(migration.Alarms)))
		ch <- prometheus.MustNewConstMetric(m.entries, prometheus.GaugeValue, float64(size))
		ch <- prometheus.MustNewConstMetric(m.open, prometheus.GaugeValue, float64(open))
		return nil
	}); err != nil {
		ch <- prometheus.NewInvalidMetric(m.entries, err)
	}
}

// exposeMetrics serves a registry under /metrics on an address until ctx ends, and returns at once.
// An empty address serves nothing.
func exposeMetrics(ctx context.Context, address string, r *prometheus.Registry, log *zap.Logger) error {
	if address == "" {
		return nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("%s: serve.metrics: %w", datadir.ConfigFile, err)
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(r, promhttp.HandlerOpts{ErrorLog: zap.NewStdLog(log)}))
	server := newServer(mux, defaultTimeouts(), log)
	log.Info("metrics", zap.String("address", l.Addr().String()))
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("serving metrics", zap.Error(err))
		}
	}()
	context.AfterFunc(ctx, func() { server.Close() })
	return nil
}
