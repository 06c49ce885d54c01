package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/ethclient"
	"oxenswap/ethclient/sender"
	"oxenswap/store"
	"oxenswap/swap"
)

func (a *app) chainCommand() *cobra.Command {
	return cli.Group("chain", "The distributor and its transactions",
		a.chainDeployCommand(), a.chainFundCommand(), a.chainProposeCommand(), a.chainActivateCommand(),
		a.chainCancelCommand(), a.chainPauseCommand(), a.chainUnpauseCommand(), a.chainPushCommand(),
		a.chainStatusCommand(), a.chainReconcileCommand(), a.safeExportCommand())
}

// chainLedger is the ledger as the sender uses it.
type chainLedger struct{ *datadir.Dir }

var _ sender.Ledger = chainLedger{}

// Event implements sender.Ledger.
func (l chainLedger) Event(ctx context.Context, seq uint64) (swap.Event, time.Time, error) {
	e, err := l.Entry(ctx, seq)
	if err != nil {
		return nil, time.Time{}, err
	}
	event, err := swap.DecodeEvent(e.Kind, e.Body)
	return event, e.Time, err
}

// operator is a data directory connected to the token's chain.
type operator struct {
	*datadir.Dir
	reader *ethclient.Reader
	sender *sender.Sender
}

// nodes selects the nodes of the token's chain that a command uses. The zero value is all nodes of
// the configuration, and each must answer.
type nodes struct {
	any  bool   // the nodes that answer are enough: the command stops the distributor
	only string // with any: URL of the one node to trust; the others still get the transaction
}

// withChain runs a function on the data directory, opened for writing, and the token's chain.
func (a *app) withChain(ctx context.Context, n nodes, f func(*operator) error) error {
	return a.with(ctx, a.open, func(d *datadir.Dir) error {
		release, err := store.LockSending(a.dir)
		if err != nil {
			return err
		}
		return errors.Join(a.onChain(ctx, d, n, f), release())
	})
}

// onChain connects an opened data directory to the token's chain.
func (a *app) onChain(ctx context.Context, d *datadir.Dir, n nodes, f func(*operator) error) error {
	urls := d.Config.Chain.RPC
	var missing error
	if n.only != "" {
		urls = append([]string{n.only}, urls...)
		missing = errors.New("--rpc names the one to trust")
	}
	if len(urls) == 0 {
		return fmt.Errorf("%s names no RPC of the token's chain: set chain.rpc", datadir.ConfigFile)
	}
	id := d.Terms().Token.ChainID
	var clients []sender.Node
	var answering []string
	for _, url := range urls {
		client, err := ethclient.Connect(ctx, url, id, ethclient.DefaultLimits())
		switch {
		case err == nil:
			defer client.Close()
			clients, answering = append(clients, client), append(answering, url)
		case n.any && url != n.only:
			missing = errors.Join(missing, err)
		default:
			return err
		}
	}
	if len(answering) == 0 {
		return missing
	}
	if n.only != "" {
		answering = answering[:1]
	}
	reader, err := ethclient.Dial(ctx, ethclient.Options{ChainID: id}, ethclient.DefaultLimits(), answering...)
	if err != nil {
		return err
	}
	o := sender.Options{Progress: a.progress(), Others: clients[1:], Missing: missing}
	if o.Roles, err = d.Config.Chain.Roles(false); err != nil {
		return err
	}
	return f(&operator{d, reader, sender.New(reader, clients[0], chainLedger{d}, o)})
}

// progress returns a function that reports each transaction, and on a terminal a push's progress.
func (a *app) progress() func(sender.Step) {
	bar, terminal := a.bar(0, "batches"), a.terminal()
	waiting, last := map[swap.Intent]bool{}, ""
	once := func(what, format, note string) { // a repeated note is said once
		if what+note != last {
			last = what + note
			a.say("%s: "+format+": %s", what, note)
		}
	}
	return func(s sender.Step) {
		what := s.Purpose
		if s.Round > 0 {
			what += fmt.Sprintf(" round %d", s.Round)
		}
		if s.Of > 0 {
			what += fmt.Sprintf(", batch %d of %d", s.Batch+1, s.Of)
		}
		if s.Of > 0 && s.Stage == sender.StageMined {
			bar.ChangeMax64(int64(s.Of))
			bar.Set64(int64(s.Batch) + 1)
		}
		if s.Of > 0 && terminal && s.Stage != sender.StageRefused && s.Stage != sender.StageTrouble {
			return // the bar says it
		}
		switch s.Stage {
		case sender.StageSigned:
			a.say("%s: signed transaction 0x%s", what, s.Hash)
		case sender.StageRefused:
			once(what, "the node answered", s.Note)
		case sender.StageTrouble:
			once(what, "trying again", s.Note)
		case sender.StageAlone:
			a.say("%s: %s", what, s.Note)
		case sender.StageMined:
			a.say("%s: in block %d", what, s.Block)
		case sender.StageWaiting:
			if s.Of == 0 && !waiting[s.Intent] {
				waiting[s.Intent] = true
				a.say("%s: waiting until it is final (block %d is)", what, s.Block)
			}
		case sender.StageFinal:
			if s.Of == 0 {
				a.say("%s: final", what)
			}
		}
	}
}

// terminal reports whether stderr is a terminal.
func (a *app) terminal() bool {
	f, ok := a.stderr.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// ether writes wei in the chain's coin.
func ether(wei *big.Int) string {
	whole, rest := new(big.Int).QuoRem(wei, big.NewInt(1e18), new(big.Int))
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%s.%018s", whole, rest), "0"), ".")
}

// unixTime shows a time of the chain.
func unixTime(seconds uint64) string { return datadir.FormatTime(time.Unix(int64(seconds), 0)) }

// alarmed prints the alarms, and returns cli.ErrNo if there are any.
func (a *app) alarmed(m swap.Migration) error {
	for _, entry := range slices.Sorted(maps.Keys(m.Alarms)) {
		a.say("alarm, entry %d: %s", entry, m.Alarms[entry])
	}
	if len(m.Alarms) > 0 {
		return cli.ErrNo
	}
	return nil
}
