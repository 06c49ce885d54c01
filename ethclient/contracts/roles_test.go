package contracts_test

import (
	"fmt"
	"testing"

	"github.com/ethereum/go-ethereum/common"
)

func TestSetPublisherAndGuardian(t *testing.T) {
	w := newWorld(t, 1000)
	next, other := newActor("next").addr, newActor("other").addr
	for _, who := range []actor{w.publisher, w.guardian, w.stranger} {
		refused := fmt.Sprintf("OwnableUnauthorizedAccount[%v]", who.addr)
		w.reverts(who, w.d.PackSetPublisher(next), refused)
		w.reverts(who, w.d.PackSetGuardian(next), refused)
	}
	for _, bad := range []common.Address{{}, w.owner.addr, w.publisher.addr, w.guardian.addr, w.token, w.addr} {
		refused := fmt.Sprintf("RoleNotAllowed[%v]", bad)
		w.reverts(w.owner, w.d.PackSetPublisher(bad), refused)
		w.reverts(w.owner, w.d.PackSetGuardian(bad), refused)
	}

	r := w.do(w.owner, w.d.PackSetPublisher(next))
	if got, want := w.events(r), fmt.Sprintf("PublisherChanged previous=%v publisher=%v", w.publisher.addr, next); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	r = w.do(w.owner, w.d.PackSetGuardian(other))
	if got, want := w.events(r), fmt.Sprintf("GuardianChanged previous=%v guardian=%v", w.guardian.addr, other); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	w.expect("publisher", next.Hex())
	w.expect("guardian", other.Hex())
	w.reverts(w.publisher, w.propose(1, common.Hash{1}, 1), fmt.Sprintf("NotPublisher[%v]", w.publisher.addr))
	w.reverts(w.guardian, w.d.PackPause(), fmt.Sprintf("NotGuardian[%v]", w.guardian.addr))
}

// TestStolenPublisherIsReplaced cancels what the thief proposed and goes on with another key.
func TestStolenPublisherIsReplaced(t *testing.T) {
	w := newWorld(t, 1000)
	w.do(w.publisher, w.propose(1000, common.Hash{1}, 1000))
	w.do(w.guardian, w.d.PackCancel())
	w.do(w.owner, w.d.PackSetPublisher(w.stranger.addr))
	w.do(w.stranger, w.propose(1001, common.Hash{2}, 1000))
}

func TestGuardianChangeKeepsThePause(t *testing.T) {
	w := newWorld(t, 1000)
	w.do(w.guardian, w.d.PackPause())
	from := w.head().Time
	w.do(w.owner, w.d.PackSetGuardian(w.stranger.addr))
	w.expect("paused", "true")
	w.expect("pausedAt", fmt.Sprint(from))
}

func TestOwnership(t *testing.T) {
	w := newWorld(t, 1000)
	for _, who := range []actor{w.publisher, w.guardian, w.stranger} {
		w.reverts(who, w.d.PackTransferOwnership(who.addr), fmt.Sprintf("OwnableUnauthorizedAccount[%v]", who.addr))
	}
	w.reverts(w.stranger, w.d.PackAcceptOwnership(), fmt.Sprintf("OwnableUnauthorizedAccount[%v]", w.stranger.addr))
	for _, who := range []actor{w.owner, w.stranger} {
		w.reverts(who, w.d.PackRenounceOwnership(), "OwnerRequired[]")
	}
	for _, bad := range []common.Address{w.publisher.addr, w.guardian.addr, w.token, w.addr} {
		w.reverts(w.owner, w.d.PackTransferOwnership(bad), fmt.Sprintf("RoleNotAllowed[%v]", bad))
	}

	w.do(w.owner, w.d.PackTransferOwnership(w.stranger.addr))
	w.expect("owner", w.owner.addr.Hex())
	w.expect("pendingOwner", w.stranger.addr.Hex())
	w.do(w.owner, w.d.PackTransferOwnership(common.Address{})) // an offer can be withdrawn
	w.reverts(w.stranger, w.d.PackAcceptOwnership(), fmt.Sprintf("OwnableUnauthorizedAccount[%v]", w.stranger.addr))

	// Whoever has become publisher or guardian in between cannot accept.
	w.do(w.owner, w.d.PackTransferOwnership(w.stranger.addr))
	w.do(w.owner, w.d.PackSetGuardian(w.stranger.addr))
	w.reverts(w.stranger, w.d.PackAcceptOwnership(), fmt.Sprintf("RoleNotAllowed[%v]", w.stranger.addr))
	w.do(w.owner, w.d.PackSetGuardian(w.guardian.addr))
	r := w.do(w.stranger, w.d.PackAcceptOwnership())
	if got, want := w.events(r), fmt.Sprintf("OwnershipTransferred previousOwner=%v newOwner=%v", w.owner.addr, w.stranger.addr); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	w.expect("owner", w.stranger.addr.Hex())
	w.reverts(w.owner, w.d.PackSetGuardian(w.deployer.addr), fmt.Sprintf("OwnableUnauthorizedAccount[%v]", w.owner.addr))
}
