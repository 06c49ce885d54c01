package swap

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"
)

// Failure is why a daemon gave nothing that counts. Entries, which are public for ever, say no
// more: where a daemon is and what it answered stay in logs.
type Failure string

// The failures.
const (
	FailureSilent      Failure = "gave no answer"
	FailureUnreachable Failure = "unreachable"           // no connection, or one that broke
	FailureTimeout     Failure = "timed out"             // no answer in time
	FailureLogin       Failure = "refused the login"     // HTTP status 401 or 403
	FailureStatus      Failure = "error status"          // any other HTTP status than 200
	FailureRefused     Failure = "refused the call"      // an error in an answer of the right form
	FailureMalformed   Failure = "answer malformed"      // an answer of another form, or one that contradicts itself
	FailureBusy        Failure = "not synchronised"      // behind its network
	FailureMoved       Failure = "blocks came meanwhile" // its answers were never of one block
	FailureNetwork     Failure = "another network"
	FailureGenesis     Failure = "another genesis"
	FailureOther       Failure = "failed" // none of these
)

// Failures are all there are.
func Failures() []Failure {
	return []Failure{
		FailureSilent, FailureUnreachable, FailureTimeout, FailureLogin, FailureStatus, FailureRefused, FailureMalformed,
		FailureBusy, FailureMoved, FailureNetwork, FailureGenesis, FailureOther,
	}
}

// DaemonError is a failure with its details, which are for logs and terminals.
type DaemonError struct {
	Kind Failure
	Err  error
}

func (e *DaemonError) Error() string { return e.Err.Error() }

// Unwrap returns the details.
func (e *DaemonError) Unwrap() error { return e.Err }

// Failure returns the kind.
func (e *DaemonError) Failure() Failure { return e.Kind }

var errNoAnswer = &DaemonError{FailureSilent, errors.New("gave no answer")}

// FailureOf is the failure that an error of a daemon stands for: the one that it, or an error that
// it wraps, names by a method Failure; FailureOther if none does.
func FailureOf(err error) Failure {
	var named interface{ Failure() Failure }
	if errors.As(err, &named) && slices.Contains(Failures(), named.Failure()) {
		return named.Failure()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return FailureTimeout
	}
	return FailureOther
}

// fail notes why a daemon gave nothing that counts.
func (r *DaemonReport) fail(err error) { r.Differs, r.Details = string(FailureOf(err)), err.Error() }

// maxVersion is the most bytes of a daemon's version that an entry names.
const maxVersion = 64

// versionOf is a version as an entry names it: "" unless it has the form of one, such as
// "10.6.0-99f5d6e17".
func versionOf(said string) string {
	form := func(c rune) bool {
		return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.ContainsRune(".+-", c)
	}
	if len(said) > maxVersion || strings.ContainsFunc(said, func(c rune) bool { return !form(c) }) {
		return ""
	}
	return said
}

// maxDetail is the most bytes of a detail in an entry.
const maxDetail = 400

// printable keeps a detail fit for an entry: short, valid UTF-8 and without control characters.
func printable(s string) string {
	more := ""
	if len(s) > maxDetail {
		s, more = s[:maxDetail], "..."
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?")) + more
}
