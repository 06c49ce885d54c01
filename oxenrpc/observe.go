package oxenrpc

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"oxenswap/oxenrpc/wire"
	"oxenswap/swap"
)

// Takes of one Observe or See, and the pause between them. A block comes every two minutes.
const (
	maxTakes  = 5
	takePause = 2 * time.Second
)

var _ swap.Daemon = (*Client)(nil)

// Observe implements swap.Daemon. It makes the calls that wire.Observation names, the poll last,
// and starts again when a block came in between, up to maxTakes times.
func (c *Client) Observe(ctx context.Context) (swap.Observation, error) {
	o, err := takes(ctx, c, func() ([]swap.RawAnswer, error) { return c.observe(ctx) }, wire.Observation)
	if err != nil {
		return swap.Observation{}, err
	}
	o.Daemon = c.name
	return o, nil
}

// BlockAt implements swap.Daemon. It starts again, up to maxTakes times, when the chain was
// reorganised meanwhile.
func (c *Client) BlockAt(ctx context.Context, height uint64) (swap.BlockStatus, error) {
	s, err := takes(ctx, c, func() ([]swap.RawAnswer, error) { return c.see(ctx, height) },
		func(raw []swap.RawAnswer) (swap.BlockStatus, error) { return wire.BlockStatus(raw, height) })
	if err != nil {
		return swap.BlockStatus{}, err
	}
	s.Daemon = c.name
	return s, nil
}

// takes gathers answers and builds what they say, again while they are of different blocks.
func takes[T any](ctx context.Context, c *Client, gather func() ([]swap.RawAnswer, error), build func([]swap.RawAnswer) (T, error)) (T, error) {
	var none T
	for n := 1; ; n++ {
		raw, err := gather()
		var t T
		if err == nil {
			if t, err = build(raw); err == nil {
				return t, nil
			}
			err = c.refused(raw, err)
		}
		if !errors.Is(err, wire.ErrMoved) || n == maxTakes || !wait(ctx, takePause) {
			return none, err
		}
	}
}

// refused makes an *Error of what wire found wrong with a set of answers.
func (c *Client) refused(raw []swap.RawAnswer, err error) *Error {
	var which *wire.AnswerError
	if !errors.As(err, &which) {
		return c.error("answers", nil, err)
	}
	e := c.error(which.Call, nil, which.Err)
	for _, r := range raw {
		if r.Call == which.Call {
			e.Excerpt = excerpt(r.Body)
		}
	}
	return e
}

// gathering collects the answers of one take.
type gathering struct {
	c   *Client
	raw []swap.RawAnswer
}

func (g *gathering) add(ctx context.Context, call, method string, params any) error {
	body, err := g.c.call(ctx, method, params)
	if err == nil {
		g.raw = append(g.raw, swap.RawAnswer{Call: call, Body: body})
	}
	return err
}

// tip asks what every take begins with, and refuses a daemon that is not synchronised before more
// is asked of it.
func (c *Client) tip(ctx context.Context) (*gathering, wire.Info, error) {
	g := &gathering{c: c}
	_, last, err := ask(ctx, c, wire.CallLastHeader, nil, wire.ParseHeader)
	if err != nil {
		return nil, wire.Info{}, err
	}
	info, body, err := ask(ctx, c, wire.CallInfo, nil, wire.ParseInfo)
	if err != nil {
		return nil, wire.Info{}, err
	}
	if err := info.Synchronised(); err != nil {
		return nil, wire.Info{}, c.error(wire.CallInfo, nil, err)
	}
	c.learn(info)
	g.raw = []swap.RawAnswer{{Call: wire.CallLastHeader, Body: last}, {Call: wire.CallInfo, Body: body}}
	return g, info, g.add(ctx, wire.CallGenesis, wire.CallHeader, heightParam{0})
}

type heightParam struct {
	Height uint64 `json:"height"`
}

type pollParam struct {
	Hash string `json:"poll_block_hash"`
}

func (c *Client) observe(ctx context.Context) ([]swap.RawAnswer, error) {
	g, info, err := c.tip(ctx)
	if err != nil {
		return nil, err
	}
	rewards := wire.CallRewards10
	if release(info.Version) >= 11 {
		rewards = wire.CallRewards11
	}
	for _, call := range []string{wire.CallServiceNodes, rewards, wire.CallBlacklist} {
		if err := g.add(ctx, call, call, nil); err != nil {
			return nil, err
		}
	}
	err = g.add(ctx, wire.CallPoll, wire.CallServiceNodes, pollParam{info.TopHash.String()})
	return g.raw, err
}

func (c *Client) see(ctx context.Context, height uint64) ([]swap.RawAnswer, error) {
	g, info, err := c.tip(ctx)
	if err != nil || height > info.Top() {
		if g != nil {
			return g.raw, err
		}
		return nil, err
	}
	_, body, err := ask(ctx, c, wire.CallHeader, heightParam{height}, wire.ParseHeader)
	var rpc *wire.RPCError
	if errors.As(err, &rpc) && rpc.Code == wire.CodeTooBigHeight {
		return nil, c.error(wire.CallHeader, nil, fmt.Errorf("%w: the chain is shorter than it was (%w)", wire.ErrMoved, rpc))
	}
	return append(g.raw, swap.RawAnswer{Call: wire.CallHeader, Body: body}), err
}

// release gives the first number of a version such as "10.6.0-99f5d6e17"; 0 if there is none.
func release(version string) int {
	first, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(first)
	if err != nil {
		return 0
	}
	return n
}
