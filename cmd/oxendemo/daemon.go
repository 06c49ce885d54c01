package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/oxenrpc/oxentest"
)

func daemonCommand() *cobra.Command {
	var recording, as, listen string
	var shuffle uint64
	c := &cobra.Command{
		Use:   "daemon --recording FILE [--as NAME] [--listen HOST:PORT]",
		Short: "Play the part of an oxend from a recording",
		Long: `Answers the JSON-RPC calls of an oxend over HTTP (POST /json_rpc) from a recording of one moment of a network:

  {"height": H, "calls": [{"daemon": "a", "request": {...}, "response": {...}}]}

plain or compressed with gzip. get_last_block_header is answered from the top header if it was not recorded, what only
another daemon was asked is answered too, and transactions and key images are answered one by one, in whatever order and
number they are asked. Prints the URL on which it listens and runs until SIGTERM.`,
		RunE: func(c *cobra.Command, _ []string) error {
			world, err := oxentest.ReadWorld(recording)
			if err != nil {
				return err
			}
			state, err := world.State(as)
			if err != nil {
				return fmt.Errorf("recording %s: %w", recording, err)
			}
			daemon := oxentest.NewDaemon(state)
			if c.Flags().Changed("shuffle") {
				daemon.Shuffle(shuffle)
			}
			return serve(c, listen, daemon, fmt.Sprintf("daemon %s at block %d %s", as, state.Height(), state.TopHash()))
		},
	}
	c.Flags().StringVar(&recording, "recording", "", "recording to play")
	c.Flags().StringVar(&as, "as", "a", "which daemon of the recording to be")
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "address to listen on; port 0 takes a free one")
	c.Flags().Uint64Var(&shuffle, "shuffle", 0, "list service nodes and rewards in another order each time, from this seed")
	return cli.Require(c, "recording")
}

// serve prints the URL, and on stderr what is served, and serves until the command's context ends.
func serve(c *cobra.Command, listen string, handler http.Handler, what string) error {
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("%w: choose another address with --listen", err)
	}
	fmt.Fprintln(c.ErrOrStderr(), what)
	fmt.Fprintf(c.OutOrStdout(), "http://%s\n", listener.Addr())
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-c.Context().Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}
