package oxenrpc_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"oxenswap/oxenrpc"
	"oxenswap/oxenrpc/oxentest"
	"oxenswap/oxenrpc/wire"
	"oxenswap/swap"
)

// memory gives a daemon and a client without a network between them.
func memory(t testing.TB, s *oxentest.State) (*oxentest.Daemon, *oxenrpc.Client) {
	t.Helper()
	d := oxentest.NewDaemon(s)
	c, err := oxenrpc.New(oxenrpc.Config{Name: "a", URL: "http://daemon.example:22023", Transport: oxentest.Transport(d)})
	if err != nil {
		t.Fatal(err)
	}
	return d, c
}

// TestFaults gives every call of a take every fault, once and for ever.
func TestFaults(t *testing.T) {
	state := world(t, 1, "a")
	_, good := memory(t, state)
	want, err := good.Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantDigest := digest(t, want.Content)

	for _, f := range []struct {
		name    string
		fault   oxentest.Intercept
		retried bool // another try of the same call may help
		says    string
		failure swap.Failure
	}{
		{"HTTP 500", oxentest.HTTPStatus(500), true, "HTTP status 500 Internal Server Error (answer: Internal Server Error?): look into oxend's log", swap.FailureStatus},
		{"HTTP 503", oxentest.HTTPStatus(503), true, "HTTP status 503", swap.FailureStatus},
		{"HTTP 429", oxentest.HTTPStatus(429), true, "HTTP status 429", swap.FailureStatus},
		{"no answer", oxentest.Drop, true, "check that oxend runs and that the URL in the configuration is right", swap.FailureUnreachable},
		{"broken off", oxentest.Truncate, true, "the answer broke off after", swap.FailureUnreachable},
		{"silence", oxentest.Hang, true, "check that oxend answers", swap.FailureTimeout},
		{"HTTP 404", oxentest.HTTPStatus(404), false, "check that the URL in the configuration is that of oxend's RPC", swap.FailureStatus},
		{"HTTP 403", oxentest.HTTPStatus(403), false, "--rpc-login", swap.FailureLogin},
		{"HTTP 301", oxentest.HTTPStatus(301), false, "HTTP status 301", swap.FailureStatus},
		{"no JSON", oxentest.Garbage, false, "expected an object", swap.FailureMalformed},
		{"empty", func(p *oxentest.Reply) { p.Body = nil }, false, "found the end of the answer", swap.FailureMalformed},
		{"half of it, whole for HTTP", func(p *oxentest.Reply) { p.Body = p.Body[:len(p.Body)/2] }, false, "byte", swap.FailureMalformed},
		{"busy", oxentest.Busy, false, "wait until oxend has caught up", swap.FailureBusy},
		{"core is busy", oxentest.Fail(-9, "Core is busy"), false, "wait until oxend has caught up", swap.FailureBusy},
		{"unknown method", oxentest.Fail(-32601, "Method not found"), false, "use an oxend of release 10 or 11", swap.FailureRefused},
		{"not on this port", oxentest.Fail(403, "Forbidden; this command is not available over public RPC"), false, "--rpc-admin", swap.FailureRefused},
		{"internal error", oxentest.Fail(-32603, "Internal error"), false, "look into oxend's log", swap.FailureRefused},
		{"failed", oxentest.Edit(func(r map[string]any) { r["status"] = "Failed" }), false, `status "Failed"`, swap.FailureMalformed},
		{"an empty result", oxentest.Edit(func(r map[string]any) { clear(r); r["status"] = "OK" }), false, "", swap.FailureMalformed},
	} {
		for _, call := range []struct {
			name string
			on   func(oxentest.Intercept) oxentest.Intercept
		}{
			{wire.CallLastHeader, func(i oxentest.Intercept) oxentest.Intercept { return oxentest.On(wire.CallLastHeader, i) }},
			{wire.CallInfo, func(i oxentest.Intercept) oxentest.Intercept { return oxentest.On(wire.CallInfo, i) }},
			{wire.CallHeader, func(i oxentest.Intercept) oxentest.Intercept { return oxentest.On(wire.CallHeader, i) }},
			{wire.CallServiceNodes, func(i oxentest.Intercept) oxentest.Intercept { return oxentest.On(wire.CallServiceNodes, i) }},
			{wire.CallRewards10, func(i oxentest.Intercept) oxentest.Intercept { return oxentest.On(wire.CallRewards10, i) }},
			{wire.CallBlacklist, func(i oxentest.Intercept) oxentest.Intercept { return oxentest.On(wire.CallBlacklist, i) }},
			{wire.CallServiceNodes, oxentest.Poll},
		} {
			synctest.Test(t, func(t *testing.T) {
				d, c := memory(t, state)
				d.Intercept(call.on(oxentest.Times(1, f.fault)))
				o, err := c.Observe(t.Context())
				// An empty list of rewards or blacklisted stakes is an answer: what one daemon says
				// is held against others.
				lists := f.name == "an empty result" && (call.name == wire.CallRewards10 || call.name == wire.CallBlacklist)
				switch {
				case lists && (err != nil || (digest(t, o.Content) == wantDigest) != (call.name == wire.CallBlacklist)):
					t.Errorf("%s at %s: %v", f.name, call.name, err)
				case f.retried && (err != nil || digest(t, o.Content) != wantDigest):
					t.Errorf("%s at %s, once: %v", f.name, call.name, err)
				case !f.retried && !lists && err == nil:
					t.Errorf("%s at %s, once: no error", f.name, call.name)
				}
				if lists {
					return
				}

				d.Behave()
				d.Intercept(call.on(f.fault))
				_, err = c.Observe(t.Context())
				var typed *oxenrpc.Error
				if !errors.As(err, &typed) || typed.Daemon != "a" || !strings.HasPrefix(typed.Call, call.name) || !strings.Contains(err.Error(), f.says) ||
					!strings.HasPrefix(err.Error(), `daemon "a": `+call.name) || strings.ContainsAny(err.Error(), "\n\x00\x1b") {
					t.Errorf("%s at %s: %v", f.name, call.name, err)
				}
				if got := swap.FailureOf(err); got != f.failure {
					t.Errorf("%s at %s: got failure %q, want %q", f.name, call.name, got, f.failure)
				}
				if isBusy := f.name == "busy" || f.name == "core is busy"; errors.Is(err, wire.ErrBusy) != isBusy {
					t.Errorf("%s at %s: busy is %t: %v", f.name, call.name, !isBusy, err)
				}
				if d.Killed() {
					t.Error("a request that ends a real daemon")
				}
			})
		}
	}
}

// TestHugeAnswer: an answer without end is read to the bound and no further.
func TestHugeAnswer(t *testing.T) {
	d, c := memory(t, world(t, 1, "a"))
	d.Intercept(oxentest.On(wire.CallServiceNodes, oxentest.Huge(1<<40)))
	if _, err := c.Observe(t.Context()); err == nil || !strings.Contains(err.Error(), "longer than 67108864 bytes") {
		t.Error(err)
	}
}

// TestPauses: four tries, a quarter, half and a whole second apart.
func TestPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, c := memory(t, world(t, 1, "a"))
		var at []time.Duration
		start := time.Now()
		d.Intercept(func(p *oxentest.Reply) {
			at = append(at, time.Since(start))
			p.Drop = true
		})
		if _, err := c.BlockAt(t.Context(), 5); err == nil {
			t.Fatal("no error")
		}
		want := []time.Duration{0, 250 * time.Millisecond, 750 * time.Millisecond, 1750 * time.Millisecond}
		if len(at) != len(want) {
			t.Fatalf("tries at %v", at)
		}
		for i := range want {
			if at[i] != want[i] {
				t.Errorf("tries at %v, expected %v", at, want)
			}
		}
	})
}

// TestTimes: each try has its time-out, and the caller's context ends everything.
func TestTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, c := memory(t, world(t, 1, "a"))
		d.Intercept(oxentest.Hang)
		start := time.Now()
		_, err := c.Observe(t.Context())
		if took := time.Since(start); took != 4*oxenrpc.DefaultTimeout+1750*time.Millisecond || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("gave up after %s: %v", took, err)
		}
		for _, after := range []time.Duration{100 * time.Millisecond, oxenrpc.DefaultTimeout + 100*time.Millisecond} {
			ctx, cancel := context.WithTimeout(t.Context(), after)
			start = time.Now()
			_, err = c.Observe(ctx)
			if took := time.Since(start); took != after || err == nil {
				t.Errorf("gave up after %s, expected %s: %v", took, after, err)
			}
			cancel()
		}
	})
}

func TestTipMoves(t *testing.T) {
	one, two := world(t, 1, "a"), world(t, 2, "a")
	methods := []string{wire.CallLastHeader, wire.CallInfo, wire.CallServiceNodes, wire.CallRewards10, wire.CallBlacklist}
	for _, method := range methods {
		synctest.Test(t, func(t *testing.T) {
			d, c := memory(t, one)
			d.Intercept(oxentest.On(method, oxentest.Times(1, func(*oxentest.Reply) { d.Play(two) })))
			o, err := c.Observe(t.Context())
			if err != nil || o.Content.Height != 250 {
				t.Fatalf("a block after %s: height %d, %v", method, o.Content.Height, err)
			}
			_, calm := memory(t, two)
			want, err := calm.Observe(t.Context())
			if err != nil || digest(t, o.Content) != digest(t, want.Content) {
				t.Errorf("a block after %s: the content is not that of one block: %v", method, err)
			}
		})
	}
	// A block in every take.
	synctest.Test(t, func(t *testing.T) {
		d, c := memory(t, one)
		states := []*oxentest.State{two, one}
		d.Intercept(oxentest.On(wire.CallRewards10, func(p *oxentest.Reply) { d.Play(states[(p.N+1)%2]) }))
		start := time.Now()
		_, err := c.Observe(t.Context())
		if !errors.Is(err, wire.ErrMoved) || d.Calls(wire.CallRewards10) != 5 || time.Since(start) != 8*time.Second {
			t.Errorf("after %d takes and %s: %v", d.Calls(wire.CallRewards10), time.Since(start), err)
		}
		if !strings.Contains(err.Error(), "get_service_nodes.poll") || !strings.Contains(err.Error(), "ask again") {
			t.Error(err)
		}
	})
	// A daemon that never says unchanged.
	synctest.Test(t, func(t *testing.T) {
		d, c := memory(t, one)
		d.Intercept(oxentest.Poll(oxentest.Edit(func(r map[string]any) { delete(r, "unchanged") })))
		if _, err := c.Observe(t.Context()); !errors.Is(err, wire.ErrMoved) {
			t.Error(err)
		}
	})
	// A chain that gets shorter while it is asked.
	synctest.Test(t, func(t *testing.T) {
		d, c := memory(t, two)
		d.Intercept(oxentest.On(wire.CallInfo, oxentest.Times(1, func(*oxentest.Reply) { d.Play(one) })))
		s, err := c.BlockAt(t.Context(), 250)
		if err != nil || s.Top != 240 || !s.BlockHash.IsZero() {
			t.Errorf("what the daemon said: got %+v, %v, want height 240 and no block", s, err)
		}
	})
}

func TestLag(t *testing.T) {
	d, c := memory(t, snapshotState(t, "daemon"))
	d.Intercept(oxentest.On(wire.CallInfo, oxentest.Edit(func(r map[string]any) { r["target_height"] = 400 })))
	for _, err := range []error{second(c.Observe(t.Context())), second(c.BlockAt(t.Context(), 5))} {
		if !errors.Is(err, wire.ErrBusy) || !strings.Contains(err.Error(), "300 blocks of 400") {
			t.Error(err)
		}
	}
	if d.Calls(wire.CallServiceNodes) != 0 {
		t.Error("a daemon that is not synchronised was asked for its nodes")
	}
	// The recorded daemon that never synchronised says BUSY.
	var all []oxentest.Exchange
	for _, name := range []string{"get_info", "get_last_block_header", "get_service_nodes", "get_accrued_batched_earnings"} {
		e, err := oxentest.ReadExchange("testdata/daemon_unsynced/isolated." + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	isolated, err := oxentest.NewState(all)
	if err != nil {
		t.Fatal(err)
	}
	_, c = memory(t, isolated)
	if _, err := c.Observe(t.Context()); !errors.Is(err, wire.ErrBusy) {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestLogin(t *testing.T) {
	d := oxentest.NewDaemon(world(t, 1, "a"))
	d.RequireLogin("operator", "s3cr3t-pass")
	server := httptest.NewServer(d)
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	client := func(login string) *oxenrpc.Client {
		c, err := oxenrpc.New(oxenrpc.Config{Name: "a", URL: "http://" + login + host, Tries: 1})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if _, err := client("operator:s3cr3t-pass@").Observe(t.Context()); err != nil {
		t.Error(err)
	}
	for _, login := range []string{"", "operator:wr0ng-pass@"} {
		if _, err := client(login).Observe(t.Context()); err == nil || !strings.Contains(err.Error(), "--rpc-login") {
			t.Error(err)
		}
	}
	// No error shows user or password.
	d.Intercept(oxentest.Garbage)
	errs := []error{second(client("operator:s3cr3t-pass@").Observe(t.Context())), second(client("operator:wr0ng-pass@").BlockAt(t.Context(), 1))}
	server.Close()
	errs = append(errs, second(client("operator:s3cr3t-pass@").Observe(t.Context())))
	for _, url := range []string{"ftp://operator:s3cr3t-pass@host", "http://operator:s3cr3t-pass@host:x", "http://operator:s3cr3t-pass@", "http://operator:s3cr3t-pass@host/x", "http://operator:s3cr3t-pass\x7f@host"} {
		errs = append(errs, second(oxenrpc.New(oxenrpc.Config{Name: "a", URL: url})))
	}
	for i, err := range errs {
		if err == nil || strings.Contains(err.Error(), "pass") && !strings.Contains(err.Error(), "user:password") || strings.Contains(err.Error(), "operator") || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("error %d: %v", i, err)
		}
	}
}

func TestRedirect(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirection was followed") }))
	defer elsewhere.Close()
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	c, err := oxenrpc.New(oxenrpc.Config{Name: "a", URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Observe(t.Context()); err == nil || !strings.Contains(err.Error(), "307") {
		t.Error(err)
	}
}

func TestConfig(t *testing.T) {
	for _, c := range []oxenrpc.Config{
		{}, {Name: "a"}, {URL: "http://127.0.0.1:1"}, {Name: "a", URL: "127.0.0.1:1"}, {Name: "a", URL: "http://"},
		{Name: "a", URL: "http://127.0.0.1:1/other"}, {Name: "a", URL: "http://127.0.0.1:1/?x=1"},
		{Name: "a", URL: "http://127.0.0.1:1", Tries: -1}, {Name: "a", URL: "http://127.0.0.1:1", Timeout: -1},
	} {
		if _, err := oxenrpc.New(c); err == nil {
			t.Errorf("config %+v: got no error, want one", c)
		}
	}
	for _, url := range []string{"http://127.0.0.1:1", "http://127.0.0.1:1/", "https://daemon.example/json_rpc"} {
		if _, err := oxenrpc.New(oxenrpc.Config{Name: "a", URL: url}); err != nil {
			t.Error(err)
		}
	}
}

// TestConcurrent is for the race detector.
func TestConcurrent(t *testing.T) {
	d, c := serve(t, "a", world(t, 1, "a"))
	d.Shuffle(3)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if _, err := c.Observe(t.Context()); err != nil {
				t.Error(err)
			}
			if _, err := c.BlockAt(t.Context(), 239); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}
