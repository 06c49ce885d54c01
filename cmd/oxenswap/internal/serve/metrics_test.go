package serve

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/zap"

	"oxenswap/swap"
)

// tablesOnly is a ledger that consists of tables.
type tablesOnly struct {
	swap.Memory
	err error
}

func (l *tablesOnly) View(_ context.Context, read func(swap.Tables, uint64) error) error {
	if l.err != nil {
		return l.err
	}
	return read(&l.Memory, 17)
}

func TestMetrics(t *testing.T) {
	l := &tablesOnly{}
	if err := errors.Join(
		l.SetMigration(swap.Migration{
			Alarms: map[uint64]string{7: "x"},
			Rails:  swap.RailHits{Total: map[string]uint64{"day": 3, "batch": 1}, Stopped: []swap.RailHit{{Rail: "day"}}},
		}),
		l.SetAttempt(swap.Attempt{TxSigned: swap.TxSigned{Hash: swap.Hash{1}}, Status: swap.MinedAttempt}),
		l.SetAttempt(swap.Attempt{TxSigned: swap.TxSigned{Hash: swap.Hash{2}}, Status: swap.FinalizedAttempt}),
	); err != nil {
		t.Fatal(err)
	}
	r := prometheus.NewRegistry()
	r.MustRegister(newLedgerMetrics(l))
	if err := testutil.GatherAndCompare(r, strings.NewReader(`
# HELP oxenswap_alarms Entries about what the chain did without the ledger, not acknowledged.
# TYPE oxenswap_alarms gauge
oxenswap_alarms 1
# HELP oxenswap_ledger_entries Entries of the ledger.
# TYPE oxenswap_ledger_entries gauge
oxenswap_ledger_entries 17
# HELP oxenswap_rail_hits_total How often sending stopped at a rail.
# TYPE oxenswap_rail_hits_total counter
oxenswap_rail_hits_total{rail="approvals"} 0
oxenswap_rail_hits_total{rail="batch"} 1
oxenswap_rail_hits_total{rail="day"} 3
oxenswap_rail_hits_total{rail="gas_price"} 0
oxenswap_rail_hits_total{rail="transaction"} 0
# HELP oxenswap_rail_stopped What stands at a rail now and needs a person.
# TYPE oxenswap_rail_stopped gauge
oxenswap_rail_stopped{rail="approvals"} 0
oxenswap_rail_stopped{rail="batch"} 0
oxenswap_rail_stopped{rail="day"} 1
oxenswap_rail_stopped{rail="gas_price"} 0
oxenswap_rail_stopped{rail="transaction"} 0
# HELP oxenswap_transactions_open Signed transactions that are not final.
# TYPE oxenswap_transactions_open gauge
oxenswap_transactions_open 1
`)); err != nil {
		t.Error(err)
	}
	if problems, err := testutil.GatherAndLint(r); err != nil || len(problems) > 0 {
		t.Errorf("problems of the metrics: got %v, %v, want none", problems, err)
	}

	l.err = errors.New("disk I/O error")
	server := httptest.NewServer(promhttp.HandlerFor(r, promhttp.HandlerOpts{}))
	defer server.Close()
	answer, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusInternalServerError || !strings.Contains(string(text), "disk I/O") {
		t.Errorf("metrics of a ledger that cannot be read: got %s: %s, want 500 and the disk I/O error", answer.Status, text)
	}
	if err := exposeMetrics(t.Context(), "nowhere:x", r, zap.NewNop()); err == nil || !strings.Contains(err.Error(), "serve.metrics") {
		t.Errorf("an address that cannot be listened on: got %v, want an error that names serve.metrics", err)
	}
}
