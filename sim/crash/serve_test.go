package crash

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"oxenswap/swap"
)

// server is a running `oxenswap serve`.
type server struct {
	*migration
	command *exec.Cmd
	base    string        // its URL
	up      chan struct{} // closed when it serves
	ended   chan struct{} // closed when it has ended

	mu    sync.Mutex
	said  bytes.Buffer // its log
	wrong []string     // lines of its log that are errors
}

// serve starts the service. It does not wait for it.
func (m *migration) serve(env []string) *server {
	m.Helper()
	s := &server{migration: m, command: exec.Command(program(m, "oxenswap"), m.oxenswap("serve")...), up: make(chan struct{}), ended: make(chan struct{})}
	s.command.Env = append(os.Environ(), env...)
	s.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	words, err := s.command.StderrPipe()
	must(m, err)
	must(m, s.command.Start())
	go s.listen(words)
	m.Cleanup(s.kill)
	return s
}

func (s *server) listen(words io.Reader) {
	defer close(s.ended)
	for lines := bufio.NewReader(words); ; {
		line, err := lines.ReadString('\n')
		s.mu.Lock()
		s.said.WriteString(line)
		s.mu.Unlock()
		if err != nil {
			s.command.Wait()
			return
		}
		var said struct{ Level, Msg, Address string }
		if json.Unmarshal([]byte(line), &said) != nil {
			continue
		}
		switch {
		case said.Msg == "listening":
			s.base = "http://" + said.Address
		case said.Msg == "serving":
			close(s.up)
		case said.Level == "error":
			s.mu.Lock()
			s.wrong = append(s.wrong, line)
			s.mu.Unlock()
		}
	}
}

// words is the log.
func (s *server) words() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.String()
}

// wait waits until it serves, or has ended.
func (s *server) wait() (serves bool) {
	s.Helper()
	select {
	case <-s.up:
		return true
	case <-s.ended:
		return false
	case <-time.After(2 * time.Minute):
		s.command.Process.Signal(syscall.SIGQUIT)
		<-s.ended
		s.Fatalf("the service does not start: %s", s.words())
		return false
	}
}

// runs reports whether it serves now.
func (s *server) runs() bool {
	select {
	case <-s.ended:
		return false
	default:
	}
	select {
	case <-s.up:
		return true
	default:
		return false
	}
}

func (s *server) kill() {
	s.command.Process.Kill()
	<-s.ended
}

// stop ends it as systemd does.
func (s *server) stop() {
	s.Helper()
	must(s, s.command.Process.Signal(syscall.SIGTERM))
	select {
	case <-s.ended:
	case <-time.After(2 * time.Minute):
		s.kill()
		s.Fatalf("the service does not stop: %s", s.words())
	}
	if state := s.command.ProcessState; !state.Success() {
		s.Errorf("the service ended with %v: %s", state, s.words())
	}
}

// check looks whether it has complained about anything.
func (s *server) check() {
	s.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.wrong) > 0 || strings.Contains(s.said.String(), "goroutine ") {
		s.Errorf("the service said %s%s", s.wrong, last(s.said.String(), 4000))
	}
}

func last(text string, n int) string { return text[max(0, len(text)-n):] }

// errGone is what a client sees of a service that was killed.
var errGone = errors.New("the service is gone")

// ask is one request to the API.
func (s *server) ask(method, path string, body, to any) (status int, err error) {
	var in io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return 0, err
		}
		in = bytes.NewReader(data)
	}
	r, err := http.NewRequestWithContext(s.Context(), method, s.base+"/api/v1"+path, in)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Close = true
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errGone, err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errGone, err)
	}
	if answer.StatusCode >= 300 {
		return answer.StatusCode, fmt.Errorf("%s %s: %s: %.500s", method, path, answer.Status, data)
	}
	switch to := to.(type) {
	case nil:
	case *[]byte:
		*to = data
	default:
		err = json.Unmarshal(data, to)
	}
	return answer.StatusCode, err
}

// claim hands in a claim, tells the witness what was answered, and fetches the receipt for it.
func (s *server) claim(c swap.ClaimLine) (status int, err error) {
	var done struct{ Entry uint64 }
	if status, err = s.ask(http.MethodPost, "/claims", map[string]any{"oxen": c.Oxen, "text": c.Text, "signature": c.Signature}, &done); err != nil {
		return status, err
	}
	s.witness.told(answer{done.Entry, c.Text})
	var receipt []byte
	if status, err = s.ask(http.MethodGet, fmt.Sprintf("/claims/%d/receipt", done.Entry), nil, &receipt); err != nil {
		return status, err
	}
	s.witness.keep(receipt)
	return status, nil
}

// claimed hands in a claim until it is answered, or returns false when the service is gone.
func (s *server) claimed(c swap.ClaimLine) bool {
	for try := 0; ; try++ {
		status, err := s.claim(c)
		switch {
		case err == nil:
			return true
		case errors.Is(err, errGone):
			return false
		case status != http.StatusServiceUnavailable || try == 100:
			s.Errorf("%s: %v", c.Text, err)
			return false
		}
		select {
		case <-s.ended:
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
}
