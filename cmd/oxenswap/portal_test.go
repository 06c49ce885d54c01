package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// checkPortal claims over HTTP what real wallets signed, with their proofs of coins, while the
// service runs.
func checkPortal(t *testing.T, base, dir string) {
	t.Helper()
	ask := func(method, path string, body, to any, want int) {
		t.Helper()
		var in io.Reader
		if body != nil {
			data, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			in = bytes.NewReader(data)
		}
		r, err := http.NewRequest(method, base+"/api/v1"+path, in)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		data, err := io.ReadAll(answer.Body)
		if err == nil && answer.StatusCode == want && to != nil {
			err = json.Unmarshal(data, to)
		}
		if err != nil || answer.StatusCode != want {
			t.Fatalf("%s %s: %s, expected %d: %v: %.300s", method, path, answer.Status, want, err, data)
		}
	}
	f, err := os.Open("../../demo/coins.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	claims := 0
	for lines.Scan() {
		var line swap.ClaimLine
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		var account struct{ Entitled bool }
		ask(http.MethodGet, "/accounts/"+line.Oxen, nil, &account, http.StatusOK)
		var done struct {
			Entry uint64
			Proof struct{ Entry uint64 }
		}
		status := http.StatusAccepted
		if account.Entitled {
			status = http.StatusCreated
		}
		ask(http.MethodPost, "/claims", map[string]any{"oxen": line.Oxen, "text": line.Text, "signature": line.Signature, "proof": line.Proof}, &done, status)
		var proof struct{ Status, Check, Detail string }
		tick := time.NewTicker(20 * time.Millisecond)
		for proof.Status = "received"; proof.Status == "received"; <-tick.C {
			ask(http.MethodGet, fmt.Sprintf("/proofs/%d", done.Proof.Entry), nil, &proof, http.StatusOK)
		}
		tick.Stop()
		if proof.Status != "accepted" && proof.Check != "nothing" { // some of these coins were spent since
			t.Errorf("%.10s: %+v", line.Oxen, proof)
		}
		if !account.Entitled {
			continue
		}
		var claim struct{ Claim struct{ Text string } }
		ask(http.MethodGet, fmt.Sprintf("/claims/%d", done.Entry), nil, &claim, http.StatusOK)
		if claim.Claim.Text != line.Text {
			t.Errorf("entry %d is %q", done.Entry, claim.Claim.Text)
		}
		checkReceipt(t, fmt.Sprintf("%s/api/v1/claims/%d/receipt", base, done.Entry), dir)
		claims++
	}
	if err := lines.Err(); err != nil || claims < 5 {
		t.Errorf("%d claims: %v", claims, err)
	}
	answer, page := fetch(t, http.MethodGet, base+"/", nil)
	if answer.StatusCode != http.StatusOK || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") || len(page) > 60_000 || answer.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("the first page: %s, %d bytes, %v", answer.Status, len(page), answer.Header)
	}
}

func checkReceipt(t *testing.T, url, dir string) {
	t.Helper()
	var head struct{ Origin string }
	if err := json.Unmarshal([]byte(oxenswap(t, "--dir", dir, "--json", "ledger", "head")), &head); err != nil {
		t.Fatal(err)
	}
	_, receipt := fetch(t, http.MethodGet, url, nil)
	r, err := ledger.ParseReceipt(receipt)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(r.Checkpoint, []byte(head.Origin)) {
		t.Errorf("the receipt's checkpoint is not of %s", head.Origin)
	}
}
