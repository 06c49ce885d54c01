package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func program(run func() error) *cobra.Command {
	do := &cobra.Command{Use: "do --name N", Args: ExactArgs(1), RunE: func(*cobra.Command, []string) error { return run() }}
	do.Flags().String("name", "", "")
	return Root(&cobra.Command{Use: "prog"}, Group("things", "Things", Require(do, "name")))
}

func TestExecute(t *testing.T) {
	missing := errors.New("no such thing")
	for _, c := range []struct {
		args string
		err  error
		code int
		says string
	}{
		{"things do --name n x", nil, 0, ""},
		{"things do --name n x", ErrNo, 1, ""},
		{"things do --name n x", fmt.Errorf("looking: %w", missing), 1, "prog: looking: no such thing: make one first\n"},
		{"things do --name n x", fmt.Errorf("read it: %w", Usage("--name %q is odd", "n")), 2, "prog: read it: --name \"n\" is odd\n"},
		{"things do --name n", nil, 2, "prog: 0 arguments given, prog things do takes 1"},
		{"things do x", nil, 2, "prog: --name is missing"},
		{"things do --nane n x", nil, 2, "see `prog things do --help`"},
		{"things", nil, 2, "prog things needs a subcommand"},
		{"things undo", nil, 2, "prog things has no subcommand \"undo\""},
		{"undo", nil, 2, "prog has no command \"undo\""},
		{"", nil, 0, ""},
	} {
		var stdout, stderr bytes.Buffer
		root := program(func() error { return c.err })
		root.SetOut(&stdout)
		root.SetErr(&stderr)
		code := Execute(context.Background(), root, strings.Fields(c.args), func(err error) string {
			if errors.Is(err, missing) {
				return "make one first"
			}
			return ""
		})
		if code != c.code || !strings.Contains(stderr.String(), c.says) || c.says == "" && stderr.Len() > 0 {
			t.Errorf("%q, returning %v: got code %d, stderr %q; want %d, %q", c.args, c.err, code, stderr.String(), c.code, c.says)
		}
	}
}

func TestVersionOf(t *testing.T) {
	setting := func(pairs ...string) (out []debug.BuildSetting) {
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, debug.BuildSetting{Key: pairs[i], Value: pairs[i+1]})
		}
		return out
	}
	for want, info := range map[string]*debug.BuildInfo{
		"v1.2.3":             {Main: debug.Module{Version: "v1.2.3"}},
		"0123456789ab":       {Main: debug.Module{Version: "(devel)"}, Settings: setting("vcs.revision", "0123456789abcdef", "vcs.modified", "false")},
		"0123456789ab+dirty": {Settings: setting("vcs.revision", "0123456789abcdef", "vcs.modified", "true")},
		"(devel)":            {},
	} {
		if got := versionOf(info); got != want {
			t.Errorf("version of %+v: got %q, want %q", info, got, want)
		}
	}
}
