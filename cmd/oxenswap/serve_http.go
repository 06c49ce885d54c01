package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"
)

// What one client can hold up. A write time is for a small answer; files get more by their size.
const (
	headerTime     = 5 * time.Second
	readTime       = 10 * time.Second
	writeTime      = 30 * time.Second
	idleTime       = 2 * time.Minute
	shutdownTime   = 5 * time.Second
	maxHeaderBytes = 16 << 10
	// slowest is the rate in bytes a second at which a client must take a file.
	slowest = 32 << 10
)

// listen serves on the configured address until ctx ends, and returns at once. The channel gives the server's end: nil when
// ctx ended it, and at once when there is no address.
func (s *scheduler) listen(ctx context.Context) (<-chan error, error) {
	ended := make(chan error, 2)
	address := s.config.Serve.Listen
	if address == "" {
		go func() {
			<-ctx.Done()
			close(ended)
		}()
		return ended, nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: serve.listen: %w", configFile, err)
	}
	mux := http.NewServeMux()
	mux.Handle("/ledger/", http.StripPrefix("/ledger/", s.site))
	portal, err := s.openPortal(ctx, mux)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime,
		MaxHeaderBytes: maxHeaderBytes, ErrorLog: zap.NewStdLog(s.log),
	}
	s.log.Info("listening", zap.String("address", l.Addr().String()))
	go func() {
		defer close(ended)
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
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
