package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"go.uber.org/zap"

	"oxenswap/cmd/oxenswap/internal/datadir"
)

const (
	shutdownTime   = 5 * time.Second
	maxHeaderBytes = 16 << 10
	// slowest is the rate in bytes a second at which a client must take a file.
	slowest = 32 << 10
)

// timeouts bound how long a client may take to send its headers, to send its body, to take the
// answer, and to begin its next request.
type timeouts struct{ header, read, write, idle time.Duration }

// writeTime is for a small answer; files get more by their size.
const writeTime = 30 * time.Second

func defaultTimeouts() timeouts {
	return timeouts{header: 5 * time.Second, read: 10 * time.Second, write: writeTime, idle: 2 * time.Minute}
}

const (
	// memoryGoal is how much memory, in bytes, Go may use before it collects garbage more often.
	// SQLite's memory comes on top. GOMEMLIMIT in the environment replaces it.
	memoryGoal = 640 << 20
	// growth is by how many per cent the memory in use may grow between two collections below
	// memoryGoal. Go's 100 would collect several times a second while many claims arrive; with a
	// much higher value each collection would delay answers noticeably. GOGC in the environment
	// replaces it.
	growth = 200
)

func limitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryGoal)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(growth)
	}
}

// newServer returns a server on which no client can hold a connection for long.
func newServer(h http.Handler, p timeouts, log *zap.Logger) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: p.header, ReadTimeout: p.read, WriteTimeout: p.write, IdleTimeout: p.idle,
		MaxHeaderBytes: maxHeaderBytes, ErrorLog: zap.NewStdLog(log),
	}
}

// listen serves on the configured address until ctx ends, and returns at once. The channel gives
// the server's end: nil when ctx ended it, and at once when there is no address.
func (s *scheduler) listen(ctx context.Context) (<-chan error, error) {
	ended := make(chan error, 2)
	address := s.dir.Config.Serve.Listen
	if address == "" {
		go func() {
			<-ctx.Done()
			close(ended)
		}()
		return ended, nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: serve.listen: %w", datadir.ConfigFile, err)
	}
	places, err := placesFor(mostConnections)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	mux := http.NewServeMux()
	mux.Handle("/ledger/", http.StripPrefix("/ledger/", s.site))
	portal, err := s.openPortal(ctx, mux)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	server, gate := newServer(mux, defaultTimeouts(), s.log), newGate(l, places, leastIdle)
	server.ConnState = gate.state
	s.log.Info("listening", zap.String("address", l.Addr().String()), zap.Int("connections", places))
	go func() {
		defer close(ended)
		if err := server.Serve(gate); !errors.Is(err, http.ErrServerClosed) {
			ended <- fmt.Errorf("serving on %s: %w", address, err)
		}
		<-portal
	}()
	context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			server.Close()
		}
	})
	return ended, nil
}
