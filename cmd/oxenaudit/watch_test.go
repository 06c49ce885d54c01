package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// TestWebhook: alarms reach it, once more if it fails at first; one that always fails does not hide the alarm.
func TestWebhook(t *testing.T) {
	l := smallLog(t)
	dir, state := t.TempDir(), filepath.Join(t.TempDir(), "state")
	l.export(t, dir)
	var got []string
	failures := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if failures > 0 {
			failures--
			http.Error(w, "busy", http.StatusServiceUnavailable)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %v", r.Header, err)
		}
		got = append(got, string(body))
	}))
	t.Cleanup(server.Close)
	look := func() (int, string, string) {
		return oxenaudit(t, "watch", dir, "--key", l.vkey, "--state", state, "--once", "--max-age", "1ms", "--webhook", server.URL+"/secret")
	}

	failures = 1
	if code, out, words := look(); code != 1 || len(got) != 1 || words != "" {
		t.Fatalf("exit code %d, %d alarms:\n%s%s", code, len(got), out, words)
	}
	var posted struct {
		Log   string `json:"log"`
		Alarm struct {
			Kind string `json:"kind"`
			What string `json:"what"`
		} `json:"alarm"`
	}
	must(t, json.Unmarshal([]byte(got[0]), &posted))
	if posted.Log != l.terms.Origin() || posted.Alarm.Kind != "stale" || !strings.Contains(posted.Alarm.What, "the last entry") {
		t.Errorf("posted: %s", got[0])
	}
	failures = 100
	code, out, words := look()
	if code != 1 || !strings.Contains(out, " ALARM stale: ") || !strings.Contains(words, "webhook: an alarm could not be delivered: the server answers 503") {
		t.Errorf("exit code %d:\n%s%s", code, out, words)
	}
	server.Close()
	if _, _, words := look(); strings.Contains(words, "secret") {
		t.Errorf("the webhook's URL is told: %s", words)
	}
}
