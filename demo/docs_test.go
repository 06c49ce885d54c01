package demo_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// How documents show a session: a block of lines indented by four spaces, commands after "$ ",
// output below.
//
//   - "..." stands for text that is too long, or that differs from run to run. Nothing else is a
//     wildcard.
//   - Runs of spaces count as one. Lines of the output may be left out, not reordered.
//   - A line in brackets, and what follows "  # " after a command, is a remark.
//   - A command that the demonstration ran is compared with what it printed then. A shown command
//     may leave out flags of the demonstration (--clock, --dir), and name a file without its folder.
//   - Any other command runs now in the demonstration's folder, and those on claims with --dir late:
//     that ledger needs no chain, and alice has claimed there once only.

// session is one command as a document shows it.
type session struct {
	command string
	output  []string
}

// sessions reads the commands and outputs of a document.
func sessions(text string) (all []session) {
	for line := range strings.Lines(text) {
		line, indented := strings.CutPrefix(strings.TrimRight(line, "\n"), "    ")
		command, isCommand := strings.CutPrefix(line, "$ ")
		switch {
		case !indented && line != "":
			all = append(all, session{}) // a block ends
		case indented && isCommand:
			command, _, _ = strings.Cut(command, "  #")
			all = append(all, session{command: strings.TrimSpace(command)})
		case indented && len(all) > 0 && line != "" && !strings.HasPrefix(line, "("):
			all[len(all)-1].output = append(all[len(all)-1].output, line)
		}
	}
	return slices.DeleteFunc(all, func(s session) bool { return s.command == "" })
}

// transcript is what the demonstration ran: commands, and what each printed.
func transcript(out string) (ran []session) {
	for line := range strings.Lines(out) {
		line = strings.TrimRight(line, "\n")
		if command, ok := strings.CutPrefix(line, "$ "); ok {
			ran = append(ran, session{command: command})
		} else if len(ran) > 0 {
			ran[len(ran)-1].output = append(ran[len(ran)-1].output, line)
		}
	}
	return ran
}

// pattern is a shown text as a regular expression for the whole of the real one.
func pattern(shown string) *regexp.Regexp {
	fields := strings.Fields(shown)
	for i, f := range fields {
		fields[i] = strings.ReplaceAll(regexp.QuoteMeta(f), `\.\.\.`, `.*`)
	}
	return regexp.MustCompile(`^` + strings.Join(fields, ` `) + `$`)
}

// shows returns the first shown line that the output does not have, "" if it has all of them in
// this order.
func shows(output, shown []string) string {
	for _, line := range shown {
		p := pattern(line)
		at := slices.IndexFunc(output, func(real string) bool {
			return p.MatchString(strings.Join(strings.Fields(real), " "))
		})
		if at < 0 {
			return line
		}
		output = output[at+1:]
	}
	return ""
}

// ranAs reports whether a command of the demonstration is the shown one: its words, in order.
func ranAs(real, shown string) bool {
	rest := words(real)
	for i, word := range words(shown) {
		if word == "..." {
			continue
		}
		p := pattern(word)
		at := slices.IndexFunc(rest, func(w string) bool { return p.MatchString(w) || p.MatchString(filepath.Base(w)) })
		if at < 0 || i == 0 && at != 0 {
			return false
		}
		rest = rest[at+1:]
	}
	return true
}

// words splits a command line; double quotes hold words together.
func words(command string) (all []string) {
	for i, part := range strings.Split(command, `"`) {
		if i%2 == 1 {
			all = append(all, part)
		} else {
			all = append(all, strings.Fields(part)...)
		}
	}
	return all
}

// demonstration is the demonstration after its end.
type demonstration struct {
	bin, dir string
	ran      []session
	values   []string // of its inputs: addresses, texts, signatures
}

// check compares a session with what happened, or runs its command.
func (d *demonstration) check(s session) error {
	commands := strings.Split(s.command, " && ")
	for i, command := range commands {
		shown := s.output
		if i < len(commands)-1 {
			shown = nil
		}
		if err := d.checkOne(command, shown); err != nil {
			return err
		}
	}
	return nil
}

func (d *demonstration) checkOne(command string, shown []string) error {
	missing, found := "", false
	for _, r := range d.ran {
		if ranAs(r.command, command) {
			found = true
			if missing = shows(r.output, shown); missing == "" {
				return nil
			}
		}
	}
	if found {
		return fmt.Errorf("%s: the demonstration did not print %q there", command, missing)
	}
	args := words(command)
	for i, a := range args {
		prefix, cut := strings.CutSuffix(a, "...")
		if !cut {
			continue
		}
		at := slices.IndexFunc(d.values, func(v string) bool { return strings.HasPrefix(v, prefix) })
		if at < 0 {
			return fmt.Errorf("%s: the demonstration did not run it, and no input of it begins with %q", command, prefix)
		}
		args[i] = d.values[at]
	}
	if args[0] != "oxenswap" && args[0] != "oxenaudit" {
		return fmt.Errorf("%s: not one of the programs", command)
	}
	program, args := args[0], args[1:]
	if program == "oxenswap" {
		args = append([]string{"--clock", "2026-11-22T12:00:00Z"}, args...)
	}
	if strings.HasPrefix(command, "oxenswap claim ") {
		args = append(args, "--dir", "late")
	}
	run := exec.Command(filepath.Join(d.bin, program), args...)
	run.Dir = d.dir
	out, err := run.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", command, err, out)
	}
	if missing := shows(strings.Split(string(out), "\n"), shown); missing != "" {
		return fmt.Errorf("%s: it does not print %q but\n%s", command, missing, out)
	}
	return nil
}

// newDemonstration reads what the documents' "..." can stand for from the inputs.
func newDemonstration(t *testing.T, bin, dir, out string) *demonstration {
	t.Helper()
	d := &demonstration{bin: bin, dir: dir, ran: transcript(out)}
	files, err := filepath.Glob("*.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append([]string{"alice-second.jsonl"}, files...) { // the newest claim first
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		for lines.Buffer(nil, 1<<20); lines.Scan(); {
			var line struct{ Oxen, Text, Signature string }
			if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
				t.Fatalf("line of %s: error %v, want JSON", name, err)
			}
			d.values = append(d.values, line.Oxen, line.Text, line.Signature)
		}
		if err := lines.Err(); err != nil {
			t.Fatalf("reading %s: error %v, want none", name, err)
		}
	}
	return d
}

// checkDocuments holds what the documents show against the demonstration, and every command that
// they name against the programs.
func checkDocuments(t *testing.T, bin, dir, out string) {
	d := newDemonstration(t, bin, dir, out)
	readme := read(t, "../README.md")
	shown := sessions(readme)
	if len(shown) < 13 {
		t.Errorf("README.md: %d commands with output found, want at least 13", len(shown))
	}
	for _, s := range shown {
		if err := d.check(s); err != nil {
			t.Errorf("README.md: %v", err)
		}
	}
	for _, s := range []session{ // the checker finds what is wrong
		{"oxenswap snapshot take", []string{"snapshot of height 241: taken"}},
		{"oxenswap snapshot take", []string{"block d5...", "snapshot of height 240: taken"}},
		{"oxenswap round build", []string{"gives 5115.020214087 SESH in 22 lines, at most ... to one recipient"}},
		{"oxenswap claim show NOBODY", nil},
		{"oxenswap owed --oxen LZ...", nil},
	} {
		if err := d.check(s); err == nil {
			t.Errorf("%s with %q passes, want an error", s.command, s.output)
		}
	}

	report := d.ran[len(d.ran)-1].output // of the last audit
	_, block, ok := strings.Cut(read(t, "../docs/AUDITING.md"), "the end of the report is\n\n")
	block, _, ended := strings.Cut(block, "\n## ")
	if !ok || !ended {
		t.Fatal("docs/AUDITING.md: no end of a report")
	}
	lines := slices.DeleteFunc(strings.Split(block, "\n"), func(l string) bool { return l == "" })
	if missing := shows(report, lines); missing != "" || len(lines) < 8 {
		t.Errorf("docs/AUDITING.md: the audit does not print %q, of %d lines", missing, len(lines))
	}

	tree := commands(t, bin)
	for _, name := range []string{
		"README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md",
		"docs/OPERATIONS.md", "docs/AUDITING.md", "docs/CONTRACT.md", "docs/SENDING.md",
	} {
		for _, command := range named(read(t, "../"+name), tree) {
			if err := tree.check(command); err != nil {
				t.Errorf("command %q in %s: %v", command, name, err)
			}
		}
	}
	for _, command := range []string{
		"oxenswap chain pauze", "oxenswap chain pause --rcp URL", "oxenaudit reply EXPORT", "--no-such-flag",
	} {
		if err := tree.check(command); err == nil {
			t.Errorf("%s passes, want an error", command)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// rotationHeader is the first line of a signed note that a document shows, and no command.
const rotationHeader = "oxenswap ledger key rotation v1"

// commandTree is the flags of every command of the programs, by its words.
type commandTree map[string]map[string]bool

var (
	helpCommand = regexp.MustCompile(`(?m)^  ([a-z-]+) +\S`)
	helpFlag    = regexp.MustCompile(`(?m)^ +(?:-\w, )?(--[a-z-]+)`)
	codeSpan    = regexp.MustCompile("`([^`]+)`")
	flagWord    = regexp.MustCompile(`^--[a-z-]+`)
	literalWord = regexp.MustCompile(`^[a-z][a-z-]*$`)
)

// commands asks the programs for their commands and flags.
func commands(t *testing.T, bin string) commandTree {
	t.Helper()
	tree := commandTree{}
	var visit func(path ...string)
	visit = func(path ...string) {
		out, err := exec.Command(filepath.Join(bin, path[0]), append(path[1:], "--help")...).Output()
		if err != nil {
			t.Fatalf("%v --help: %v", path, err)
		}
		flags := map[string]bool{}
		for _, m := range helpFlag.FindAllStringSubmatch(string(out), -1) {
			flags[m[1]] = true
		}
		tree[strings.Join(path, " ")] = flags
		if _, below, ok := strings.Cut(string(out), "Available Commands:\n"); ok {
			below, _, _ = strings.Cut(below, "\n\n")
			for _, m := range helpCommand.FindAllStringSubmatch(below, -1) {
				if m[1] != "help" && m[1] != "completion" {
					visit(slices.Concat(path, []string{m[1]})...)
				}
			}
		}
	}
	visit("oxenswap")
	visit("oxenaudit")
	visit("oxendemo")
	return tree
}

// named are the commands that a document names: those of the programs in code, a command of
// oxenswap with its subcommand but without the program's name, and single flags.
func named(text string, tree commandTree) (all []string) {
	var code []string
	for line := range strings.Lines(text) {
		if line, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), "    "); ok {
			line, _, _ = strings.Cut(strings.TrimPrefix(line, "$ "), "  #")
			for command := range strings.SplitSeq(line, " && ") {
				if strings.HasPrefix(command, "oxen") && command != rotationHeader {
					code = append(code, command)
				}
			}
		}
	}
	for _, m := range codeSpan.FindAllStringSubmatch(text, -1) {
		code = append(code, m[1])
	}
	for _, c := range code {
		w := strings.Fields(c)
		switch {
		case len(w) == 0:
		case tree[w[0]] != nil, strings.HasPrefix(w[0], "--"):
			all = append(all, c)
		case len(w) > 1 && tree["oxenswap "+w[0]] != nil && literalWord.MatchString(w[1]):
			all = append(all, "oxenswap "+c)
		}
	}
	return all
}

// check refuses a command or a flag that no program has.
func (tree commandTree) check(command string) error {
	w := strings.Fields(command)
	if strings.HasPrefix(w[0], "--") {
		flag := flagWord.FindString(w[0])
		for flags := range maps.Values(tree) {
			if flags[flag] {
				return nil
			}
		}
		return fmt.Errorf("no command has the flag %s", flag)
	}
	path, rest := w[0], w[1:]
	if len(rest) > 1 && rest[0] == "--dir" { // the one global flag that stands before a subcommand
		rest = rest[2:]
	}
	for len(rest) > 0 && tree[path+" "+rest[0]] != nil {
		path, rest = path+" "+rest[0], rest[1:]
	}
	flags := tree[path]
	if flags == nil {
		return errors.New(path + " is no command")
	}
	group := false
	for other := range tree {
		group = group || strings.HasPrefix(other, path+" ")
	}
	if len(rest) > 0 && literalWord.MatchString(rest[0]) && group {
		return fmt.Errorf("%s has no subcommand %s", path, rest[0])
	}
	for _, word := range rest {
		if flag := flagWord.FindString(strings.Trim(word, "[]")); flag != "" && !flags[flag] {
			return fmt.Errorf("%s has no flag %s", path, flag)
		}
	}
	return nil
}
