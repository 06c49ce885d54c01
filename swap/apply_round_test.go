package swap

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestApplyRounds(t *testing.T) {
	built := func(change func(l *testLedger, e *RoundBuilt)) func(*testLedger) (Event, [][]byte) {
		return func(l *testLedger) (Event, [][]byte) {
			files, err := BuildRound(l.rebuilt(6), 6) // deployed, before any round
			if err != nil {
				t.Fatal(err)
			}
			change(l, &files.Event)
			r := files.Record()
			return r.Event, r.Attachments
		}
	}
	asIs := func(*testLedger, *RoundBuilt) {}
	runApplyCases(t, []applyCase{
		{"build", "deployed", built(asIs), ""},
		{"build over a cut-off of some time ago", "deployed", func(l *testLedger) (Event, [][]byte) {
			e, att := built(asIs)(l)
			l.claim(3, testRecipient(3), 1)
			return e, att
		}, ""},
		{"build round 2 first", "deployed", built(func(_ *testLedger, e *RoundBuilt) { e.Round = 2 }), "round 2: expected 1"},
		{"build over cut-off 0", "deployed", built(func(_ *testLedger, e *RoundBuilt) { e.Cutoff = 0 }), "cut-off 0: expected 1 to 7"},
		{"build over entries to come", "deployed", built(func(_ *testLedger, e *RoundBuilt) { e.Cutoff = 8 }), "cut-off 8"},
		{"build with another count", "deployed", built(func(_ *testLedger, e *RoundBuilt) { e.Lines++ }), "the list has 3 lines"},
		{"build with another sum", "deployed", built(func(_ *testLedger, e *RoundBuilt) { e.Amount++ }), "the list has 3 lines"},
		{"build without a list", "deployed", func(l *testLedger) (Event, [][]byte) {
			e, _ := built(asIs)(l)
			return e, nil
		}, "attachment is missing"},
		{"build with an empty list", "deployed", func(l *testLedger) (Event, [][]byte) {
			e, _ := built(func(_ *testLedger, e *RoundBuilt) { e.Allocations, e.Lines, e.Amount = Digest(nil), 0, 0 })(l)
			return e, [][]byte{{}}
		}, "the allocation list is empty"},
		{"build with nonsense for a list", "deployed", func(l *testLedger) (Event, [][]byte) {
			e, _ := built(func(_ *testLedger, e *RoundBuilt) { e.Allocations = Digest([]byte("x")) })(l)
			return e, [][]byte{[]byte("x")}
		}, "allocation list, line 1"},
		{"build beside a built round", "built", built(asIs), "round 1 is still built: finish or abandon it first"},
		{"build beside an approved round", "approved", built(asIs), "round 1 is still approved"},
		{"build beside a proposed round", "signed", built(asIs), "round 1 is still proposed"},
		{"build the same number again", "active", built(asIs), "round 1: expected 2"},

		{"approve", "built", func(l *testLedger) (Event, [][]byte) { return l.approval(1, "ben"), nil }, ""},
		{"approve what is not there", "deployed", with(&RoundApproved{Round: 1}), "round 1: none"},
		{"approve twice", "approved", func(l *testLedger) (Event, [][]byte) { return l.approval(1, "ben"), nil }, "round 1 is approved already"},
		{"approve without a note", "built", with(&RoundApproved{Round: 1}), "not signed by an operator in force"},
		{"approve as a stranger", "built", func(l *testLedger) (Event, [][]byte) {
			l.key("eve")
			return l.approval(1, "eve"), nil
		}, "not signed by an operator in force"},
		{"approve under an operator's name with another key", "built", func(l *testLedger) (Event, [][]byte) {
			l.key("ann")
			return l.approval(1, "ann"), nil
		}, "not signed by an operator in force"},
		{"approve with a changed text", "built", func(l *testLedger) (Event, [][]byte) {
			e := l.approval(1, "ann")
			e.Note = strings.Replace(e.Note, "round 1", "round 2", 1)
			return e, nil
		}, "not signed by an operator in force"},
		{"approve another amount", "built", func(l *testLedger) (Event, [][]byte) {
			r := l.round(1).RoundBuilt
			r.Amount++
			return &RoundApproved{Round: 1, Note: l.sign("ann", ApprovalText(l.terms.Origin(), &r))}, nil
		}, "the signed note is about something else"},
		{"approve with the note of another migration", "built", func(l *testLedger) (Event, [][]byte) {
			r := l.round(1).RoundBuilt
			return &RoundApproved{Round: 1, Note: l.sign("ann", ApprovalText("claim.example/1166f61c0c9abbf6", &r))}, nil
		}, "the signed note is about something else"},
		{"approve with two signatures in one note", "built", func(l *testLedger) (Event, [][]byte) {
			ann, ben := l.approval(1, "ann").Note, l.approval(1, "ben").Note
			return &RoundApproved{Round: 1, Note: ann + ben[strings.LastIndex(ben, "— "):]}, nil
		}, "2 signatures: a note carries one operator's"},
		{"approve with a signature twice", "built", func(l *testLedger) (Event, [][]byte) {
			note := l.approval(1, "ann").Note
			return &RoundApproved{Round: 1, Note: note + note[strings.LastIndex(note, "— "):]}, nil
		}, "has signed the note twice"},

		{"abandon what is built", "built", with(&RoundAbandoned{Round: 1, Reason: "a typing error", By: "ann"}), ""},
		{"abandon what is approved", "approved", with(&RoundAbandoned{Round: 1}), ""},
		{"abandon what is not there", "deployed", with(&RoundAbandoned{Round: 1}), "round 1: none"},
		{"abandon after the proposal was signed", "signed", with(&RoundAbandoned{Round: 1}), "round 1 is proposed: only a round whose proposal was never signed"},
		{"abandon what is live", "active", with(&RoundAbandoned{Round: 1}), "round 1 is active"},
		{"abandon twice", "built", func(l *testLedger) (Event, [][]byte) {
			l.must(&RoundAbandoned{Round: 1})
			return &RoundAbandoned{Round: 1}, nil
		}, "round 1 is abandoned"},
		{"approve what is abandoned", "built", func(l *testLedger) (Event, [][]byte) {
			l.must(&RoundAbandoned{Round: 1})
			return l.approval(1, "ann"), nil
		}, "round 1 is abandoned already"},
	})
}

// TestApprovals: above a limit it takes two operators.
func TestApprovals(t *testing.T) {
	// Round 1 gives 54 + 20 = 74 to one recipient and 37 to the other.
	for _, c := range []struct {
		name   string
		limits Limits
		needed int
	}{
		{"at all limits", Limits{Recipient: 74, Round: 111, Day: 111}, 1},
		{"above the limit per recipient", Limits{Recipient: 73, Round: 111, Day: 111}, 2},
		{"above the limit per round", Limits{Recipient: 74, Round: 110, Day: 111}, 2},
		{"above the limit per day", Limits{Recipient: 74, Round: 111, Day: 110}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := staged(t, "deployed")
			config := ConfigSet{Config: l.migration().Config, By: "ann"}
			config.Limits = c.limits
			l.must(&config)
			l.build()
			if r := l.round(1); r.Largest != 74 || r.Amount != 111 {
				t.Fatalf("%s in all, %s to one", r.Amount, r.Largest)
			}
			first := l.approval(1, "ann")
			l.must(first)
			r := l.round(1)
			if r.Needed != c.needed || (r.Status == ApprovedRound) != (c.needed == 1) {
				t.Fatalf("%s, %d needed", r.Status, r.Needed)
			}
			if c.needed == 1 {
				return
			}
			if r.Approved != 0 || !r.Day.IsZero() {
				t.Errorf("approved in entry %d on %s", r.Approved, r.Day)
			}
			if err := l.try(first); err == nil || !strings.Contains(err.Error(), "ann has approved round 1 already: the second approval must be another operator's") {
				t.Errorf("the same note twice: %v", err)
			}
			if err := l.try(l.approval(1, "ann")); err == nil {
				t.Error("the same operator twice")
			}
			entry := l.must(l.approval(1, "ben"))
			r = l.round(1)
			if r.Status != ApprovedRound || r.Approved != entry || !slices.Equal(r.Approvals, []string{"ann", "ben"}) || !r.Day.Equal(startOfTests.Truncate(24*time.Hour)) {
				t.Errorf("the round: got %+v, want it approved by ann and ben", r)
			}
		})
	}
}

// TestApprovalsOfOneDay: the limit per day counts the rounds approved since midnight UTC that still
// stand.
func TestApprovalsOfOneDay(t *testing.T) {
	open := func() *testLedger {
		l := newLedger(t, testTerms(t, testProgrammes))
		config := ConfigSet{Config: l.migration().Config, By: "ann"}
		config.Limits = Limits{Recipient: 1000, Round: 1000, Day: 111}
		l.must(&config)
		l.take(stagedContent(t, 100))
		l.finalize(100)
		l.must(deployed(l.terms))
		l.claim(1, testRecipient(1), 1)
		l.claim(2, testRecipient(2), 1)
		l.build() // 111
		l.must(l.approval(1, "ann"))
		return l
	}
	second := func(l *testLedger) int {
		l.claim(3, testRecipient(3), 1)
		l.build() // 4 + 6
		round := uint64(2)
		l.must(l.approval(round, "ann"))
		return l.round(round).Needed
	}
	activate := func(l *testLedger) {
		l.sendTx(Intent{Purpose: PurposePropose, Round: 1}, 1, 0)
		l.must(l.proposed(1))
		l.must(l.activated(1))
	}
	for _, c := range []struct {
		name   string
		before func(l *testLedger)
		needed int
	}{
		{"on the same day", func(l *testLedger) { activate(l); l.now = startOfTests.Add(10*time.Hour + 59*time.Minute) }, 2},
		{"on the next day", func(l *testLedger) { activate(l); l.now = startOfTests.Add(11 * time.Hour) }, 1},
		{"after the first was cancelled", func(l *testLedger) {
			l.sendTx(Intent{Purpose: PurposePropose, Round: 1}, 1, 0)
			l.must(l.proposed(1))
			l.must(l.cancelled(1))
		}, 2}, // it now gives the first one's amounts as well: 121
	} {
		t.Run(c.name, func(t *testing.T) {
			l := open()
			c.before(l)
			if n := second(l); n != c.needed {
				t.Errorf("%d approvals needed", n)
			}
			if _, n, err := Approvals(l.tables, l.round(1), l.now); n != 1 || err != nil {
				t.Errorf("the first round needs %d approvals after the second, %v", n, err)
			}
		})
	}
}

// TestApprovedAgain: a round that is approved takes one approval more when the limits in force ask
// for it, or when who approved it is no operator any more, and stays what it is.
func TestApprovedAgain(t *testing.T) {
	for _, stage := range []string{"approved", "signed", "active"} {
		for name, change := range map[string]func(c *Config){
			"a lower limit":      func(c *Config) { c.Limits.Round = 1 },
			"an operator is out": func(c *Config) { c.Operators = c.Operators[1:] },
		} {
			l := staged(t, stage)
			before := l.round(1)
			ann := l.approval(1, "ann")
			config := ConfigSet{Config: l.migration().Config, By: "ann"}
			change(&config.Config)
			l.must(&config)
			by, needed, err := Approvals(l.tables, before, l.now)
			if err != nil || len(by) >= needed {
				t.Fatalf("%s, %s: approved by %v, %d needed, %v", stage, name, by, needed, err)
			}
			if err := l.try(ann); err == nil {
				t.Errorf("%s, %s: the same operator again", stage, name)
			}
			l.must(l.approval(1, "ben"))
			after := l.round(1)
			if by, needed, err := Approvals(l.tables, after, l.now); err != nil || len(by) != needed {
				t.Errorf("%s, %s: approved by %v, %d needed, %v", stage, name, by, needed, err)
			}
			if after.Status != before.Status || after.Approved != before.Approved || !after.Day.Equal(before.Day) {
				t.Errorf("%s, %s: %+v", stage, name, after)
			}
		}
	}
}

func TestApplyClaims(t *testing.T) {
	claim := func(holder, to int, sequence uint32, change func(e *ClaimAccepted)) func(*testLedger) (Event, [][]byte) {
		return func(l *testLedger) (Event, [][]byte) {
			e := testClaim(l.terms, holder, testRecipient(to), sequence)
			if change != nil {
				change(e)
			}
			return e, nil
		}
	}
	refused := func(holder int) *ClaimRefused {
		return &ClaimRefused{Text: "SESH claim ...", Account: testAccount(holder), Reason: ReasonExpired}
	}
	legacy := func(holder int, to EVMAddress) *ClaimAccepted {
		return &ClaimAccepted{Text: to.String(), Signature: "SigV1", Oxen: testAddress(holder), Account: testAccount(holder), Recipient: to, Code: RecipientCode{Ethereum: SeenNotChecked, Target: SeenNotChecked, Confirmed: false}}
	}
	file := []byte("a file of claims")
	imported := func(lines, taken uint64, refused map[string]uint64) *LegacyImported {
		return &LegacyImported{File: Digest(file), Lines: lines, Taken: taken, Refused: refused}
	}
	runApplyCases(t, []applyCase{
		{"claim", "final", claim(1, 1, 1, nil), ""},
		{"claim before the snapshot is final", "taken", claim(1, 1, 1, nil), ""},
		{"claim before any snapshot", "open", claim(1, 1, 1, nil), "not-entitled: "},
		{"claim with a later number", "claimed", claim(1, 3, 2, nil), ""},
		{"claim with a much later number", "claimed", claim(1, 3, MaxSequence, nil), ""},
		{"claim with the same number", "claimed", claim(1, 3, 1, nil), "already-used: "},
		{"claim of a stranger", "final", claim(9, 9, 1, nil), "not-entitled: "},
		{"claim for the token", "final", claim(1, 1, 1, func(e *ClaimAccepted) {
			*e = *testClaim(testTerms(t, testProgrammes), 1, EVMAddress(testTerms(t, testProgrammes).Token.Address), 1)
		}), "is the token"},
		{"claim for the distributor", "deployed", claim(3, 1000, 1, nil), "is the distributor"},
		{"claim for a contract that is not there", "final", claim(1, 1, 1, func(e *ClaimAccepted) {
			e.Code = RecipientCode{Ethereum: SeenCode, Target: SeenNothing, Confirmed: false}
		}), "contract: "},
		{"claim for a contract that is not there, confirmed", "final", claim(1, 1, 1, func(e *ClaimAccepted) {
			e.Code = RecipientCode{Ethereum: SeenCode, Target: SeenNothing, Confirmed: true}
		}), ""},
		{"claim with an unknown word", "final", claim(1, 1, 1, func(e *ClaimAccepted) { e.Code.Target = "" }), `unknown word ""`},
		{"claim whose text names another recipient", "final", claim(1, 1, 1, func(e *ClaimAccepted) { e.Recipient = testRecipient(2) }), "the text says something else"},
		{"claim whose text names another number", "final", claim(1, 1, 1, func(e *ClaimAccepted) { e.Sequence = 2 }), "the text says something else"},
		{"claim whose text names another migration", "final", claim(1, 1, 1, func(e *ClaimAccepted) {
			e.Text = strings.Replace(e.Text, e.Text[11:27], "1166f61c0c9abbf6", 1)
		}), "the text says something else"},
		{"claim whose text is none", "final", claim(1, 1, 1, func(e *ClaimAccepted) { e.Text += " " }), "text: "},
		{"claim whose last day has passed", "final", func(l *testLedger) (Event, [][]byte) {
			e := testClaim(l.terms, 1, testRecipient(1), 1)
			e.Text = strings.Replace(e.Text, "until 2027-12-31", "until 2026-11-21", 1)
			return e, nil
		}, "expired: "},
		{"claim after the closing", "final", func(l *testLedger) (Event, [][]byte) {
			l.now = l.terms.Closes.Add(time.Second)
			return testClaim(l.terms, 1, testRecipient(1), 1), nil
		}, "closed: "},
		{"claim after the old closing, before the new one", "final", func(l *testLedger) (Event, [][]byte) {
			closes := l.terms.Closes.Add(48 * time.Hour)
			l.must(&TermsExtended{Closes: closes, Note: l.sign("ann", ExtensionText(l.terms, closes))})
			l.now = l.terms.Closes.Add(time.Second)
			e := testClaim(l.terms, 1, testRecipient(1), 1)
			e.Text = strings.Replace(e.Text, "until 2027-12-31", "until 2028-01-01", 1)
			return e, nil
		}, ""},

		{"refused claim", "final", with(refused(1)), ""},
		{"refused claim of a stranger", "final", with(refused(9)), "an account without stake or rewards leaves no entry"},
		{"checked claim", "claimed", with(&ClaimChecked{Claim: 4, Code: RecipientCode{Ethereum: SeenNothing, Target: SeenCode}}), ""},
		{"checked claim to come", "claimed", with(&ClaimChecked{Claim: 6, Code: RecipientCode{Ethereum: SeenNothing, Target: SeenCode}}), "claim 6 does not exist yet"},
		{"checked claim with an unknown word", "claimed", with(&ClaimChecked{Claim: 4}), `unknown word ""`},

		{"legacy file", "final", func(*testLedger) (Event, [][]byte) {
			return imported(3, 1, map[string]uint64{"signature": 2}), [][]byte{file}
		}, ""},
		{"legacy file that does not add up", "final", func(*testLedger) (Event, [][]byte) {
			return imported(3, 1, map[string]uint64{"signature": 1}), [][]byte{file}
		}, "3 lines, of which 1 are not accounted for"},
		{"legacy file with too many", "final", func(*testLedger) (Event, [][]byte) {
			return imported(3, 1, map[string]uint64{"signature": 3}), [][]byte{file}
		}, "3 lines, and more are accounted for"},
		{"legacy file whose numbers wrap", "final", func(*testLedger) (Event, [][]byte) {
			return imported(3, 4, map[string]uint64{"signature": ^uint64(0)}), [][]byte{file}
		}, "3 lines, and more are accounted for"},
		{"legacy file that is not there", "final", with(imported(0, 0, nil)), "attachment is missing"},
		{"second legacy file", "final", func(l *testLedger) (Event, [][]byte) {
			l.must(imported(0, 0, map[string]uint64{}), file)
			return imported(0, 0, map[string]uint64{}), [][]byte{file}
		}, "imported already (entry 4)"},
		{"legacy claim without its file", "final", with(legacy(1, testRecipient(1))), "legacy: "},
		{"legacy claim", "final", func(l *testLedger) (Event, [][]byte) {
			l.must(imported(1, 1, nil), file)
			return legacy(1, testRecipient(1)), nil
		}, ""},
		{"legacy claim in lower case", "final", func(l *testLedger) (Event, [][]byte) {
			l.must(imported(1, 1, nil), file)
			e := legacy(1, testRecipient(1))
			e.Text = strings.ToLower(e.Text)
			return e, nil
		}, ""},
		{"legacy claim for another recipient", "final", func(l *testLedger) (Event, [][]byte) {
			l.must(imported(1, 1, nil), file)
			e := legacy(1, testRecipient(1))
			e.Recipient = testRecipient(2)
			return e, nil
		}, "is not the recipient"},
		{"one legacy claim too many", "final", func(l *testLedger) (Event, [][]byte) {
			l.must(imported(1, 1, nil), file)
			l.must(legacy(1, testRecipient(1)))
			return legacy(2, testRecipient(2)), nil
		}, "legacy: "},
		{"a numbered claim among the legacy ones", "final", func(l *testLedger) (Event, [][]byte) {
			l.must(imported(1, 1, nil), file)
			return testClaim(l.terms, 1, testRecipient(1), 1), nil
		}, "claim.accepted while 1 legacy claims of entry 4 are to follow"},
		{"something else among the legacy claims", "final", func(l *testLedger) (Event, [][]byte) {
			l.must(imported(2, 2, nil), file)
			l.must(legacy(1, testRecipient(1)))
			return &Correction{}, nil
		}, "correction while 1 legacy claims"},
		{"legacy claim of an account with a claim", "claimed", func(l *testLedger) (Event, [][]byte) {
			l.must(imported(1, 1, nil), file)
			return legacy(1, testRecipient(1)), nil
		}, "the account has claim #1 already"},
		{"a numbered claim replaces a legacy one", "final", func(l *testLedger) (Event, [][]byte) {
			l.must(imported(1, 1, nil), file)
			l.must(legacy(1, testRecipient(1)))
			return testClaim(l.terms, 1, testRecipient(2), 1), nil
		}, ""},
	})

	none := newLedger(t, mustTerms(t, strings.Replace(testHeader, "legacy_claims = true", "legacy_claims = false", 1)+testProgrammes))
	if err := none.try(imported(0, 0, nil), file); err == nil || !strings.Contains(err.Error(), "the terms take no legacy claims") {
		t.Errorf("try: got %v, want one with %q", err, "the terms take no legacy claims")
	}
}

// TestRefusalsOfApplyKeepTheirReason: a caller can tell a holder why.
func TestRefusalsOfApplyKeepTheirReason(t *testing.T) {
	l := staged(t, "claimed")
	var refusal *Refusal
	if err := l.try(testClaim(l.terms, 1, testRecipient(3), 1)); !errors.As(err, &refusal) || refusal.Reason != ReasonAlreadyUsed {
		t.Errorf("try: got %v, want a refusal for %s", err, ReasonAlreadyUsed)
	}
}
