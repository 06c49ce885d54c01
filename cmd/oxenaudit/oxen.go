package main

import (
	"fmt"
	"io"
	"net/url"

	"github.com/spf13/cobra"

	"oxenswap/audit"
	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/internal/endpoint"
	"oxenswap/oxenrpc"
	"oxenswap/swap/chaincheck"
)

// defaultSearch is how many blocks are looked through for a node's stakes: ten weeks, in which a node
// that is ever filled usually is.
const defaultSearch = 50_000

// oxenFlags say how the auditor's own oxends are asked.
type oxenFlags struct {
	urls   []string
	search uint64
	state  string
}

func (o *oxenFlags) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringArrayVar(&o.urls, "daemon", nil, "URL of an oxend of your own, to look on the Oxen chain for what the log says (repeatable: all must agree)")
	f.Uint64Var(&o.search, "search-blocks", defaultSearch, "how many blocks to look through for the stakes of one service node")
	f.StringVar(&o.state, "state", "", "file that keeps in which transactions stakes were found, and how far the search came")
}

// open makes the clients and reads what an earlier audit has found.
func (o *oxenFlags) open(into *audit.Oxen, stderr io.Writer) error {
	switch {
	case len(o.urls) == 0 && o.state != "":
		return cli.Usage("--state: there is nothing to keep without --daemon")
	case len(o.urls) == 0:
		return nil
	case o.search == 0:
		return cli.Usage("--search-blocks: at least 1")
	}
	clients, err := daemons(o.urls)
	if err != nil {
		return err
	}
	for _, c := range clients {
		into.Daemons = append(into.Daemons, c)
	}
	into.SearchBlocks, into.Progress = o.search, bars(stderr)
	if o.state == "" {
		return nil
	}
	if into.Earlier, err = chaincheck.ReadState(o.state); err != nil {
		return fmt.Errorf("--state: %w", err)
	}
	into.Keep = func(s chaincheck.State) error { return s.WriteState(o.state) }
	return nil
}

// daemons makes a client of each oxend, which is named by its host and port. The same one twice would
// agree with itself.
func daemons(urls []string) ([]*oxenrpc.Client, error) {
	var out []*oxenrpc.Client
	var servers []endpoint.Server
	for _, text := range urls {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" {
			return nil, cli.Usage("--daemon: expected http://host:port") // the text may hold a password
		}
		c, err := oxenrpc.New(oxenrpc.Config{Name: u.Host, URL: text})
		if err != nil {
			return nil, cli.Usage("--daemon: %w", err)
		}
		out, servers = append(out, c), append(servers, endpoint.Server{Name: u.Host, URL: text})
	}
	if err := endpoint.Distinct(servers); err != nil {
		return nil, cli.Usage("--daemon: %w", err)
	}
	return out, nil
}
