// Package cli is how the programs behave on a command line; what is written here holds for all of
// them.
//
//   - Data goes to stdout, words for people to stderr; --json prints data as JSON.
//   - The exit code is 0 when it is done or the answer is yes, 1 when the answer is no or something failed, and 2 when the
//     call was wrong and can never work. Execute is the only place that decides it.
//   - A wrong call is answered with what is wrong and where to read on, never with a page of usage.
//   - What looks like a secret, in any argument, is refused before anything reads it, and never repeated (package secret).
//   - An error is one line: the program, what was being done, what happened, and what to do next where a program knows.
package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// ErrNo is returned by commands whose answer is no and that have said so already.
var ErrNo = errors.New("the answer is no")

// UsageError is a call that can never work, whatever it finds.
type UsageError struct{ error }

// Unwrap returns the error itself.
func (e UsageError) Unwrap() error { return e.error }

// Usage makes a UsageError.
func Usage(format string, args ...any) error { return UsageError{fmt.Errorf(format, args...)} }

// Execute runs one command line and returns the exit code. hint says what to do about an error, ""
// where it knows nothing; it may be nil.
func Execute(ctx context.Context, root *cobra.Command, args []string, hint func(error) string) int {
	root.SetArgs(args)
	err := refuseSecrets(args)
	if err == nil {
		err = root.ExecuteContext(ctx)
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, ErrNo):
		return 1
	}
	next := ""
	if hint != nil {
		if next = hint(err); next != "" {
			next = ": " + next
		}
	}
	fmt.Fprintf(root.ErrOrStderr(), "%s: %v%s\n", root.Name(), err, next)
	if errors.As(err, new(UsageError)) {
		return 2
	}
	return 1
}

// Root makes a program's root command behave as the others do. Called alone it shows its help.
func Root(root *cobra.Command, commands ...*cobra.Command) *cobra.Command {
	root.SilenceUsage, root.SilenceErrors = true, true
	root.Args = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return Usage("%s has no command %q (see `%s --help`)", c.CommandPath(), args[0], c.CommandPath())
		}
		return nil
	}
	root.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return Usage("%v (see `%s --help`)", err, c.CommandPath())
	})
	root.AddCommand(commands...)
	return root
}

// Group is a command that only has subcommands.
func Group(use, short string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short, Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return Usage("%s needs a subcommand (see `%s --help`)", c.CommandPath(), c.CommandPath())
			}
			return Usage("%s has no subcommand %q (see `%s --help`)", c.CommandPath(), args[0], c.CommandPath())
		},
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	c.AddCommand(commands...)
	return c
}

// NoArgs refuses arguments.
func NoArgs(c *cobra.Command, args []string) error { return ExactArgs(0)(c, args) }

// ExactArgs refuses any other number of arguments.
func ExactArgs(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != n {
			return Usage("%d arguments given, %s takes %d (usage: %s)", len(args), c.CommandPath(), n, c.UseLine())
		}
		return nil
	}
}

// Require makes flags mandatory.
func Require(c *cobra.Command, names ...string) *cobra.Command {
	inner := c.Args
	c.Args = func(c *cobra.Command, args []string) error {
		for _, name := range names {
			if !c.Flags().Changed(name) {
				return Usage("--%s is missing (usage: %s)", name, c.UseLine())
			}
		}
		if inner == nil {
			return nil
		}
		return inner(c, args)
	}
	return c
}

// WriteJSON writes data as --json shows it: indented, and without escapes meant for HTML.
func WriteJSON(w io.Writer, data any) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(data); err != nil {
		return err
	}
	_, err := w.Write(buf.Bytes())
	return err
}

// Version is a program's name and the version that it was built from, as the build knows it: a
// released module version, or the commit and whether the sources were changed since.
func Version(program string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return program + " (unknown version)"
	}
	return program + " " + versionOf(info)
}

func versionOf(info *debug.BuildInfo) string {
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	commit, changed := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value[:min(len(s.Value), 12)]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+dirty"
		}
	}
	if commit == "" {
		return "(devel)"
	}
	return commit + changed
}
