package contracts_test

import (
	"fmt"
	"testing"

	"github.com/ethereum/go-ethereum/common"
)

func TestPause(t *testing.T) {
	w := newWorld(t, 1000)
	tree := w.tree(100, 200)
	w.publish(1, tree)
	for _, who := range []actor{w.owner, w.publisher, w.stranger} {
		w.reverts(who, w.d.PackPause(), fmt.Sprintf("NotGuardian[%v]", who.addr))
	}
	w.reverts(w.owner, w.d.PackUnpause(), "IsNotPaused[]")
	r := w.do(w.guardian, w.d.PackPause())
	from := w.head().Time
	if got, want := w.events(r), fmt.Sprintf("Paused by=%v", w.guardian.addr); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	w.expect("paused", "true")
	w.expect("pausedAt", fmt.Sprint(from))
	w.reverts(w.guardian, w.d.PackPause(), "IsPaused[]")
	w.reverts(w.stranger, w.claimData(tree, 0), "IsPaused[]")
	w.reverts(w.stranger, w.batchData(tree, 0, 1), "IsPaused[]")
	w.reverts(w.owner, w.d.PackMoveClosesAt(closing+1), "IsPaused[]")
	for _, who := range []actor{w.guardian, w.publisher, w.stranger} {
		w.reverts(who, w.d.PackUnpause(), fmt.Sprintf("OwnableUnauthorizedAccount[%v]", who.addr))
	}

	w.at(from + 5000)
	r = w.do(w.owner, w.d.PackUnpause())
	want := fmt.Sprintf("Unpaused by=%v pausedFor=5000\nClosesAtMoved previous=%d closesAt=%d",
		w.owner.addr, closing, closing+5000)
	if got := w.events(r); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	w.expect("paused", "false")
	w.expect("pausedAt", "0")
	w.expect("closesAt", fmt.Sprint(closing+5000))
	w.do(w.stranger, w.claimData(tree, 0))
}

func TestClosingEdge(t *testing.T) {
	w := newWorld(t, 1000)
	tree := w.tree(100, 200, 300)
	w.publish(1, tree)
	w.do(w.publisher, w.proposal(2, w.tree(100, 200, 301)))
	single, batch := w.claimData(tree, 1), w.batchData(tree, 1, 2)

	w.at(closing - 1)
	w.do(w.stranger, w.claimData(tree, 0)) // the last second
	closed := fmt.Sprintf("IsClosed[%d]", closing)
	w.reverts(w.stranger, single, closed) // exactly closesAt
	if now := w.head().Time; now != closing {
		t.Fatalf("time %d, want %d", now, closing)
	}
	w.reverts(w.stranger, batch, closed)
	w.reverts(w.stranger, w.d.PackActivate(), closed)
	w.reverts(w.guardian, w.d.PackPause(), closed)
	w.reverts(w.owner, w.d.PackMoveClosesAt(closing+1000), closed)
	w.do(w.guardian, w.d.PackCancel())
	w.reverts(w.publisher, w.propose(3, common.Hash{1}, 700), closed)
}

func TestMoveClosesAt(t *testing.T) {
	w := newWorld(t, 1000)
	for _, who := range []actor{w.guardian, w.publisher, w.stranger} {
		w.reverts(who, w.d.PackMoveClosesAt(closing+1), fmt.Sprintf("OwnableUnauthorizedAccount[%v]", who.addr))
	}
	for _, to := range []uint64{0, closing - 1, closing} {
		w.reverts(w.owner, w.d.PackMoveClosesAt(to), fmt.Sprintf("ClosesTooEarly[%d %d]", to, closing+1))
	}
	const late = (closing + day) * 1000
	w.reverts(w.owner, w.d.PackMoveClosesAt(late), fmt.Sprintf("ClosesTooLate[%v %d]", late, w.head().Time+1+20*365*day))
	r := w.do(w.owner, w.d.PackMoveClosesAt(closing+day))
	if got, want := w.events(r), fmt.Sprintf("ClosesAtMoved previous=%d closesAt=%d", closing, closing+day); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	w.reverts(w.owner, w.d.PackMoveClosesAt(closing), fmt.Sprintf("ClosesTooEarly[%d %d]", closing, closing+day+1))

	// In the last open second it can still be moved, by one second too.
	w.at(closing + day - 1)
	w.do(w.owner, w.d.PackMoveClosesAt(closing+day+1))
	w.reverts(w.owner, w.d.PackSweep(w.owner.addr), fmt.Sprintf("IsOpen[%d]", closing+day+1))
	w.do(w.owner, w.d.PackSweep(w.owner.addr))
}

func TestSweep(t *testing.T) {
	w := newWorld(t, 1000)
	tree := w.tree(100, 200)
	w.publish(1, tree)
	w.do(w.stranger, w.claimData(tree, 0))
	to := common.HexToAddress("0x00000000000000000000000000000000deadd00d")

	w.at(closing - 1)
	w.reverts(w.owner, w.d.PackSweep(to), fmt.Sprintf("IsOpen[%d]", closing))
	for _, who := range []actor{w.guardian, w.publisher, w.stranger} {
		w.reverts(who, w.d.PackSweep(to), fmt.Sprintf("OwnableUnauthorizedAccount[%v]", who.addr))
	}
	w.reverts(w.owner, w.d.PackSweep(common.Address{}), fmt.Sprintf("SweepToNotAllowed[%v]", common.Address{}))
	w.reverts(w.owner, w.d.PackSweep(w.addr), fmt.Sprintf("SweepToNotAllowed[%v]", w.addr))
	r := w.do(w.owner, w.d.PackSweep(to))
	if got, want := w.events(r), fmt.Sprintf("Swept to=%v amount=900", to); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got := w.balance(to); got != 900 {
		t.Errorf("swept %d, want 900", got)
	}
	// What arrives later can be swept too.
	w.fund(7)
	w.do(w.owner, w.d.PackSweep(to))
	if got := w.balance(to); got != 907 {
		t.Errorf("swept %d, want 907", got)
	}
}

// TestPauseCannotReachTheSweep pauses in the last open second, waits a year, and finds claims open
// for one second more after the pause.
func TestPauseCannotReachTheSweep(t *testing.T) {
	w := newWorld(t, 1000)
	tree := w.tree(100, 200)
	w.publish(1, tree)
	w.at(closing - 1)
	w.do(w.guardian, w.d.PackPause())
	w.at(closing + 365*day)
	w.reverts(w.owner, w.d.PackSweep(w.owner.addr), "IsPaused[]")
	w.do(w.publisher, w.proposal(2, w.tree(100, 200, 300))) // the time has stood still: still open
	w.do(w.owner, w.d.PackUnpause())
	end := w.head().Time + 1
	w.expect("closesAt", fmt.Sprint(end))
	w.reverts(w.stranger, w.claimData(tree, 0), fmt.Sprintf("IsClosed[%d]", end))
}

// TestPausesAddUp pauses twice and finds the closing time later by both.
func TestPausesAddUp(t *testing.T) {
	w := newWorld(t, 1000)
	var sum uint64
	for _, length := range []uint64{100, 12345} {
		w.do(w.guardian, w.d.PackPause())
		w.at(w.head().Time + length)
		w.do(w.owner, w.d.PackUnpause())
		sum += length
	}
	w.expect("closesAt", fmt.Sprint(closing+sum))
}
