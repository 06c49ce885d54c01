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
	watch func(step string, done bool)
}{}

// Set replaces what the environment says.
func Set(step string, nth int, way Way) {
	plan.Lock()
	defer plan.Unlock()
	plan.read, plan.step, plan.nth, plan.way, plan.taken = true, step, nth, way, 0
}

// Watch calls a function before and after each step, on the goroutine that takes it.
func Watch(f func(step string, done bool)) {
	plan.Lock()
	defer plan.Unlock()
	plan.watch = f
}

// Do takes a step, unless it is to fail.
func Do(step string, act func() error) error {
	way, watch := next(step)
	if watch != nil {
		watch(step, false)
		defer watch(step, true)
	}
	switch way {
	case "":
		return act()
	case Crash:
		die()
	case CrashDone:
		act()
		die()
	case Error:
		return fmt.Errorf("%w: %s", ErrInjected, step)
	case DoneError:
		return errors.Join(act(), fmt.Errorf("%w: %s, though it is done", ErrInjected, step))
	case Delay:
		time.Sleep(late)
		return act()
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

func next(step string) (Way, func(string, bool)) {
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
	if plan.taken++; plan.taken != plan.nth {
		return "", plan.watch
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
