package oxenrpc

import (
	"context"

	"oxenswap/oxenrpc/wire"
)

// ServiceNodes and Header make single calls of Observe and See.

func ServiceNodes(ctx context.Context, c *Client) (wire.ServiceNodes, error) {
	s, _, err := ask(ctx, c, wire.CallServiceNodes, nil, wire.ParseServiceNodes)
	return s, err
}

func Header(ctx context.Context, c *Client, height uint64) (wire.Header, error) {
	h, _, err := ask(ctx, c, wire.CallHeader, heightParam{height}, wire.ParseHeader)
	return h, err
}
