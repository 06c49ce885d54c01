// Package fail names the steps of actions that have several, so that tests can let each of them
// fail in every way. In a program that is built without the tag failpoints a step is its action and
// nothing else.
//
// With the tag, the environment says what is to happen in a process:
//
//	OXENSWAP_FAIL=STEP:N:WAY   the N-th time (from 1) that STEP is taken goes WAY
//	OXENSWAP_FAIL_LOG=FILE     every step taken is appended to FILE, a line STEP each, and STEP: WAY when it goes that way
//
// A program with the tag must not be put to work: who can set its environment can make it lie about
// what it has done.
package fail

// Way is how a step goes wrong.
type Way string

// The ways. Skip is what no correct machine does: with it a test shows that it would notice.
const (
	Crash     Way = "crash"      // the process is killed instead
	CrashDone Way = "crash-done" // the process is killed when the step is done
	Error     Way = "error"      // an error instead
	DoneError Way = "done-error" // the step is done, and an error comes back
	Delay     Way = "delay"      // the step is done late
	Skip      Way = "skip"       // success without having done it
)

// Ways are those that a program must survive.
func Ways() []Way { return []Way{Crash, CrashDone, Error, DoneError, Delay} }
