package swap

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// A machineProof is what a roundMachine knows of a proof of coins.
type machineProof struct {
	entry  uint64
	holder int
	event  *ProofReceived
	factor *big.Rat // ratio and step at the time when it was received
	status ProofStatus
	images []int // counted for it
	total  int64
}

const machineOutputs = 12 // on the chain; any proof may show any of them

// worth is what an output is worth, in atomic OXEN.
func worth(image int) int64 { return int64(3*image + 1) }

// shows is what a holder's accepted proofs show.
func (m *roundMachine) shows(holder int) (sum int64) {
	for _, p := range m.proofs {
		if p.holder == holder && p.status == AcceptedProof {
			sum += p.total
		}
	}
	return sum
}

// claimed notes a claim that was just appended.
func (m *roundMachine) claimed(holder int, to EVMAddress, sequence uint32) {
	m.payee[holder], m.sequence[holder], m.claims[holder] = to, sequence, uint64(len(m.l.log)-1)
}

func (m *roundMachine) finalize(t *rapid.T) {
	if !m.open {
		t.Skip("nothing to decide")
	}
	m.open = false
	m.decided++
	m.l.finalize(100)
}

// discard takes the first snapshot back, and with it what proofs were counted for.
func (m *roundMachine) discard(t *rapid.T) {
	if !m.open {
		t.Skip("nothing to decide")
	}
	m.open = false
	m.l.discard(100)
	delete(m.holdings, 100)
	for _, p := range m.proofs {
		if p.status == AcceptedProof || p.status == ReceivedProof {
			p.status, p.images = FreedProof, nil
		}
	}
}

// receive hands in a proof, for the holder's claim or with one, at a time that may be later than
// the last.
func (m *roundMachine) receive(t *rapid.T) {
	m.l.now = m.l.now.AddDate(0, 0, rapid.IntRange(0, 15).Draw(t, "days"))
	holder := rapid.IntRange(0, machineHolders-1).Draw(t, "holder")
	name := fmt.Appendf(nil, "proof %d", len(m.l.log))
	e := &ProofReceived{
		Account: testAccount(holder), Oxen: testAddress(holder), Height: 100, Proof: Digest(name),
		Outputs: rapid.Uint64Range(1, 5).Draw(t, "outputs"),
	}
	if entry, ok := m.claims[holder]; ok {
		e.Claim = &entry
	} else {
		e.Pending = testClaim(m.l.terms, holder, testRecipient(rapid.IntRange(0, 3).Draw(t, "recipient")), rapid.Uint32Range(1, 2).Draw(t, "sequence"))
	}
	err := m.l.try(e, name)
	if taken := m.open || m.decided > 0; taken != (err == nil) {
		t.Fatalf("a proof while the snapshot is taken (%t): %v", taken, err)
	}
	if err != nil {
		return
	}
	factor := big.NewRat(5, 7)
	switch {
	case !m.l.now.Before(date(t, "2027-01-01")):
		factor.Mul(factor, big.NewRat(1, 3))
	case !m.l.now.Before(date(t, "2026-12-01")):
		factor.Mul(factor, big.NewRat(7, 10))
	}
	m.proofs = append(m.proofs, &machineProof{entry: uint64(len(m.l.log) - 1), holder: holder, event: e, factor: factor, status: ReceivedProof})
}

// anyProof draws a proof, or skips.
func (m *roundMachine) anyProof(t *rapid.T) *machineProof {
	if len(m.proofs) == 0 {
		t.Skip("no proofs")
	}
	return rapid.SampledFrom(m.proofs).Draw(t, "proof")
}

// accept counts some outputs for a proof: only once for any proof, and only for one that is not
// judged.
func (m *roundMachine) accept(t *rapid.T) {
	p := m.anyProof(t)
	images := rapid.SliceOfNDistinct(rapid.IntRange(0, machineOutputs-1), 1, int(p.event.Outputs), rapid.ID[int]).Draw(t, "images")
	expected := ""
	total := int64(0)
	for _, i := range images {
		total += worth(i)
		for _, other := range m.proofs {
			if slices.Contains(other.images, i) {
				expected = "was counted before"
			}
		}
	}
	if p.status != ReceivedProof {
		expected = "already"
	}
	if !m.open && m.decided == 0 {
		t.Skip("no snapshot")
	}
	e, file := m.l.proofAccepted(p.entry, images...)
	e.Total = Oxen(total)
	err := m.l.try(e, file)
	if (expected == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), expected) {
		t.Fatalf("expected %q: %v", expected, err)
	}
	if err != nil {
		return
	}
	p.status, p.images, p.total = AcceptedProof, images, total
	if p.event.Pending == nil {
		return
	}
	sequence := p.event.Pending.Sequence
	err = m.l.try(p.event.Pending)
	if (sequence > m.sequence[p.holder]) != (err == nil) {
		t.Fatalf("claim #%d after #%d: %v", sequence, m.sequence[p.holder], err)
	}
	if err == nil {
		m.claimed(p.holder, p.event.Pending.Recipient, sequence)
	}
}

func (m *roundMachine) refuse(t *rapid.T) {
	p := m.anyProof(t)
	e, file := m.l.proofRefused(p.entry)
	err := m.l.try(e, file)
	if (p.status == ReceivedProof) != (err == nil) {
		t.Fatalf("refusing a %s proof: %v", p.status, err)
	}
	if err == nil {
		p.status = RefusedProof
	}
}
