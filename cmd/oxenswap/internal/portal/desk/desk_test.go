package desk_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/cmd/oxenswap/internal/portal/desktest"
	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
	"oxenswap/swap/ledger"
	"oxenswap/swap/merkle"
)

func open(t *testing.T, w *desktest.World, change ...func(*desk.Config)) *desk.Desk {
	t.Helper()
	c := desk.Config{Log: w, Now: w.Now, Limits: desk.DefaultLimits()}
	for _, f := range change {
		f(&c)
	}
	d, err := desk.New(t.Context(), c)
	w.Must(err)
	return d
}

func lookup(t *testing.T, d *desk.Desk, oxen string) *desk.Account {
	t.Helper()
	a, err := d.Lookup(t.Context(), oxen)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func submission(w *desktest.World, wallet *cryptonote.Wallet, to swap.EVMAddress, sequence uint32) desk.Submission {
	text := w.Text(to, sequence)
	return desk.Submission{Oxen: wallet.Address().String(), Text: text, Signature: w.Sign(wallet, text)}
}

func refusal(err error) swap.Reason {
	var r *swap.Refusal
	if errors.As(err, &r) {
		return r.Reason
	}
	return ""
}

// TestLife follows one holder from the first look to the payment.
func TestLife(t *testing.T) {
	w := desktest.New(t, 6)
	d := open(t, w)
	oxen := w.Oxen(2)
	expect := func(a *desk.Account, next ...desk.NextStep) {
		t.Helper()
		if diff := cmp.Diff(next, a.NextSteps); diff != "" {
			t.Fatalf("next steps (-want +got):\n%s", diff)
		}
		if !d.Holds(&a.Basis) {
			t.Fatal("an answer is out of date at once")
		}
	}

	before := lookup(t, d, oxen)
	expect(before, desk.NextSnapshot)
	if !slices.Equal(before.Causes, []desk.Cause{desk.CauseNoSnapshot}) {
		t.Errorf("causes %v", before.Causes)
	}
	w.Take(desktest.Named)
	w.Must(d.Follow(t.Context()))
	if d.Holds(&before.Basis) {
		t.Error("an answer outlives a snapshot")
	}
	a := lookup(t, d, " "+oxen[:40]+"\n"+oxen[40:])
	expect(a, desk.NextClaim, desk.NextMayProve, desk.NextSnapshot)
	if len(a.Balances) != 1 || a.Balances[0].Staked != 30e9 || !a.Balances[0].Named || a.Total != 0 || len(a.Causes) > 0 {
		t.Errorf("a staker's account: got %+v, want 30e9 staked, nothing given", a)
	}
	w.Take(250)
	w.Take(desktest.Last)
	for _, h := range []uint64{desktest.Named, 250, desktest.Last} {
		w.Finalize(h)
	}
	a = lookup(t, d, oxen)
	expect(a, desk.NextClaim, desk.NextMayProve)
	w.Must(w.View(t.Context(), func(tables swap.Tables, _ uint64) error { return sameAsEverybody(tables, a) }))
	if want := swap.Sesh(30_000_000_000*54/100 + 3_000_000_000*54/100 + 300_000_000_000*3/21); a.Total != want || a.Programmes[2].Owed != 300_000_000_000*3/21 {
		t.Errorf("owed %s, expected %s", a.Total, want)
	}

	// The line, signed by the wallet.
	to := w.Address()
	draft, err := d.Draft(t.Context(), desk.DraftRequest{Oxen: oxen, To: to.String()})
	w.Must(err)
	if draft.Text != w.Text(to, 1) || draft.SignCommand != "sign_value "+draft.Text || draft.Repaired || draft.NeedsProof || draft.Replaces != nil {
		t.Errorf("a draft: got %+v, want a line to sign as it is", draft)
	}
	submitted, err := d.Submit(t.Context(), desk.Submission{Oxen: oxen, Text: draft.Text, Signature: w.Sign(w.Wallets[2], draft.Text)})
	w.Must(err)
	if d.Holds(&a.Basis) {
		t.Error("an account that has claimed got the answer from before its claim")
	}
	again, err := d.Submit(t.Context(), desk.Submission{Oxen: oxen, Text: draft.Text, Signature: w.Sign(w.Wallets[2], draft.Text)})
	w.Must(err)
	if !again.Again || again.Entry != submitted.Entry {
		t.Errorf("the same claim again: %+v", again)
	}
	receipt, err := d.Receipt(t.Context(), submitted.Entry)
	w.Must(err)
	e, _, _, err := ledger.CheckReceipt(receipt, w.Key())
	if err != nil || e.Seq != submitted.Entry {
		t.Errorf("receipt of entry %d: %v", e.Seq, err)
	}
	expect(lookup(t, d, oxen), desk.NextMayProve, desk.NextRound)

	// One round, step by step.
	w.Deploy()
	states := []desk.State{}
	status := func() *desk.ClaimStatus {
		t.Helper()
		s, err := d.Claim(t.Context(), submitted.Entry)
		w.Must(err)
		if len(s.Rounds) != 1 || !d.Holds(&s.Basis) {
			t.Fatalf("the claim's status: got %+v, want one round, settled", s)
		}
		states = append(states, s.Rounds[0].State)
		return s
	}
	r := w.Build()
	status()
	expect(lookup(t, d, oxen), desk.NextMayProve, desk.NextApproval)
	w.Approve(r)
	status()
	w.SignProposal(r)
	status()
	w.Propose(r)
	if s := status(); s.Rounds[0].LiveAt == nil || !s.Rounds[0].LiveAt.Equal(w.Now().Add(time.Hour)) || s.Rounds[0].Proposed.Tx == nil {
		t.Errorf("the proposed round: got %+v, want live in an hour", s.Rounds[0])
	}
	expect(lookup(t, d, oxen), desk.NextMayProve, desk.NextActivation)
	w.Activate(r)
	status()
	account := lookup(t, d, oxen)
	expect(account, desk.NextMayProve, desk.NextCollect)
	if account.Payable != a.Total || account.Given != a.Total {
		t.Errorf("an account in a live round: got %+v, want all that is given payable", account)
	}
	c, err := d.Collect(t.Context(), r.Round, to)
	w.Must(err)
	file, err := d.ProofFile(t.Context(), r.Round, to)
	w.Must(err)
	checker, err := merkle.ParseProof(file)
	w.Must(err)
	w.Must(checker.Check())
	if c.Cumulative != a.Total || c.Distributor == nil || !strings.HasPrefix(c.Calldata(), "0x") || !bytes.Contains(file, []byte(c.Root.Hex())) {
		t.Errorf("what a holder collects with: got %+v, want the whole amount and calldata", c)
	}
	if _, err := d.Collect(t.Context(), r.Round, w.Address()); !errors.As(err, new(*desk.NotFoundError)) {
		t.Errorf("proof of a recipient without a leaf: got %v, want a NotFoundError", err)
	}
	w.Pay(to, r.Round, a.Total, a.Total)
	w.Must(d.Follow(t.Context()))
	if d.Holds(&account.Basis) {
		t.Error("an answer about a recipient: got valid after a payment, want invalid")
	}
	paid := status()
	if p := paid.Rounds[0].Paid; p == nil || p.Amount != a.Total || p.Tx == nil || p.Block == 0 || paid.Paid != a.Total {
		t.Errorf("the round's payment: got %+v, want all of it paid", paid)
	}
	expect(lookup(t, d, oxen), desk.NextMayProve)
	want := []desk.State{desk.StateBuilt, desk.StateApproved, desk.StateSending, desk.StatePending, desk.StatePayable, desk.StatePaid}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Error(diff)
	}

	// The migration and its rounds.
	m, err := d.Migration(t.Context())
	w.Must(err)
	if m.ID != w.Terms.ID() || m.Live != 1 || m.Distributor == nil || len(m.Programmes) != 4 || len(m.Programmes[2].Snapshots) != 3 {
		t.Errorf("the migration: got %+v, want round 1 live, 4 programmes", m)
	}
	rounds, _, err := d.Rounds(t.Context())
	w.Must(err)
	if len(rounds) != 1 || rounds[0].State != desk.StatePayable || rounds[0].Activated == nil || rounds[0].Approved == nil {
		t.Errorf("the rounds: got %+v, want one, payable", rounds)
	}
}

// sameAsEverybody compares an account's statement with what is owed to all.
func sameAsEverybody(tables swap.Tables, a *desk.Account) error {
	m, err := tables.Migration()
	if err != nil {
		return err
	}
	for i, o := range a.Programmes {
		all, err := swap.Owed(tables, m, &m.Terms.Programmes[i])
		if err != nil {
			return err
		}
		at := slices.IndexFunc(all.Owings, func(other swap.Owing) bool { return other.Account == a.Account })
		if at < 0 {
			all.Owings = append(all.Owings, swap.Owing{Parts: []swap.Part{}, Den: all.Den})
			at = len(all.Owings) - 1
		}
		want := all.Owings[at]
		if diff := cmp.Diff([]any{want.Parts, want.Owed, want.Remainder, want.Den}, []any{o.Parts, o.Owed, o.Remainder, o.Den}); diff != "" {
			return errors.New(o.Programme + ": " + diff)
		}
	}
	return nil
}

func TestRefusals(t *testing.T) {
	w := desktest.New(t, 3)
	d := open(t, w)
	w.Take(desktest.Named)
	w.Must(d.Follow(t.Context()))
	to := w.Address()
	good := submission(w, w.Wallets[0], to, 1)
	stranger := submission(w, w.Wallet(), to, 1)
	sub := submission(w, w.Wallets[0], to, 1)
	sub.Oxen = w.Wallets[0].Subaddress(1, 2).String()
	size := func() uint64 {
		n, err := w.Size(t.Context())
		w.Must(err)
		return n
	}
	before := size()
	for name, c := range map[string]struct {
		s    desk.Submission
		want swap.Reason
	}{
		"nothing":                 {desk.Submission{}, swap.ReasonText},
		"another's signature":     {desk.Submission{Oxen: good.Oxen, Text: good.Text, Signature: stranger.Signature}, swap.ReasonSignature},
		"no signature":            {desk.Submission{Oxen: good.Oxen, Text: good.Text, Signature: "SigV1"}, swap.ReasonSignature},
		"an account without":      {stranger, swap.ReasonNotEntitled},
		"a subaddress":            {sub, swap.ReasonSubaddress},
		"no address":              {desk.Submission{Oxen: "L", Text: good.Text, Signature: good.Signature}, swap.ReasonAddress},
		"a bare address":          {desk.Submission{Oxen: good.Oxen, Text: to.String(), Signature: good.Signature}, swap.ReasonLegacy},
		"another migration":       {desk.Submission{Oxen: good.Oxen, Text: strings.Replace(good.Text, w.Terms.ID(), "1166f61c0c9abbf6", 1), Signature: good.Signature}, swap.ReasonMigration},
		"another text than named": {desk.Submission{Oxen: good.Oxen, Text: w.Text(to, 2), Signature: good.Signature}, swap.ReasonSignature},
	} {
		if _, err := d.Submit(t.Context(), c.s); refusal(err) != c.want {
			t.Errorf("%s: got %v, want reason %s", name, err, c.want)
		}
	}
	if after := size(); after != before {
		t.Errorf("entries after refused claims: got %d, want none", after-before)
	}
	if _, err := d.Submit(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Submit(t.Context(), submission(w, w.Wallets[0], w.Address(), 1)); refusal(err) != swap.ReasonAlreadyUsed {
		t.Errorf("a number twice: got %v, want %s", err, swap.ReasonAlreadyUsed)
	}
	if _, err := d.Submit(t.Context(), submission(w, w.Wallets[1], swap.EVMAddress{}, 1)); refusal(err) != swap.ReasonRecipient {
		t.Errorf("the zero address: got %v, want %s", err, swap.ReasonRecipient)
	}
	w.Pass(2 * 365 * 24 * time.Hour)
	if _, err := d.Submit(t.Context(), submission(w, w.Wallets[2], to, 1)); refusal(err) != swap.ReasonClosed {
		t.Errorf("a claim after the closing: got %v, want %s", err, swap.ReasonClosed)
	}
	if a := lookup(t, d, w.Oxen(2)); !slices.Contains(a.NextSteps, desk.NextClosed) {
		t.Errorf("next steps after the closing: got %v, want %s among them", a.NextSteps, desk.NextClosed)
	}
}

// TestNewlyEntitled: an account of a snapshot that was just recorded can claim at once, whichever
// process recorded it.
func TestNewlyEntitled(t *testing.T) {
	w := desktest.New(t, 1)
	d := open(t, w)
	w.Must(d.Follow(t.Context()))
	if _, err := d.Submit(t.Context(), submission(w, w.Wallets[0], w.Address(), 1)); refusal(err) != swap.ReasonNotEntitled {
		t.Errorf("a claim before the snapshot: got %v, want %s", err, swap.ReasonNotEntitled)
	}
	w.Watch(d.Note)
	w.Take(desktest.Named)
	if _, err := d.Submit(t.Context(), submission(w, w.Wallets[0], w.Address(), 1)); err != nil {
		t.Errorf("a claim after the snapshot: got %v, want none refused", err)
	}
}

func TestDraft(t *testing.T) {
	w := desktest.New(t, 1)
	code := swap.RecipientCode{Ethereum: swap.SeenCode, Target: swap.SeenNothing}
	d := open(t, w, func(c *desk.Config) {
		c.ReadCode = func(context.Context, swap.EVMAddress) (swap.RecipientCode, error) { return code, nil }
	})
	w.Take(desktest.Named)
	to := swap.EVMAddress{0xab, 0xcd, 0xef, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0xfe}
	lower := strings.ToLower(to.String())
	var spelling *desk.SpellingError
	if _, err := d.Draft(t.Context(), desk.DraftRequest{Oxen: w.Oxen(0), To: lower}); !errors.As(err, &spelling) || spelling.Right != to || !spelling.Plain {
		t.Errorf("a recipient in lower case: got %v, want a plain SpellingError with %s", err, to)
	}
	mixed := strings.Replace(lower, "fe", "fE", 1)
	if mixed == to.String() {
		mixed = strings.Replace(lower, "fe", "Fe", 1)
	}
	if _, err := d.Draft(t.Context(), desk.DraftRequest{Oxen: w.Oxen(0), To: mixed}); !errors.As(err, &spelling) || spelling.Plain {
		t.Errorf("a mistyped recipient: got %v, want a SpellingError that is not plain", err)
	}
	integrated := w.Wallets[0].Integrated([8]byte{1}).String()
	draft, err := d.Draft(t.Context(), desk.DraftRequest{Oxen: integrated, To: lower, Repair: true, Sequence: 7, Until: "2026-12-31"})
	w.Must(err)
	if !draft.Repaired || !draft.Reduced || draft.Oxen != w.Oxen(0) || !strings.HasSuffix(draft.Text, to.String()+" #7 until 2026-12-31") || !draft.NeedsConfirm {
		t.Errorf("a draft with two mistakes: got %+v, want it repaired", draft)
	}
	s := desk.Submission{Oxen: integrated, Text: draft.Text, Signature: w.Sign(w.Wallets[0], draft.Text)}
	if _, err := d.Submit(t.Context(), s); refusal(err) != swap.ReasonContract {
		t.Errorf("a contract that the token's chain lacks: got %v, want %s", err, swap.ReasonContract)
	}
	s.ConfirmContract = true
	done, err := d.Submit(t.Context(), s)
	if err != nil || !done.Code.Confirmed || !done.Reduced {
		t.Errorf("a claim for a contract: got %+v, %v, want it confirmed", done, err)
	}
	for _, r := range []desk.DraftRequest{
		{Oxen: w.Oxen(0), To: to.String(), Sequence: 7}, {Oxen: w.Oxen(0), To: to.String(), Sequence: 1e6}, {Oxen: w.Oxen(0), To: to.String(), Until: "soon"},
		{Oxen: w.Oxen(0), To: to.String(), Until: "2026-11-21"}, {Oxen: w.Oxen(0), To: "0x12"}, {Oxen: "?", To: to.String()},
		{Oxen: w.Oxen(0), To: swap.EVMAddress(w.Terms.Token.Address).String()},
	} {
		if _, err := d.Draft(t.Context(), r); refusal(err) == "" {
			t.Errorf("draft of %+v: got %v, want a refusal", r, err)
		}
	}
	claims, err := d.AccountClaims(t.Context(), w.Oxen(0))
	if err != nil || len(claims) != 1 || claims[0].Sequence != 7 || !claims[0].Code.Confirmed {
		t.Errorf("the account's claims: got %+v, %v, want the one that was confirmed, #7", claims, err)
	}
}

// TestAllocationPages: pages put together are the list, and no account is cut.
func TestAllocationPages(t *testing.T) {
	w := desktest.New(t, 9)
	d := open(t, w)
	for _, h := range []uint64{desktest.Named, desktest.Last} {
		w.Take(h)
		w.Finalize(h)
	}
	for i := range w.Wallets {
		_, err := d.Submit(t.Context(), submission(w, w.Wallets[i], w.Address(), 1))
		w.Must(err)
	}
	w.Build()
	list, err := d.AllocationList(t.Context(), 1)
	w.Must(err)
	whole, err := swap.ParseAllocations(list)
	w.Must(err)
	if len(whole) != 27 {
		t.Fatalf("allocations of round 1: got %d lines, want 27", len(whole))
	}
	for n := 1; n < 30; n++ {
		var got []swap.Allocation
		for after := swap.Account(""); ; {
			page, err := d.Allocations(t.Context(), 1, after, n)
			w.Must(err)
			if len(page.Lines) == 0 || len(page.Lines) > max(n, 3) {
				t.Fatalf("a page of at most %d lines: got %d", n, len(page.Lines))
			}
			got = append(got, page.Lines...)
			if after = page.Next; after == "" {
				break
			}
		}
		if diff := cmp.Diff(whole, got); diff != "" {
			t.Fatalf("pages of %d lines (-want +got):\n%s", n, diff)
		}
	}
	if _, err := d.Allocations(t.Context(), 2, "", 10); !errors.As(err, new(*desk.NotFoundError)) {
		t.Errorf("allocations of a round that does not exist: got %v, want a NotFoundError", err)
	}
	if _, err := d.Collect(t.Context(), 1, w.Address()); !errors.As(err, new(*desk.NotFoundError)) {
		t.Errorf("a proof under a round without approval: got %v, want a NotFoundError", err)
	}
}

func TestVerify(t *testing.T) {
	w := desktest.New(t, 1)
	d := open(t, w)
	w.Take(desktest.Named)
	s := submission(w, w.Wallets[0], w.Address(), 1)
	v, err := d.VerifySignature(t.Context(), desk.SignatureCheck{Oxen: s.Oxen, Message: s.Text, Signature: s.Signature + "\n"})
	if err != nil || !v.Good || v.Claim == nil || !v.Claim.Ours {
		t.Errorf("a good signature: got %+v, %v, want it good, on our claim", v, err)
	}
	v, err = d.VerifySignature(t.Context(), desk.SignatureCheck{Oxen: s.Oxen, Message: s.Text + " ", Signature: s.Signature})
	if err != nil || v.Good || v.Claim != nil || v.Reason == "" {
		t.Errorf("a signature of another text: got %+v, %v, want it not good, with a reason", v, err)
	}
	done, err := d.Submit(t.Context(), s)
	w.Must(err)
	receipt, err := d.Receipt(t.Context(), done.Entry)
	w.Must(err)
	r, err := d.VerifyReceipt(t.Context(), receipt)
	if err != nil || !r.Good || r.Entry.Seq != done.Entry {
		t.Errorf("a good receipt: got %+v, %v, want it good", r, err)
	}
	if r, err := d.VerifyReceipt(t.Context(), bytes.Replace(receipt, []byte("index"), []byte("Index"), 1)); err != nil || r.Good {
		t.Errorf("a changed receipt: got %+v, %v, want it not good", r, err)
	}
	other := desktest.New(t, 1)
	other.Take(desktest.Named)
	other.Take(250)
	if r, err := open(t, other).VerifyReceipt(t.Context(), receipt); err != nil || r.Good {
		t.Errorf("a receipt of another ledger with the same key: got %+v, %v, want it not good", r, err)
	}
	entries, err := d.Entries(t.Context(), desk.Latest, 1)
	if err != nil || len(entries) != 1 || entries[0].Seq != done.Entry || !json.Valid(entries[0].Body) {
		t.Errorf("the latest entry: got %+v, %v, want the claim", entries, err)
	}
	if _, err := d.Receipt(t.Context(), 0); !errors.As(err, new(*desk.NotFoundError)) {
		t.Errorf("the receipt of an entry that is no claim: got %v, want a NotFoundError", err)
	}
	if _, err := d.Claim(t.Context(), 99); !errors.As(err, new(*desk.NotFoundError)) {
		t.Errorf("a claim that does not exist: got %v, want a NotFoundError", err)
	}
	before, err := d.Migration(t.Context())
	w.Must(err)
	w.Rotate()
	for n := range uint64(2) { // under the checkpoint that both keys have signed, and under one by the new key alone
		again, err := d.Receipt(t.Context(), done.Entry)
		w.Must(err)
		for _, receipt := range [][]byte{receipt, again} {
			if r, err := d.VerifyReceipt(t.Context(), receipt); err != nil || !r.Good {
				t.Errorf("a receipt after a rotation of the key: got %+v, %v, want it good", r, err)
			}
		}
		w.Take(250 + n)
	}
	if now, err := d.Migration(t.Context()); err != nil || now.LedgerKey == before.LedgerKey || now.LedgerKey == "" {
		t.Errorf("the key after its rotation: got %+v, %v, want another one than %s", now, err, before.LedgerKey)
	}
}

// TestProgress: what each day added, over a week.
func TestProgress(t *testing.T) {
	w := desktest.New(t, 2) // 10 and 20 OXEN staked, 1 and 2 of rewards
	d := open(t, w)
	const day = 24 * time.Hour
	progress := func() *desk.Progress {
		t.Helper()
		w.Must(d.Follow(t.Context()))
		p, err := open(t, w).Progress(t.Context())
		w.Must(err)
		return p
	}
	if p := progress(); len(p.Days) > 0 || len(p.Programmes) != 4 {
		t.Errorf("progress before any day: got %+v, want 4 programmes", p)
	}
	for _, h := range []uint64{desktest.Named, desktest.Last} {
		w.Take(h)
		w.Finalize(h)
	}
	w.Pass(day)
	w.Must(d.Follow(t.Context()))
	to := w.Address()
	_, err := d.Submit(t.Context(), submission(w, w.Wallets[1], to, 1))
	w.Must(err)
	w.Deploy()
	w.Pass(day)
	r := w.Carry()
	w.Pass(day)
	w.Pay(to, r.Round, r.Amount, r.Amount)
	p := progress()
	first := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	all, one := swap.Sesh(30_000_000_000*54/100), swap.Sesh(20_000_000_000*54/100)
	var got []desk.Sums
	for i, d := range p.Days {
		if !d.Day.Equal(first.Add(time.Duration(i) * day)) {
			t.Errorf("day %d is %s", i, d.Day)
		}
		got = append(got, d.Sums[0])
	}
	want := []desk.Sums{{Owed: all}, {Owed: all, Claimed: one}, {Owed: all, Claimed: one, Given: one}, {Owed: all, Claimed: one, Given: one, Paid: one}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if stake := p.Programmes[0]; stake.Accounts != 2 || stake.Claimants != 1 || stake.Paid != one || p.Claims != 1 || p.Payments != 1 {
		t.Errorf("progress after a payment: got %+v, want one of two accounts paid", p)
	}
}
