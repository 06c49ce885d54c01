package browsertest

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/ethereum/go-ethereum/common"

	"oxenswap/cmd/oxenswap/internal/portal/desktest"
	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// TestHolder: from "what do I get?" to "paid", with a browser wallet that signs for a chain.
func TestHolder(t *testing.T) {
	s := stage(t, 5)
	s.settle()
	c := startChain(t, s.Terms)
	s.deploy(c)
	w := newWallet(c, c.keys[5])
	b := open(t, s, look{wallet: w})

	b.visit("/", 200)
	b.says("From OXEN to SESH: what do I get?", "2027-12-31 23:59 UTC (your time: Dec 31, 2027, 6:59 PM)")
	b.picture("home")
	b.fill("#oxen", s.Oxen(1))
	b.click(".lookup button", 200)
	b.says("20 OXEN staked at block 240 × 54 / 100", "Claim now")
	b.picture("lookup")
	b.click("form[action='/claim'] button", 200)
	if got := b.valueOf("#oxen"); got != s.Oxen(1) {
		t.Errorf("the address is not carried over: %q", got)
	}

	// The recipient from the wallet, which spells it without capitals.
	w.refuse.Store(true)
	b.do(chromedp.Click(chromedp.CSS("[data-wallet=recipient] button")), shows("[data-wallet=recipient] p", "did not agree"))
	w.refuse.Store(false)
	b.do(chromedp.Click(chromedp.CSS("[data-wallet=recipient] button")), shows("[data-wallet=recipient] p", "taken from the wallet"))
	if label := b.textOf("[data-wallet=recipient] button"); label != "Take it from the wallet (Test <b>wallet</b>)" {
		t.Errorf("button %q", label)
	}
	b.shoot("claim-recipient")
	b.click("#step-1 button.main", 200)
	line := b.textOf("#line")
	if line != s.Text(w.address(), 1) {
		t.Fatalf("line %q", line)
	}
	b.says("becomes public", "an ordinary address")
	b.shoot("claim-line")

	// A signature of another wallet, then the right one.
	b.fill("#signature", s.Sign(s.Wallets[0], line))
	b.click("#step-3 button.main", 422)
	b.says("The signature does not match", "Check three things")
	b.shoot("claim-wrong-signature")
	b.fill("#signature", s.Sign(s.Wallets[1], line))
	b.click("#step-3 button.main", 200)
	b.says("Your signature is right, and your claim is recorded", "It waits for a round")
	b.shoot("claimed")
	b.click("a[href$='/receipt']", 200)
	b.picture("receipt")
	receipt, err := io.ReadAll(s.get(b.attribute("a[download]", "href")).Body)
	s.Must(err)
	e, _, _, err := ledger.CheckReceipt(receipt, s.Key())
	s.Must(err)
	if b.textOf("#receipt") != string(receipt) {
		t.Error("the page shows another receipt than it gives")
	}
	b.visit("/verify", 200)
	b.fill("#receipt", string(receipt))
	b.click("#a-receipt ~ form button", 200)
	b.says("The receipt is right")

	// The round, and the wallet's transaction.
	status := fmt.Sprintf("/claims/%d", e.Seq)
	round := s.carry(c)
	b.visit(status, 200)
	b.says("ready to be paid")
	b.click("a[href$='/collect']", 200)
	b.shoot("collect")
	amount := round.Total
	w.id.Store(1)
	w.refuse.Store(true)
	b.do(chromedp.Click(chromedp.CSS("[data-wallet=claim] button")), shows("[data-wallet=claim] p", "did not agree"))
	w.refuse.Store(false)
	b.do(chromedp.Click(chromedp.CSS("[data-wallet=claim] button")), shows("[data-wallet=claim] p", "It is in a block"))
	if got := c.balance(w.address()); got != amount || w.id.Load() != chainID {
		t.Fatalf("the recipient has %s, expected %s; the wallet is on chain %d", got, amount, w.id.Load())
	}
	w.mu.Lock()
	if !slices.Contains(w.asked, "wallet_switchEthereumChain") || slices.Contains(w.asked, "eth_sign") || slices.Contains(w.asked, "personal_sign") {
		t.Errorf("the wallet was asked for %v", w.asked)
	}
	w.mu.Unlock()
	b.shoot("collected")
	hash := common.HexToHash(regexp.MustCompile("0x[0-9a-f]{64}").FindString(b.textOf("[data-wallet=claim] p")))
	b.do(chromedp.Click(chromedp.CSS("[data-wallet=claim] button")), shows("[data-wallet=claim] p", "did not agree"))

	// What the operators' reader sees on the chain becomes an entry.
	paid, err := c.mined(t.Context(), hash)
	s.Must(err)
	s.Add(swap.Record{Event: &swap.PayoutSeen{Recipient: w.address(), Amount: amount, Cumulative: amount, Round: 1, LogPosition: position(paid)}})
	b.visit(status, 200)
	b.says("Paid "+strings.TrimRight(amount.Coins(), "0")+" SESH", "The block is final", hash.Hex())
	b.picture("paid")
	b.visit(status+"/collect", 200)
	b.says("All of it is paid")
}

// TestRefusals: every way of going wrong says what to do next.
func TestRefusals(t *testing.T) {
	s := stage(t, 3)
	s.settle()
	b := open(t, s, look{})
	lookup := func(oxen string, status int64, words ...string) {
		t.Helper()
		b.visit("/", 200)
		b.fill("#oxen", oxen)
		b.click(".lookup button", status)
		b.says(words...)
	}
	lookup(s.Wallets[0].Subaddress(1, 2).String(), 422, "This is a subaddress", "main address")
	b.shoot("subaddress")
	lookup(s.Oxen(0)[:40], 422, "not an Oxen address", "Copy the whole main address")
	lookup(s.Wallets[0].Integrated([8]byte{7}).String(), 200, "integrated address", "10 OXEN staked")
	lookup(s.Wallet().Address().String(), 200, "Nothing was found", "at an exchange", "proof of coins")
	b.shoot("nothing-found")

	claim := func(oxen, to string, status int64, words ...string) {
		t.Helper()
		b.visit("/claim", 200)
		b.fill("#oxen", oxen)
		b.fill("#to", to)
		b.click("#step-1 button.main", status)
		b.says(words...)
	}
	to := swap.EVMAddress{0xab, 0xcd, 0xef, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0xfe}
	claim(s.Oxen(0), "0x0000000000000000000000000000000000000000", 422, "cannot be used")
	claim(s.Oxen(0), "bob.eth", 422, "cannot be used")
	claim(s.Oxen(0), strings.ToLower(to.String()), 422, "no capitals", to.String(), "I have compared")
	b.shoot("spelling")
	b.do(chromedp.Click(chromedp.CSS("#repair")))
	b.click("#step-1 .box button", 200)
	b.says("in its right spelling")

	// A contract that is not there.
	claim(s.Oxen(0), s.safe.String(), 200, "may be lost for ever")
	b.shoot("contract")
	b.fill("#signature", s.Sign(s.Wallets[0], b.textOf("#line")))
	b.click("#step-3 button.main", 422)
	b.says("tick the box")
	b.do(chromedp.Click(chromedp.CSS("#confirm")))
	b.click("#step-3 button.main", 200)
	b.says("your claim is recorded")

	// Used numbers, other lines, days that have passed.
	old := b.textOf("details dd code")
	claim(s.Oxen(0), to.String(), 200, "You have claimed before", "claim number 2")
	submit := func(oxen, text, signature string, status int64, words ...string) {
		t.Helper()
		b.visit("/claim", 200)
		b.do(chromedp.Click(chromedp.CSS("main > details > summary")))
		b.fill("#signed-oxen", oxen)
		b.fill("#signed-text", text)
		b.fill("#signed-signature", signature)
		b.click("form:has(#signed-oxen) button", status)
		b.says(words...)
	}
	submit(s.Oxen(0), old, s.Sign(s.Wallets[0], old), 200, "recorded before")
	other := s.Text(to, 1)
	submit(s.Oxen(0), other, s.Sign(s.Wallets[0], other), 409, "used already", "the next number")
	foreign := strings.Replace(s.Text(to, 3), s.Terms.ID(), "1166f61c0c9abbf6", 1)
	submit(s.Oxen(0), foreign, s.Sign(s.Wallets[0], foreign), 422, "another migration", "it may be a fake")
	submit(s.Oxen(0), to.String(), s.Sign(s.Wallets[0], to.String()), 422, "bare address")
	submit(s.Oxen(0), "hello", "SigV1", 422, "not the line to sign")
	b.picture("refused")
	b.visit("/claims/4711", 404)
	b.says("no such page")
	b.picture("missing")
}

// TestCoins: a proof of coins is uploaded, judged and accepted, while its page asks again by
// itself, without a script.
func TestCoins(t *testing.T) {
	s := stage(t, 1)
	s.settle()
	wallet := s.Wallet()
	to := s.Address()
	b := open(t, s, look{silent: true})
	b.visit("/claim", 200)
	b.fill("#oxen", wallet.Address().String())
	b.fill("#to", to.String())
	b.click("#step-1 button.main", 200)
	line := b.textOf("#line")
	b.says("the proof of coins, which this claim needs", "get_reserve_proof all "+swap.ProofMessage(line), "Do not move the coins")
	file := filepath.Join(t.TempDir(), "oxen_reserve_proof")
	s.Must(os.WriteFile(file, []byte("ReserveProofV1nonsense"), 0o600))
	b.fill("#signature", s.Sign(wallet, line))
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#proof-file"), []string{file}))
	b.click("#step-3 button.main", 422)
	b.says("The proof of coins was refused", "Upload the file that the wallet wrote")
	s.coins.Down(true)
	s.Must(os.WriteFile(file, []byte(s.Prove(wallet, line, s.coins.Mint(wallet, desktest.Named-20, 123_456e6, 7e9)...)), 0o600))
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#proof-file"), []string{file}))
	b.click("#step-3 button.main", 200)
	b.says("received and recorded", "Do not move the coins")
	b.do(shows("main", "did not agree or answer"))
	b.click("form.inline button", 200)
	b.says("Refresh by itself again")
	b.picture("proof-waiting")
	s.coins.Down(false)
	b.click("form.inline button", 200)
	b.do(shows("main", "Accepted: it shows 130.456 OXEN in 2 of 2 outputs"))
	b.picture("proof-accepted")
	b.visit("/", 200)
	b.fill("#oxen", wallet.Address().String())
	b.click(".lookup button", 200)
	b.says("130.456 OXEN shown by accepted proofs × 54 / 100", "70.44624 SESH")
}

// TestKeyboard: one who has only a keyboard gets to the line.
func TestKeyboard(t *testing.T) {
	s := stage(t, 1)
	s.settle()
	b := open(t, s, look{})
	b.visit("/", 200)
	b.do(chromedp.KeyEvent(kb.Tab))
	if got := evaluate[string](b, "document.activeElement.className"); got != "skip" {
		t.Errorf("the first thing is %q, not the link to the content", got)
	}
	b.picture("keyboard")
	b.do(chromedp.KeyEvent(kb.Enter), chromedp.KeyEvent(kb.Tab))
	if got := evaluate[string](b, "document.activeElement.id"); got != "oxen" {
		t.Fatalf("after the content comes %q", got)
	}
	if width := evaluate[string](b, "getComputedStyle(document.activeElement).outlineWidth"); width != "3px" {
		t.Errorf("the focus is not seen: outline %s", width)
	}
	b.do(chromedp.KeyEvent(s.Oxen(0)))
	b.arrive(200, chromedp.KeyEvent(kb.Enter))
	b.tabTo("main form[action='/claim'] button")
	b.arrive(200, chromedp.KeyEvent(kb.Enter))
	b.tabTo("#to")
	b.do(chromedp.KeyEvent(s.Address().String()))
	b.arrive(200, chromedp.KeyEvent(kb.Enter))
	b.says("This is the line to sign")
	b.tabTo("#line ~ .copy")
	b.tabTo("#signature")
	b.do(chromedp.KeyEvent(s.Sign(s.Wallets[0], b.textOf("#line"))))
	b.tabTo("#step-3 button.main")
	b.arrive(200, chromedp.KeyEvent(kb.Enter))
	b.says("your claim is recorded")
}
