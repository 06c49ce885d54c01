package desk

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
	"oxenswap/swap/service"
)

// MaxProof is the most bytes of a proof's text.
const MaxProof = 8 << 20

// Proof is a proof of coins and where it stands. Amounts are atomic OXEN.
type Proof struct {
	Entry   uint64            `json:"entry"` // its proof.received
	At      time.Time         `json:"at"`    // of that entry: decides the step of the ratio, however long judging takes
	Account swap.Account      `json:"account"`
	Oxen    string            `json:"oxen"`
	Claim   *uint64           `json:"claim"`  // entry of the claim for whose text it was made; null: of one that is recorded only when the proof is accepted
	Height  uint64            `json:"height"` // of the snapshot for which it is judged
	Outputs uint64            `json:"outputs"`
	Status  swap.ProofStatus  `json:"status"`
	Stage   Stage             `json:"stage"`
	Place   int               `json:"place,omitempty"` // in the queue, from 1
	Tries   int               `json:"tries,omitempty"` // that failed for want of daemons
	Judged  uint64            `json:"judged,omitempty"`
	Check   string            `json:"check,omitempty"`  // that refused it
	Detail  string            `json:"detail,omitempty"` // of a refusal
	Counted uint64            `json:"counted"`          // outputs
	Total   swap.Oxen         `json:"total"`
	Staked  swap.Oxen         `json:"staked"`             // in it, and counted by the stake programme
	LeftOut map[string]uint64 `json:"left_out,omitempty"` // outputs that do not count, by check
}

// Stage is what is being done with a proof; stable, for programs.
type Stage string

// The stages.
const (
	StageWaiting Stage = "waiting" // in the queue
	StageAsking  Stage = "asking"  // daemons are asked about its outputs
	StageJudging Stage = "judging"
	StageAgain   Stage = "again" // the daemons did not agree or answer: it is tried again
	StageDone    Stage = "done"
)

// queue are the received proofs that are to be judged.
type queue struct {
	mu      sync.Mutex
	waiting []*ticket // the next one first
	judging []*ticket
	wake    chan struct{}
}

// ticket is a proof's place.
type ticket struct {
	entry uint64
	stage Stage
	tries int
	after time.Time // not before
}

func (q *queue) find(entry uint64) (t ticket, place int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, t := range q.judging {
		if t.entry == entry {
			return *t, 0
		}
	}
	for i, t := range q.waiting {
		if t.entry == entry {
			return *t, i + 1
		}
	}
	return ticket{}, 0
}

func (q *queue) length() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

// add puts a proof at the end, once.
func (q *queue) add(entry uint64) {
	if t, _ := q.find(entry); t.entry == entry {
		return
	}
	q.mu.Lock()
	q.waiting = append(q.waiting, &ticket{entry: entry, stage: StageWaiting})
	q.mu.Unlock()
	q.ring()
}

func (q *queue) ring() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// next takes the first proof that may be judged now, or says when one may.
func (q *queue) next(now time.Time) (*ticket, time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	wait := time.Minute
	for i, t := range q.waiting {
		if d := t.after.Sub(now); d > 0 {
			wait = min(wait, d)
			continue
		}
		q.waiting = append(q.waiting[:i:i], q.waiting[i+1:]...)
		q.judging = append(q.judging, t)
		return t, 0
	}
	return nil, wait
}

func (q *queue) set(t *ticket, s Stage) {
	q.mu.Lock()
	defer q.mu.Unlock()
	t.stage = s
}

// finish ends judging; a proof that is to be judged again goes to the end, not before a time.
func (q *queue) finish(t *ticket, again bool, after time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range q.judging {
		if q.judging[i] == t {
			q.judging = append(q.judging[:i:i], q.judging[i+1:]...)
			break
		}
	}
	if again {
		t.stage, t.after = StageAgain, after
		t.tries++
		q.waiting = append(q.waiting, t)
	}
}

// requeue queues the proofs that an earlier run has received and not judged.
func (d *Desk) requeue(ctx context.Context) error {
	return d.log.View(ctx, func(t swap.Tables, _ uint64) error {
		return t.Proofs(func(p swap.Proof) error {
			if p.Status == swap.ReceivedProof {
				d.queue.add(p.Received)
			}
			return nil
		})
	})
}

// Proving is a proof of coins for a claim that is recorded.
type Proving struct {
	Claim uint64 `json:"claim"` // entry
	Proof string `json:"proof"`
}

// Prove receives a proof of coins for a recorded claim. It is recorded, which fixes its date, and
// then waits to be judged: its coins must not be moved before Proof says that it is accepted.
// Errors are *swap.ProofRefusal, *swap.Refusal and *RetryLater.
func (d *Desk) Prove(ctx context.Context, p Proving) (*Proof, error) {
	return d.receive(ctx, service.HandIn{Claim: p.Claim, Proof: strings.TrimSpace(p.Proof)})
}

func (d *Desk) receive(ctx context.Context, in service.HandIn) (*Proof, error) {
	if len(in.Proof) > MaxProof {
		return nil, &swap.ProofRefusal{Check: cryptonote.CheckFormat.String(), Detail: fmt.Sprintf("%d bytes: at most %d are taken", len(in.Proof), MaxProof)}
	}
	release, err := acquire(d.uploads, RetryBusy)
	if err != nil {
		return nil, err
	}
	defer release()
	if d.queue.length() >= d.limits.Waiting {
		return nil, &RetryLater{Reason: RetryQueue, After: time.Minute}
	}
	received, _, err := service.ReceiveProof(ctx, d.ledger(), in)
	if err != nil {
		return nil, err
	}
	if received.Status == swap.ReceivedProof {
		d.queue.add(received.Received)
	}
	return d.Proof(ctx, received.Received)
}

// viewProof is a proof as the tables and the queue know it.
func (d *Desk) viewProof(p swap.Proof) Proof {
	out := Proof{
		Entry: p.Received, At: p.At, Account: p.Account, Oxen: p.Oxen, Claim: p.Claim, Height: p.Height, Outputs: p.Outputs, Status: p.Status,
		Stage: StageDone, Judged: p.Judged, Check: p.Check, Counted: p.Counted, Total: p.Total, Staked: p.Staked,
	}
	if p.Status == swap.ReceivedProof {
		out.Stage = StageWaiting
		if t, place := d.queue.find(p.Received); t.entry == p.Received {
			out.Stage, out.Place, out.Tries = t.stage, place, t.tries
		}
	}
	return out
}

// Proof answers where a proof stands, named by its proof.received; a *NotFoundError if the entry is
// none.
func (d *Desk) Proof(ctx context.Context, entry uint64) (*Proof, error) {
	var out Proof
	if err := d.log.View(ctx, func(t swap.Tables, _ uint64) error {
		p, err := t.Proof(entry)
		out = d.viewProof(p)
		return notFound(err, "proof of coins of entry %d", entry)
	}); err != nil {
		return nil, err
	}
	if out.Judged == 0 {
		return &out, nil
	}
	e, err := d.entry(ctx, out.Judged)
	if err != nil {
		return nil, err
	}
	event, err := swap.DecodeEvent(e.Kind, e.Body)
	if err != nil {
		return nil, err
	}
	switch event := event.(type) {
	case *swap.ProofAccepted:
		out.LeftOut = event.LeftOut
	case *swap.ProofRefused:
		out.Detail = event.Detail
	}
	return &out, nil
}

// mostPause is the longest time between two tries of one proof.
const mostPause = 10 * time.Minute

// judge judges one proof after the other until ctx ends.
func (d *Desk) judge(ctx context.Context) {
	if len(d.daemons) == 0 {
		return
	}
	for ctx.Err() == nil {
		t, wait := d.queue.next(time.Now())
		if t == nil {
			timer := time.NewTimer(wait)
			select {
			case <-d.queue.wake:
			case <-timer.C:
			case <-ctx.Done():
			}
			timer.Stop()
			continue
		}
		d.queue.ring() // for another judge
		err := d.judgeOne(ctx, t)
		if err != nil && ctx.Err() == nil {
			d.zap.Warn("judging a proof of coins", zap.Uint64("entry", t.entry), zap.Int("tries", t.tries+1), zap.Error(err))
		}
		// The ledger decides whether there is still something to be judged.
		p, lost := d.Proof(ctx, t.entry)
		pause := min(10*time.Second<<min(t.tries, 6), mostPause)
		d.queue.finish(t, lost != nil || p.Status == swap.ReceivedProof, time.Now().Add(pause))
	}
}

func (d *Desk) judgeOne(ctx context.Context, t *ticket) error {
	d.queue.set(t, StageAsking)
	done, err := service.Judge(ctx, d.ledger(), d.log, d.daemons, t.entry, func() { d.queue.set(t, StageJudging) })
	if err == nil && done.Err != nil {
		d.zap.Info("the claim that came with a proof is refused", zap.Uint64("entry", t.entry), zap.Error(done.Err))
	}
	return err
}
