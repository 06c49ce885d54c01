package cli

import (
	"fmt"
	"strings"

	"oxenswap/cmd/internal/secret"
)

// digestFlags take 32 bytes in hex that are no key: digests, roots, and the message of a proof of
// coins. Everywhere else such a value is taken for a private key.
var digestFlags = map[string]bool{"attachment": true, "root": true, "message": true}

// refuseSecrets refuses a command line that holds a secret, before anything reads, shows or records
// it. The error does not repeat it.
func refuseSecrets(args []string) error {
	var words []string // arguments in a row: seed words that nobody has quoted
	flag := ""         // of which the next argument may be the value
	for _, arg := range args {
		name, value, joined := strings.Cut(arg, "=")
		name, dashed := strings.CutPrefix(name, "-")
		name = strings.TrimPrefix(name, "-")
		where := "an argument"
		switch {
		case dashed && joined && plainName(name):
			where, flag = "the value of --"+name, name
		case dashed:
			value, flag = arg, name
			for _, part := range []string{strings.TrimLeft(arg, "-"), name} {
				if err := secret.CheckStrict(where, part); err != nil {
					return Usage("%w", err)
				}
			}
		default:
			value = arg
			if plainName(flag) {
				where = "an argument after --" + flag
			}
		}
		check := secret.CheckStrict
		if digestFlags[flag] {
			check = secret.Check
		}
		if err := check(where, value); err != nil {
			return Usage("%w", err)
		}
		if _, named, ok := strings.Cut(value, "="); ok { // NAME=URL
			if err := check(where, named); err != nil {
				return Usage("%w", err)
			}
		}
		if dashed {
			words = words[:0]
			continue
		}
		flag = ""
		words = append(words, arg)
		if err := secret.Check(fmt.Sprintf("what the last %d arguments say", len(words)), strings.Join(words, " ")); err != nil {
			return Usage("%w", err)
		}
	}
	return nil
}

// plainName reports whether a text can be a flag's name, and so be repeated.
func plainName(s string) bool {
	return s != "" && len(s) <= 20 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}
