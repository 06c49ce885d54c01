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

// patience is for how long one client can hold up a connection: until its headers are there, its
// body, its answer is taken, its next request begins.
type patience struct{ header, read, write, idle time.Duration }

// writeTime is for a small answer; files get more by their size.
const writeTime = 30 * time.Second

func usualPatience() patience {
	return patience{header: 5 * time.Second, read: 10 * time.Second, write: writeTime, idle: 2 * time.Minute}
}

const (
	// memoryGoal is how much memory, in bytes, the program may take before it is collected more
	// eagerly: what SQLite takes comes on top. GOMEMLIMIT in the environment takes its place.
	memoryGoal = 640 << 20
	// growth is by how many per cent the memory in use grows between two collections, as long as
	// there is enough of it: Go's 100 would collect several times a second while many claims come
	// in, and with much more each time would take long enough to be noticed. GOGC in the
	// environment takes its place.
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

// newServer returns a server that nobody can hold up for long.
func newServer(h http.Handler, p patience, log *zap.Logger) *http.Server {
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
	server, gate := newServer(mux, usualPatience(), s.log), newGate(l, places, leastIdle)
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
