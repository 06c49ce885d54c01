package main

import (
	"os"

	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/term"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/cmd/oxenswap/internal/serve"
)

func (a *app) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Take and finalise snapshots on schedule and publish the ledger, until interrupted",
		Args:  cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), a.openAlone, func(d *datadir.Dir) error {
				log := a.logger()
				defer log.Sync()
				return serve.Run(c.Context(), d, log)
			})
		},
	}
}

// encoding is how the log writes what zap would write as floats: times and durations are strings,
// so that every number in a line is an integer, exact as it was.
func encoding() zapcore.EncoderConfig {
	c := zap.NewProductionEncoderConfig()
	c.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	c.EncodeDuration = zapcore.StringDurationEncoder
	return c
}

// logger writes to stderr: for people on a terminal, as JSON elsewhere.
func (a *app) logger() *zap.Logger {
	enc := zapcore.NewJSONEncoder(encoding())
	if f, ok := a.stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		enc = zapcore.NewConsoleEncoder(zap.NewDevelopmentEncoderConfig())
	}
	return zap.New(zapcore.NewCore(enc, zapcore.Lock(zapcore.AddSync(a.stderr)), zap.InfoLevel))
}
