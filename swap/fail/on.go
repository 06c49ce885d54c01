//go:build failpoints

package fail

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrInjected is wrapped by the errors of steps that were made to fail.
var ErrInjected = errors.New("injected")

// late is how long a delayed step waits: longer than anything else that a test does meanwhile.
const late = 150 * time.Millisecond

// plan is what is to happen in this process. There is one environment, so there is one plan.
var plan = struct {
	sync.Mutex
	read  bool
	step  string
	nth   int
	way   Way
	taken int
	log   *os.File
	watch func(step string)
}{}

// Set replaces what the environment says. With 0 for nth, the step goes that way every time.
func Set(step string, nth int, way Way) {
	plan.Lock()
	defer plan.Unlock()
	plan.read, plan.step, plan.nth, plan.way, plan.taken = true, step, nth, way, 0
}

// Watch calls a function after each step that is really done, on the goroutine that takes it; nil
// ends it.
func Watch(f func(step string)) {
	plan.Lock()
	defer plan.Unlock()
	plan.watch = f
}

// Do takes a step, unless it is to fail.
func Do(step string, act func() error) error {
	way, watch := next(step)
	done := func() error {
		err := act()
		if err == nil && watch != nil {
			watch(step)
		}
		return err
	}
	switch way {
	case "":
		return done()
	case Crash:
		die()
	case CrashDone:
		done()
		die()
	case Error:
		return fmt.Errorf("%w: %s", ErrInjected, step)
	case DoneError:
		return errors.Join(done(), fmt.Errorf("%w: %s, though it is done", ErrInjected, step))
	case Delay:
		time.Sleep(late)
		return done()
	case Skip:
		return nil
	}
	panic("fail: there is no way " + string(way))
}

// die ends the process as kill -9 does.
func die() {
	syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

func next(step string) (Way, func(string)) {
	plan.Lock()
	defer plan.Unlock()
	if !plan.read {
		if err := readEnvironment(); err != nil {
			panic("fail: " + err.Error())
		}
	}
	if plan.log != nil {
		if _, err := plan.log.WriteString(step + "\n"); err != nil {
			panic("fail: " + err.Error())
		}
	}
	if step != plan.step {
		return "", plan.watch
	}
	if plan.taken++; plan.nth != 0 && plan.taken != plan.nth {
		return "", plan.watch
	}
	if plan.log != nil {
		if _, err := fmt.Fprintf(plan.log, "%s: %s\n", step, plan.way); err != nil {
			panic("fail: " + err.Error())
		}
	}
	return plan.way, plan.watch
}

func readEnvironment() (err error) {
	plan.read = true
	if name := os.Getenv("OXENSWAP_FAIL_LOG"); name != "" {
		if plan.log, err = os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
			return err
		}
	}
	text := os.Getenv("OXENSWAP_FAIL")
	if text == "" {
		return nil
	}
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return fmt.Errorf("OXENSWAP_FAIL=%q is not STEP:N:WAY", text)
	}
	if plan.nth, err = strconv.Atoi(parts[1]); err != nil {
		return err
	}
	plan.step, plan.way = parts[0], Way(parts[2])
	return nil
}
