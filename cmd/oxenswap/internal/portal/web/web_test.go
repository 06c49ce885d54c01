package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/cmd/oxenswap/internal/portal/desktest"
	"oxenswap/cmd/oxenswap/internal/portal/problem"
	"oxenswap/swap"
	"oxenswap/swap/ledger"
	"oxenswap/swap/merkle"
)

// reader reads the pages of a world.
type reader struct {
	*desktest.World
	t    *testing.T
	site *Site
	desk *desk.Desk
}

func open(t *testing.T, holders int, change ...func(*desktest.World, *desk.Config)) *reader {
	t.Helper()
	w := desktest.New(t, holders)
	c := desk.Config{Log: w, Now: w.Now, Limits: desk.DefaultLimits()}
	for _, f := range change {
		f(w, &c)
	}
	d, err := desk.New(t.Context(), c)
	w.Must(err)
	site, err := New(d, Options{Now: w.Now})
	w.Must(err)
	return &reader{w, t, site, d}
}

// inline is what a page must not have: scripts within it, and styles but for its one sheet.
var inline = regexp.MustCompile(`(?i)<script>|<style|<[^>]*\s(on[a-z]+|style)=`)

var sheet = regexp.MustCompile(`(?s)<style>(.*?)</style>`)

var quoted = regexp.MustCompile(`"[^"]*"`)

func (r *reader) send(request *http.Request) *httptest.ResponseRecorder {
	r.t.Helper()
	out := httptest.NewRecorder()
	r.site.ServeHTTP(out, request)
	h := out.Result().Header
	policy := h.Get("Content-Security-Policy")
	if strings.Contains(policy, "unsafe") || !strings.Contains(policy, "default-src 'none'; script-src 'self';") || h.Get("Set-Cookie") != "" {
		r.t.Errorf("%s: policy %q, cookies %q", request.URL, policy, h.Get("Set-Cookie"))
	}
	if body := out.Body.String(); strings.HasPrefix(h.Get("Content-Type"), "text/html") && body != "" {
		found := sheet.FindStringSubmatch(body)
		if found == nil {
			r.t.Fatalf("%s: the page has no style sheet:\n%s", request.URL, body)
		}
		sum := sha256.Sum256([]byte(found[1]))
		if want := "style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "';"; !strings.Contains(policy, want) {
			r.t.Errorf("%s: the policy %q does not allow the style sheet", request.URL, policy)
		}
		body = strings.Replace(body, found[0], "", 1)
		if !strings.Contains(body, "</html>") || strings.Contains(body, "ZgotmplZ") || inline.MatchString(quoted.ReplaceAllString(body, "\"\"")) {
			r.t.Errorf("%s: the page is cut off, or has something inline:\n%s", request.URL, body)
		}
	}
	return out
}

// get reads a page that is expected with a status.
func (r *reader) get(path string, status int) string {
	r.t.Helper()
	return r.status(r.send(httptest.NewRequest("GET", path, nil)), path, status)
}

func (r *reader) status(out *httptest.ResponseRecorder, what string, status int) string {
	r.t.Helper()
	if out.Code != status {
		r.t.Fatalf("%s: status %d, expected %d:\n%s", what, out.Code, status, plain(out.Body.String()))
	}
	if status == http.StatusSeeOther {
		return out.Result().Header.Get("Location")
	}
	return out.Body.String()
}

// post sends a form: fields are names and values.
func (r *reader) post(path string, status int, fields ...string) string {
	r.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	request := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r.status(r.send(request), path, status)
}

// upload sends a form as browsers send one with a file, which is the last field.
func (r *reader) upload(path string, status int, fields ...string) string {
	r.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i < len(fields)-2; i += 2 {
		r.Must(form.WriteField(fields[i], fields[i+1]))
	}
	file, err := form.CreateFormFile(fields[len(fields)-2], "a file")
	r.Must(err)
	fmt.Fprint(file, fields[len(fields)-1])
	r.Must(form.Close())
	request := httptest.NewRequest("POST", path, &body)
	request.Header.Set("Content-Type", form.FormDataContentType())
	return r.status(r.send(request), path, status)
}

var tags = regexp.MustCompile(`<[^>]*>`)

// plain is what is read of a page.
func plain(page string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(page, " "))), " ")
}

func (r *reader) says(page string, words ...string) {
	r.t.Helper()
	read := plain(page)
	for _, w := range words {
		if !strings.Contains(read, w) {
			r.t.Errorf("the page does not say %q:\n%s", w, read)
		}
	}
}

var field = regexp.MustCompile(`<pre id="line"[^>]*>([^<]*)</pre>`)

// TestLife follows a holder from the first look to the payment, page by page.
func TestLife(t *testing.T) {
	r := open(t, 6)
	oxen := r.Oxen(2)
	r.says(r.get("/", 200), "what do I get?", "Claims are taken until 2027-12-31 23:59 UTC", "seed words")
	r.says(r.post("/lookup", 200, "oxen", oxen), "Nothing was found", "No snapshot is taken yet")
	r.Take(desktest.Named)
	r.Must(r.desk.Follow(t.Context()))
	r.says(r.post("/lookup", 200, "oxen", oxen), "30 OXEN", "not final yet", "Expected, once the snapshot is final: 16.2 SESH", "17.82 SESH", "Claim now")
	r.Take(desktest.Last)
	r.Finalize(desktest.Named)
	r.Finalize(desktest.Last)
	looked := r.post("/lookup", 200, "oxen", " "+oxen[:50]+"\r\n"+oxen[50:])
	r.says(looked, "30 OXEN staked at block 240 × 54 / 100", "= 16.2 SESH", "300 SESH × 60 000 000 000 of 420 000 000 000 points (14.2857 %)",
		"42.857142857", "rounded down", "Claim until", "Claim: sign one line")
	if german := r.get("/lookup?lang=de&oxen="+oxen, 200); !strings.Contains(german, `lang="de"`) || !strings.Contains(german, "/migration?lang=de") {
		t.Error("the page is not German, or its links are not")
	} else {
		r.says(german, "16,2 SESH", "Was diese Adresse bekommt")
	}

	// The claim.
	to := r.Address()
	r.says(r.post("/claim", 200, "oxen", oxen), "Step 1")
	drafted := r.post("/claim", 200, "step", "draft", "oxen", oxen, "to", to.String())
	line := html.UnescapeString(field.FindStringSubmatch(drafted)[1])
	if line != r.Text(to, 1) {
		t.Fatalf("line %q", line)
	}
	r.says(drafted, "sign_value "+line, "becomes public", `"method":"sign"`, "My wallet cannot sign", "get_reserve_proof all "+swap.ProofMessage(line), "Do not move the coins")
	wrong := r.post("/claim", 422, "step", "submit", "oxen", oxen, "text", line, "signature", r.Sign(r.Wallets[1], line))
	r.says(wrong, "The signature does not match", "Check three things", line)
	to1 := r.upload("/claim?lang=de", 303, "step", "submit", "oxen", oxen, "text", line, "signature", r.Sign(r.Wallets[2], line)+"\n", "proof", "")
	entry := strings.TrimPrefix(strings.Split(to1, "?")[0], "/claims/")
	if to1 != "/claims/"+entry+"?lang=de&new=1" {
		t.Fatal(to1)
	}
	if again := r.post("/claim", 303, "step", "submit", "oxen", oxen, "text", line, "signature", r.Sign(r.Wallets[2], line)); again != "/claims/"+entry+"?new=again" {
		t.Errorf("the same claim again: %s", again)
	}
	status := func(words ...string) {
		t.Helper()
		r.Must(r.desk.Follow(t.Context()))
		r.says(r.get("/claims/"+entry, 200), words...)
	}
	status("Recorded: entry "+entry, "signed checkpoint", "It waits for a round")
	r.says(r.get(to1, 200), "Ihre Anmeldung ist eingetragen", "Quittung")
	receipt := r.get("/claims/"+entry+"/receipt.txt", 200)
	if e, _, _, err := ledger.CheckReceipt([]byte(receipt), r.Key()); err != nil || fmt.Sprint(e.Seq) != entry {
		t.Errorf("receipt: %v", err)
	}
	r.says(r.get("/claims/"+entry+"/receipt", 200), "oxenaudit receipt claim-"+entry+".receipt", "c2sp.org/tlog-proof@v1")
	r.says(r.get("/claims/"+entry+"/collect", 200), "No round is live")

	// The round.
	distributor := r.Deploy()
	round := r.Build()
	status("operators have to approve")
	r.Approve(round)
	r.SignProposal(round)
	status("being sent")
	r.Propose(round)
	status("not live yet", "live not before 2026-11-22 13:00 UTC")
	r.Activate(round)
	status("ready to be paid", "Collect it yourself")
	collect := r.get("/claims/"+entry+"/collect", 200)
	c, err := r.desk.Collect(t.Context(), 1, to)
	r.Must(err)
	r.says(collect, "60.677142857 SESH are ready", distributor.String(), c.Calldata(), c.Root.Hex())
	if !strings.Contains(collect, `data-chain="0x539"`) || !strings.Contains(collect, `data-to="`+distributor.String()+`"`) {
		t.Errorf("the wallet button: %s", collect)
	}
	proof, err := merkle.ParseProof([]byte(r.get("/claims/"+entry+"/collect.json", 200)))
	r.Must(err)
	r.Must(proof.Check())
	r.Pay(to, 1, c.Cumulative, c.Cumulative)
	status("Paid 60.677142857 SESH", "The block is final", "transaction 0x")
	r.says(r.get("/claims/"+entry+"/collect", 200), "All of it is paid")

	// What everybody can see.
	r.says(r.get("/rounds", 200), "Round 1", "60.677142857")
	r.says(r.get("/rounds/1", 200), "Approvals: 1 of 1: ann", "Proposed on chain; live not before", "0x"+round.Root.String(), "Download all 3 lines", to.String())
	if list, err := swap.ParseAllocations([]byte(r.get("/rounds/1/allocations.json", 200))); err != nil || len(list) != 3 {
		t.Errorf("%d allocations: %v", len(list), err)
	}
	r.says(r.get("/migration", 200), r.Terms.ID(), "1 OXEN gives 54/100 SESH", "Addresses to compare", distributor.String(), "At most 300 SESH", "private key", "goes live 1 h after")
	r.says(r.get("/progress", 200), "Accounts that have claimed: 1. Payments that are final: 1.", "42.857142857 42.857142857 42.857142857 300")
	for _, file := range []string{"_programmes.light.svg", "bonus.dark.svg?lang=de"} {
		if image := r.get("/progress/"+file, 200); !strings.HasPrefix(image, "<svg") || strings.Contains(image, "style=") {
			t.Errorf("%s: %s", file, image)
		}
	}
	r.get("/progress/other.light.svg", 404)
	r.get("/progress/bonus", 404)
	r.says(r.get("/ledger-log", 200), "A payment is final on chain payout.seen", "oxenaudit replay https://claim.example/ledger", "migration.opened")
	r.says(r.get("/ledger-log?from=1&lang=de", 200), "Grenzen und Sicherungen, die gelten config.set")
	r.says(r.get("/ledger-log/"+entry, 200), "A claim was recorded claim.accepted", line)

	// A second claim replaces the first one.
	second := r.post("/claim", 200, "step", "draft", "oxen", oxen, "to", r.Address().String())
	r.says(second, "You have claimed before", "#2 until")
	r.says(r.post("/claim", 409, "step", "draft", "oxen", oxen, "to", to.String(), "sequence", "1"), "This number was used already")
}

func TestVerify(t *testing.T) {
	r := open(t, 1)
	r.Take(desktest.Named)
	line := r.Text(r.Address(), 1)
	signature := r.Sign(r.Wallets[0], line)
	r.says(r.post("/verify", 200, "what", "signature", "oxen", r.Oxen(0), "message", line, "signature", signature), "The signature is right", "a claim of this migration", "has the number 1")
	r.says(r.post("/verify", 422, "what", "signature", "oxen", r.Oxen(0), "message", line+" ", "signature", signature), "The signature is not right")
	other := strings.Replace(line, r.Terms.ID(), "1166f61c0c9abbf6", 1)
	r.says(r.post("/verify", 200, "what", "signature", "oxen", r.Oxen(0), "message", other, "signature", r.Sign(r.Wallets[0], other)), "another migration, 1166f61c0c9abbf6")
	to := r.post("/claim", 303, "step", "submit", "oxen", r.Oxen(0), "text", line, "signature", signature)
	receipt := r.get(strings.TrimSuffix(to, "?new=1")+"/receipt.txt", 200)
	r.says(r.upload("/verify", 200, "what", "receipt", "receipt", receipt), "The receipt is right")
	r.says(r.post("/verify", 200, "what", "receipt", "receipt", strings.ReplaceAll(receipt, "\n", "\r\n")), "The receipt is right")
	r.says(r.post("/verify", 422, "what", "receipt", "receipt", strings.Replace(receipt, "index", "Index", 1)), "was not confirmed")
	r.get("/verify", 200)
}

func TestRecipient(t *testing.T) {
	code := swap.RecipientCode{Ethereum: swap.SeenCode, Target: swap.SeenNothing}
	r := open(t, 1, func(_ *desktest.World, c *desk.Config) {
		c.ReadCode = func(context.Context, swap.EVMAddress) (swap.RecipientCode, error) { return code, nil }
	})
	r.Take(desktest.Named)
	to := swap.EVMAddress{0xab, 0xcd, 0xef, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0xfe}
	lower := strings.ToLower(to.String())
	r.says(r.post("/claim", 422, "step", "draft", "oxen", r.Oxen(0), "to", lower), "no capitals", to.String(), "I have compared")
	mixed := strings.Replace(to.String(), "F", "f", 1)
	if mixed == to.String() {
		mixed = strings.Replace(to.String(), "f", "F", 1)
	}
	r.says(r.post("/claim", 422, "step", "draft", "oxen", r.Oxen(0), "to", mixed), "most likely mistyped", mixed, to.String())
	r.says(r.post("/claim", 200, "step", "draft", "oxen", r.Oxen(0), "to", lower, "wallet", lower), "contract on Ethereum", "right spelling")
	r.says(r.post("/claim", 422, "step", "draft", "oxen", r.Oxen(0), "to", mixed, "wallet", mixed), "most likely mistyped")
	integrated := r.Wallets[0].Integrated([8]byte{1}).String()
	r.says(r.post("/claim", 200, "step", "draft", "oxen", integrated, "to", lower, "repair", "yes"), "a contract on Ethereum", "integrated address", "I control this contract address")
	line := r.Text(to, 1)
	signature := r.Sign(r.Wallets[0], line)
	r.says(r.post("/claim", 422, "step", "submit", "oxen", r.Oxen(0), "text", line, "signature", signature), "exists on Ethereum, but not", "tick the box", line)
	r.post("/claim", 303, "step", "submit", "oxen", r.Oxen(0), "text", line, "signature", signature, "confirm", "yes")
	for name, fields := range map[string][]string{
		"a subaddress":    {"oxen", r.Wallets[0].Subaddress(1, 2).String(), "to", to.String()},
		"the token":       {"oxen", r.Oxen(0), "to", swap.EVMAddress(r.Terms.Token.Address).String()},
		"no address":      {"oxen", r.Oxen(0), "to", "0x12"},
		"a number":        {"oxen", r.Oxen(0), "to", to.String(), "sequence", "-1"},
		"a day that past": {"oxen", r.Oxen(0), "to", to.String(), "until", "2026-11-21"},
	} {
		if page := r.post("/claim", 422, append(fields, "step", "draft")...); !strings.Contains(page, `class="box bad"`) {
			t.Errorf("%s: %s", name, plain(page))
		}
	}
}

// TestCoins: an account without stake claims with a proof of coins, and watches it being judged.
func TestCoins(t *testing.T) {
	var chain *desktest.Coins
	r := open(t, 1, func(w *desktest.World, c *desk.Config) {
		chain = desktest.NewCoins(w)
		c.Daemons = chain.Daemons()
	})
	r.Take(desktest.Named)
	r.Must(r.desk.Follow(t.Context()))
	wallet := r.Wallet()
	line := r.Text(r.Address(), 1)
	oxen, signature := wallet.Address().String(), r.Sign(wallet, line)
	r.says(r.post("/lookup", 200, "oxen", oxen), "Nothing was found", "proof of coins", "at an exchange", "Claim now")
	r.says(r.post("/claim", 422, "step", "submit", "oxen", oxen, "text", line, "signature", signature), "no stake and no rewards", "need a proof of coins")
	r.says(r.upload("/claim", 422, "step", "submit", "oxen", oxen, "text", line, "signature", signature, "proof", "ReserveProofV1"), "was refused", "add the proof of coins again")
	outputs := chain.Mint(wallet, desktest.Named-20, 500e9)
	proof := r.Prove(wallet, line, outputs...)
	to := r.upload("/claim", 303, "step", "submit", "oxen", oxen, "text", line, "signature", signature, "proof", proof)
	page := r.send(httptest.NewRequest("GET", to, nil))
	if page.Result().Header.Get("Refresh") != "3" {
		t.Errorf("the page of a waiting proof does not ask again: %v", page.Result().Header)
	}
	r.says(page.Body.String(), "Waiting in the queue. Place 1", "Do not move the coins", "received and recorded")
	if paused := r.send(httptest.NewRequest("GET", to+"&pause=1", nil)); paused.Result().Header.Get("Refresh") != "" {
		t.Error("a page that was stopped asks again")
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.desk.Run(ctx) }()
	number := strings.Split(strings.TrimPrefix(to, "/proofs/"), "?")[0]
	judged := func(path string) string {
		for {
			out := r.send(httptest.NewRequest("GET", path, nil))
			if out.Result().Header.Get("Refresh") == "" {
				return out.Body.String()
			}
		}
	}
	r.says(judged("/proofs/"+number), "Accepted: it shows 500 OXEN in 1 of 1 outputs", "You may move your coins")
	r.Finalize(desktest.Named)
	r.says(r.post("/lookup", 200, "oxen", oxen), "500 OXEN shown by accepted proofs × 54 / 100", "270 SESH")

	// A proof for a claim that is there, of coins that nobody knows.
	line = r.Text(r.Address(), 2)
	claim := r.post("/claim", 303, "step", "submit", "oxen", r.Oxen(0), "text", line, "signature", r.Sign(r.Wallets[0], line))
	path := strings.Split(claim, "?")[0] + "/prove"
	r.says(r.get(path, 200), "get_reserve_proof all "+swap.ProofMessage(line))
	r.says(r.upload(path, 422, "proof", "nonsense"), "was refused", "not a proof")
	r.says(r.upload(path, 422, "proof", proof), "was refused", "for another line")
	to = r.upload(path, 303, "proof", r.Prove(r.Wallets[0], line))
	r.says(judged(strings.Split(to, "?")[0]), "was refused", "make a new proof")
	stop()
	r.Must(<-done)
}

// hostile are things that people type who mean no good, or have slipped.
func hostile() []string {
	return []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' OR 1=1; DROP TABLE claims; --`, "\u202emoc.live\u202c", "a\x00b", "\xff\xfe", "{{.}}", "${7*7}",
		strings.Repeat("A", 1000), "javascript:alert(1)", "\r\nSet-Cookie: a=b", `</textarea><b>`, "ſ\u0301\u200b", "LAFB8B12pvAg", "%00%0a", `\u003cb\u003e`,
	}
}

func TestHostile(t *testing.T) {
	r := open(t, 1)
	r.Take(desktest.Named)
	line := r.Text(r.Address(), 1)
	signature := r.Sign(r.Wallets[0], line)
	forms := map[string][]string{
		"/lookup": {"oxen", r.Oxen(0)},
		"/claim":  {"step", "draft", "oxen", r.Oxen(0), "to", r.Address().String(), "until", "", "sequence", "", "wallet", ""},
		"/claim?": {"step", "submit", "oxen", r.Oxen(0), "text", line, "signature", signature + "x", "confirm", "", "proof", ""},
		"/verify": {"what", "signature", "oxen", r.Oxen(0), "message", line, "signature", signature},
	}
	cases := 0
	for path, fields := range forms {
		for i := 1; i < len(fields); i += 2 {
			for _, bad := range hostile() {
				cases++
				changed := slices.Clone(fields)
				changed[i] = bad
				form := url.Values{}
				for j := 0; j < len(changed); j += 2 {
					form.Set(changed[j], changed[j+1])
				}
				request := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
				request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				out := r.send(request)
				body := out.Body.String()
				if out.Code >= 500 || out.Code == 303 {
					t.Errorf("%s, %s = %.40q: status %d", path, fields[i-1], bad, out.Code)
				}
				for _, never := range []string{"<script>alert", "<img src=x", "</textarea><b>", "\x00", "\u202e", "\xff", "ZgotmplZ"} {
					if strings.Contains(body, never) {
						t.Errorf("%s, %s = %.40q: the page holds %q", path, fields[i-1], bad, never)
					}
				}
			}
		}
	}
	for _, bad := range hostile() {
		for _, path := range []string{"/claims/", "/proofs/", "/rounds/", "/ledger-log/", "/progress/", "/assets/", "/"} {
			cases++
			out := r.send(httptest.NewRequest("GET", path+url.PathEscape(bad)+"x", nil))
			if out.Code != 404 && out.Code != 307 || strings.Contains(out.Body.String(), "<script>alert") {
				t.Errorf("%s%.40q: status %d", path, bad, out.Code)
			}
		}
		for _, path := range []string{"/?lang=", "/lookup?oxen=", "/rounds?after=", "/ledger-log?from=", "/claims/1?new="} {
			cases++
			if out := r.send(httptest.NewRequest("GET", path+url.QueryEscape(bad), nil)); out.Code >= 500 || strings.Contains(out.Body.String(), "<script>alert") {
				t.Errorf("%s%.40q: status %d", path, bad, out.Code)
			}
		}
	}
	if cases < 300 {
		t.Errorf("only %d cases", cases)
	}
}

func TestBadRequests(t *testing.T) {
	r := open(t, 1)
	send := func(path, kind, body string) int {
		request := httptest.NewRequest("POST", path, strings.NewReader(body))
		request.Header.Set("Content-Type", kind)
		return r.send(request).Code
	}
	many := "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n"
	for name, c := range map[string]struct {
		path, kind, body string
		want             int
	}{
		"a form of another kind":  {"/claim", "application/json", `{}`, 400},
		"no kind":                 {"/claim", "", "a=b", 400},
		"a megabyte":              {"/claim", "application/x-www-form-urlencoded", "oxen=" + strings.Repeat("A", 1<<20), 413},
		"a broken escape":         {"/lookup", "application/x-www-form-urlencoded", "oxen=%zz", 400},
		"no boundary":             {"/claim", "multipart/form-data", "", 400},
		"a cut-off upload":        {"/claim", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"oxen\"\r\n\r\nabc", 400},
		"too many fields":         {"/claim", "multipart/form-data; boundary=x", strings.Repeat(many, 30) + "--x--\r\n", 400},
		"a field of 5 KiB":        {"/claim", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"oxen\"\r\n\r\n" + strings.Repeat("a", 5<<10) + "\r\n--x--\r\n", 413},
		"a proof of 8 MiB and 1":  {"/claim", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"proof\"\r\n\r\n" + strings.Repeat("a", desk.MaxProof+1) + "\r\n--x--\r\n", 413},
		"a body that is too long": {"/claim", "multipart/form-data; boundary=x", strings.Repeat(many, 30_000) + strings.Repeat(" ", maxLarge), 400},
		"a claim of no entry":     {"/claims/99/prove", "application/x-www-form-urlencoded", "proof=a", 404},
		"a page that takes none":  {"/migration", "application/x-www-form-urlencoded", "a=b", 404},
	} {
		if got := send(c.path, c.kind, c.body); got != c.want {
			t.Errorf("%s: status %d, expected %d", name, got, c.want)
		}
	}
	for _, path := range []string{
		"/nothing", "/claims/0", "/claims/99", "/claims/-1", "/claims/01", "/claims/1e3", "/claims/18446744073709551616", "/claims/99/receipt", "/claims/0/receipt.txt",
		"/claims/99/collect", "/proofs/1", "/proofs/x", "/rounds/1", "/rounds/0", "/rounds/1/allocations.json", "/ledger-log/2", "/ledger-log/18446744073709551615",
		"/ledger-log?from=99", "/ledger-log?from=-1", "/assets/style.css", "/progress/x.svg",
	} {
		r.get(path, 404)
	}
}

// TestBusy: when all places for uploads are taken, further ones are refused, and small forms are read
// all the same.
func TestBusy(t *testing.T) {
	r := open(t, 1)
	r.Take(desktest.Named)
	for range cap(r.site.uploads) {
		r.site.uploads <- struct{}{}
	}
	out := r.upload("/claim", 503, "step", "submit", "proof", strings.Repeat("a", maxSmall))
	r.says(out, "Too many people")
	r.post("/lookup", 200, "oxen", r.Oxen(0))

	refused := httptest.NewRecorder()
	request := httptest.NewRequest("GET", "/rounds", nil)
	request.Header.Set("Accept-Language", "de")
	r.site.Refuse(refused, request, problem.Later(problem.RateLimited, http.StatusTooManyRequests, 3e9, "slow down"))
	r.says(r.status(refused, "a refusal", 429), "zu viele Anfragen")
	if refused.Result().Header.Get("Retry-After") != "3" {
		t.Errorf("Retry-After of a refusal: got %q, want \"3\"", refused.Result().Header.Get("Retry-After"))
	}
}

func TestCaching(t *testing.T) {
	r := open(t, 1)
	first := r.send(httptest.NewRequest("GET", "/migration", nil))
	request := httptest.NewRequest("GET", "/migration", nil)
	request.Header.Set("If-None-Match", first.Result().Header.Get("Etag"))
	if again := r.send(request); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("status %d, %d bytes", again.Code, again.Body.Len())
	}
	home := r.get("/", 200)
	all := len(home)
	for _, m := range regexp.MustCompile(`"(/assets/[^"]+)"`).FindAllStringSubmatch(home, -1) {
		out := r.send(httptest.NewRequest("GET", m[1], nil))
		if out.Code != 200 || !strings.Contains(out.Result().Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: status %d, %v", m[1], out.Code, out.Result().Header)
		}
		all += out.Body.Len()
	}
	// Whatever else is asked for, the page is drawn without it.
	if strings.Contains(home, "stylesheet") || regexp.MustCompile(`<script src="[^"]*">`).MatchString(home) {
		t.Errorf("the first page waits for something else:\n%s", home)
	}
	if all > 60_000 {
		t.Errorf("the first page has %d bytes with everything that it needs", all)
	}
	t.Logf("the first page has %d bytes, %d with style sheet, script and icon", len(home), all)
	r.get("/favicon.ico", 200)
	if body := r.send(httptest.NewRequest("HEAD", "/", nil)).Body; body.Len() > 0 {
		t.Errorf("HEAD is answered with %d bytes", body.Len())
	}
}

// TestSecretsAreNotShown: seed words or a private key in any field are refused, and no page repeats
// them.
func TestSecretsAreNotShown(t *testing.T) {
	r := open(t, 1)
	words := "sequence atlas unveil summon pebbles tuesday beer rudely snake rockets different fuselage woven"
	for _, secret := range []string{words, "PRIVATE+KEY+ada+2594dc85+AZ1CqLrhkJmE0aVg7pE8b1", `{"crypto":{"cipher":"aes-128-ctr"}}`, "0x" + strings.Repeat("4f", 32)} {
		for _, form := range []struct{ path, field string }{
			{"/lookup", "oxen"}, {"/claim", "oxen"}, {"/claim", "to"}, {"/claim", "signature"}, {"/claim", "text"}, {"/verify", "signature"}, {"/verify", "receipt"},
		} {
			page := r.post(form.path, http.StatusUnprocessableEntity, form.field, secret)
			for word := range strings.FieldsSeq(secret) {
				if len(word) > 6 && strings.Contains(html.UnescapeString(page), word) {
					t.Errorf("%s, field %s: the page repeats %q", form.path, form.field, word)
				}
			}
		}
	}
}
