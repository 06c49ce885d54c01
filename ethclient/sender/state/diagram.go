package state

import (
	"fmt"
	"strings"
)

// Markdown is the machine for people: its diagram, its table and the chain's moves.
func Markdown() string {
	var b strings.Builder
	b.WriteString("```mermaid\nstateDiagram-v2\n    direction LR\n    [*] --> next: signed, in order\n    [*] --> ahead: signed, and an earlier nonce was taken back\n")
	for _, m := range Moves() {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", m.From, m.To, m.Because)
	}
	for _, a := range []Action{Resend, Bump, Fill} {
		fmt.Fprintf(&b, "    next --> next: %s\n", a)
	}
	fmt.Fprintf(&b, "    ahead --> ahead: %s\n", Resend)
	for _, a := range []Action{Finished, Reverted, Filled} {
		fmt.Fprintf(&b, "    final --> [*]: %s\n", a)
	}
	b.WriteString("    taken --> [*]: stop, foreign-nonce\n```\n\n")

	b.WriteString("| state | when | answer | why |\n|---|---|---|---|\n")
	for _, r := range Rows() {
		when, answer := r.When, "**"+string(r.Action)+"**"
		if when == "" {
			when = "otherwise"
		}
		if r.Stop != "" {
			answer += ", " + string(r.Stop)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.State, when, answer, r.Why)
	}
	return b.String()
}
