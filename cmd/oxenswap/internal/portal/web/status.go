package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/swap"
)

// statusPage is a claim and what became of it.
type statusPage struct {
	*desk.ClaimStatus
	Checkpoint *desk.Checkpoint
	Signed     bool   // the checkpoint covers the claim
	New        string // "1": it was just recorded, "again": it had been
	Collect    bool   // something can be collected
	Message    string // for which a proof of coins is made; "": there is no programme for coins
}

func (s *Site) claimOf(r *http.Request) (*desk.ClaimStatus, error) {
	entry, err := number(r, "entry", "claim of entry")
	if err != nil {
		return nil, err
	}
	return s.desk.Claim(r.Context(), entry)
}

func (s *Site) status(r *http.Request, v *view) (answer, error) {
	c, err := s.claimOf(r)
	if err != nil {
		return answer{}, err
	}
	page := statusPage{ClaimStatus: c, New: cut(r.URL.Query().Get("new"), 5)}
	if page.Checkpoint, err = s.desk.Checkpoint(); err != nil {
		return answer{}, err
	}
	page.Signed = page.Checkpoint.Size > c.Claim.Entry
	for _, step := range c.Rounds {
		page.Collect = page.Collect || step.State == desk.StatePayable
	}
	if v.coins() {
		page.Message = swap.ProofMessage(c.Claim.Text)
	}
	return answer{page: "status", data: page}, nil
}

// receiptPage is a receipt and how to check it.
type receiptPage struct {
	Entry   uint64
	Receipt string
	File    string
}

func (s *Site) receipt(r *http.Request, v *view) (answer, error) {
	entry, data, err := s.receiptOf(r)
	if err != nil {
		return answer{}, err
	}
	return answer{page: "receipt", data: receiptPage{entry, string(data), receiptName(entry)}}, nil
}

func (s *Site) receiptFile(r *http.Request, v *view) (answer, error) {
	entry, data, err := s.receiptOf(r)
	if err != nil {
		return answer{}, err
	}
	return answer{file: &file{name: receiptName(entry), kind: "text/plain; charset=utf-8", data: data}}, nil
}

func (s *Site) receiptOf(r *http.Request) (entry uint64, data []byte, err error) {
	if entry, err = number(r, "entry", "claim of entry"); err != nil {
		return 0, nil, err
	}
	data, err = s.desk.Receipt(r.Context(), entry)
	return entry, data, err
}

func receiptName(entry uint64) string { return fmt.Sprintf("claim-%d.receipt", entry) }

// collectPage is what anyone needs to collect for a claim's recipient.
type collectPage struct {
	Claim   *desk.ClaimStatus
	Live    uint64        // round whose root is live; 0: none
	Collect *desk.Collect // null: the live round has nothing for the recipient
	Paid    bool          // all of it is paid
	Chain   string        // the chain's id, as wallets write it
	Due     swap.Sesh     // that is not paid yet
}

func (s *Site) collect(r *http.Request, v *view) (answer, error) {
	c, err := s.claimOf(r)
	if err != nil {
		return answer{}, err
	}
	page := collectPage{Claim: c, Live: v.Migration.Live, Chain: fmt.Sprintf("0x%x", v.Migration.Token.ChainID)}
	if page.Live == 0 {
		return answer{page: "collect", data: page}, nil
	}
	page.Collect, err = s.desk.Collect(r.Context(), page.Live, c.Claim.Recipient)
	if errors.As(err, new(*desk.NotFoundError)) {
		return answer{page: "collect", data: page}, nil
	} else if err != nil {
		return answer{}, err
	}
	page.Paid = c.Paid >= page.Collect.Cumulative
	page.Due = page.Collect.Cumulative - min(c.Paid, page.Collect.Cumulative)
	return answer{page: "collect", data: page}, nil
}

func (s *Site) collectFile(r *http.Request, v *view) (answer, error) {
	c, err := s.claimOf(r)
	if err != nil {
		return answer{}, err
	}
	if v.Migration.Live == 0 {
		return answer{}, &desk.NotFoundError{What: "round that is live on chain yet"}
	}
	data, err := s.desk.ProofFile(r.Context(), v.Migration.Live, c.Claim.Recipient)
	if err != nil {
		return answer{}, err
	}
	return answer{file: &file{name: fmt.Sprintf("round-%d-%s.json", v.Migration.Live, c.Claim.Recipient), kind: "application/json", data: data}}, nil
}

// provePage takes a proof of coins for a recorded claim.
type provePage struct {
	Claim   *desk.ClaimStatus
	Message string
	Problem *errorText
}

func (s *Site) prove(r *http.Request, v *view) (answer, error) {
	fields, err := s.form(r)
	if err != nil {
		return answer{}, err
	}
	c, err := s.claimOf(r)
	if err != nil {
		return answer{}, err
	}
	if !v.coins() {
		return answer{}, &desk.NotFoundError{What: "programme for coins in this migration"}
	}
	page := provePage{Claim: c, Message: swap.ProofMessage(c.Claim.Text)}
	if r.Method != http.MethodPost {
		return answer{page: "prove", data: page}, nil
	}
	p, err := s.desk.Prove(r.Context(), desk.Proving{Claim: c.Claim.Entry, Proof: fields.Get("proof")})
	if err == nil {
		return answer{to: fmt.Sprintf("/proofs/%d?%s", p.Entry, v.query(url.Values{"new": {"1"}}))}, nil
	}
	if errors.As(err, new(*swap.ProofRefusal)) || errors.As(err, new(*swap.Refusal)) {
		why := explain(err)
		page.Problem = &why
		return answer{page: "prove", data: page, status: http.StatusUnprocessableEntity}, nil
	}
	return answer{}, err
}

// proofPage is a proof of coins and where it stands.
type proofPage struct {
	*desk.Proof
	New      bool
	Done     bool
	Pausing  bool   // the page does not ask again by itself
	Checkers int    // daemons that are asked
	What     string // key of what refused it
}

// proofPause is how long the page of a proof that is not judged waits until it asks again, in
// seconds.
const proofPause = 3

func (s *Site) proof(r *http.Request, v *view) (answer, error) {
	entry, err := number(r, "entry", "proof of coins of entry")
	if err != nil {
		return answer{}, err
	}
	p, err := s.desk.Proof(r.Context(), entry)
	if err != nil {
		return answer{}, err
	}
	page := proofPage{
		Proof: p, New: r.URL.Query().Get("new") == "1", Done: p.Status != swap.ReceivedProof, Pausing: r.URL.Query().Get("pause") == "1",
		Checkers: v.Migration.Daemons, What: remedyOf(p.Check),
	}
	a := answer{page: "proof", data: page}
	if !page.Done && !page.Pausing {
		a.refresh = proofPause
	}
	return a, nil
}
