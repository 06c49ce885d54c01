package crash

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"

	"oxenswap/oxenrpc/oxentest"
	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
)

// holders are people whom the recorded network does not have. Their keys are known, so they can
// claim as often as a test needs, always to the same recipient: how often changes nothing of what
// they are paid.
type holders struct {
	migration string // its id
	wallets   []*cryptonote.Wallet
}

// numberOfHolders of which each has this reward, in atomic OXEN.
const (
	numberOfHolders = 4
	reward          = 5e9
)

func newHolders(m *migration) *holders {
	m.Helper()
	h := &holders{migration: strings.TrimSpace(m.calm("oxenswap", "terms", "id", demo+"/terms.toml"))}
	random := rand.NewChaCha8([32]byte{9})
	for range numberOfHolders {
		w, err := cryptonote.NewWallet(cryptonote.Fakechain, random)
		must(m, err)
		h.wallets = append(h.wallets, w)
	}
	return h
}

// reward makes the daemons of a recorded moment know the holders.
func (h *holders) reward(t testing.TB, w *oxentest.World) {
	t.Helper()
	found := 0
	for i, c := range w.Calls {
		var request struct{ Method string }
		must(t, json.Unmarshal(c.Request, &request))
		if request.Method != "get_accrued_batched_earnings" {
			continue
		}
		var answer map[string]json.RawMessage
		var result map[string]json.RawMessage
		var addresses []string
		var amounts []json.Number
		must(t, json.Unmarshal(c.Response, &answer))
		must(t, json.Unmarshal(answer["result"], &result))
		must(t, json.Unmarshal(result["addresses"], &addresses))
		must(t, json.Unmarshal(result["amounts"], &amounts))
		for _, wallet := range h.wallets {
			addresses, amounts = append(addresses, wallet.Address().String()), append(amounts, json.Number(fmt.Sprint(int64(reward))))
		}
		result["addresses"], result["amounts"] = encode(t, addresses), encode(t, amounts)
		answer["result"] = encode(t, result)
		w.Calls[i].Response = encode(t, answer)
		found++
	}
	if found == 0 {
		t.Fatal("the recorded daemons were not asked for rewards")
	}
}

func encode(t testing.TB, v any) json.RawMessage {
	t.Helper()
	data, err := json.Marshal(v)
	must(t, err)
	return data
}

// claim is a claim of a holder, signed.
func (h *holders) claim(t testing.TB, holder int, sequence uint32) swap.ClaimLine {
	t.Helper()
	text := swap.ClaimText{Migration: h.migration, Recipient: h.recipient(holder), Sequence: sequence, Until: time.Date(2027, 12, 31, 0, 0, 0, 0, time.UTC)}.String()
	signature, err := h.wallets[holder].Sign(0, 0, []byte(text), rand.NewChaCha8([32]byte{byte(holder), byte(sequence), byte(sequence >> 8)}))
	must(t, err)
	return swap.ClaimLine{Oxen: h.wallets[holder].Address().String(), Text: text, Signature: signature.String()}
}

func (h *holders) recipient(holder int) swap.EVMAddress {
	return swap.EVMAddress{0xcc, byte(holder), 1}
}

// first are the claims that the holders make in every migration.
func (h *holders) first(t testing.TB) []swap.ClaimLine {
	t.Helper()
	var out []swap.ClaimLine
	for holder := range h.wallets {
		out = append(out, h.claim(t, holder, 1))
	}
	return out
}

// unnumbered takes the number out of a holder's claim.
func (h *holders) unnumbered(text string) string {
	for holder := range h.wallets {
		if strings.Contains(text, h.recipient(holder).String()) {
			return regexp.MustCompile("#[0-9]+").ReplaceAllString(text, "#n")
		}
	}
	return text
}

// configure gives a new data directory a witness, and an address and few limits for its service.
func (m *migration) configure() {
	m.Helper()
	path := filepath.Join(m.data, "oxenswap.toml")
	text, err := os.ReadFile(path)
	must(m, err)
	for _, change := range [][2]string{
		{"witnesses = []", fmt.Sprintf("witnesses = [%q]", m.cosigner.signer.Verifier())},
		{`listen = ""`, `listen = "127.0.0.1:0"`},
		{"requests = 50\nrequests_burst = 300\nposts = 2\nposts_burst = 30", "requests = 1e6\nrequests_burst = 1000000\nposts = 1e6\nposts_burst = 1000000"},
		{"account = 6\naccount_burst = 20", "account = 1e6\naccount_burst = 1000000"},
	} {
		if bytes.Count(text, []byte(change[0])) != 1 {
			m.Fatalf("the configuration has not one %q: %s", change[0], text)
		}
		text = bytes.Replace(text, []byte(change[0]), []byte(change[1]), 1)
	}
	must(m, os.WriteFile(path, text, 0o644))
}

// cosigner is a witness in the sense of C2SP tlog-witness, who signs whatever checkpoint there is.
type cosigner struct{ signer *torchwood.CosignatureSigner }

func newCosigner() cosigner {
	signer, err := torchwood.NewCosignatureSigner("witness.example/crash", ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, ed25519.SeedSize)))
	panicOn(err)
	return cosigner{signer}
}

// sign writes the cosignature of the ledger's present checkpoint into a file.
func (c cosigner) sign(m *migration, file string) {
	m.Helper()
	checkpoint, err := os.ReadFile(filepath.Join(m.data, "checkpoint"))
	must(m, err)
	text, _, ok := strings.Cut(string(checkpoint), "\n\n")
	if !ok {
		m.Fatalf("this is no checkpoint: %s", checkpoint)
	}
	signed, err := note.Sign(&note.Note{Text: text + "\n"}, c.signer)
	must(m, err)
	must(m, os.WriteFile(file, bytes.TrimPrefix(signed, []byte(text+"\n\n")), 0o600))
}
