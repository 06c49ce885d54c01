package datadir

import (
	"context"
	"fmt"
	"time"

	"oxenswap/ethclient"
	"oxenswap/oxenrpc/wire"
	"oxenswap/swap"
)

// maxClockError is how far the clock may be from both the token's chain and the Oxen daemons before
// appending stops.
const maxClockError = 2 * time.Minute

// checkClockOutside refuses to go on while the clock is wrong in the eyes of everybody who can be
// asked: entries' times decide which claims are in time. What cannot be asked is said. A fakechain
// stands still, so it is not asked.
func (d *Dir) checkClockOutside(ctx context.Context, warn func(format string, args ...any)) error {
	if d.Terms().Fakechain() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	var wrong []string
	asked := false
	judge := func(who string, at time.Time, err error) bool {
		if err != nil {
			warn("the clock is not compared with %s: %v", who, err)
			return false
		}
		asked = true
		off := d.Now().Sub(at)
		if off.Abs() <= maxClockError {
			return true
		}
		wrong = append(wrong, fmt.Sprintf("%s from %s's %s", off.Round(time.Second), who, FormatTime(at)))
		return false
	}
	for _, url := range d.Config.Chain.RPC {
		at, err := chainTime(ctx, url, d.Terms().Token.ChainID)
		if judge("the token's chain", at, err) {
			return nil
		}
	}
	daemons, err := d.Daemons()
	if err != nil {
		return err
	}
	for _, daemon := range daemons {
		at, err := daemonTime(ctx, daemon)
		if judge("daemon "+daemon.Name(), at, err) {
			return nil
		}
	}
	if !asked {
		return nil
	}
	return fmt.Errorf("the clock says %s, which is %v: set it right before anything is recorded",
		FormatTime(d.Now()), wrong)
}

// daemonTime is the time of a daemon's top block.
func daemonTime(ctx context.Context, d swap.Daemon) (time.Time, error) {
	s, err := d.BlockAt(ctx, 0)
	if err != nil {
		return time.Time{}, err
	}
	for _, raw := range s.Raw {
		if raw.Call == wire.CallLastHeader {
			h, err := wire.ParseHeader(raw.Body)
			return time.Unix(int64(h.Timestamp), 0), err
		}
	}
	return time.Time{}, fmt.Errorf("no %s among its answers", wire.CallLastHeader)
}

// chainTime is the time of the newest block of a chain.
func chainTime(ctx context.Context, url string, id uint64) (time.Time, error) {
	c, err := ethclient.Connect(ctx, url, id, ethclient.DefaultLimits())
	if err != nil {
		return time.Time{}, err
	}
	defer c.Close()
	head, err := c.HeaderByNumber(ctx, nil)
	if err != nil {
		return time.Time{}, err
	}
	return time.Unix(int64(head.Time), 0), nil
}

// FormatTime is how times are shown.
func FormatTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }
