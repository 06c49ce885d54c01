// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISessionTokenDistributor as I} from "../../ISessionTokenDistributor.sol";
import {IDistributor} from "../src/IDistributor.sol";
import {Tree} from "../src/Tree.sol";
import {vm} from "../src/Vm.sol";
import {World} from "../src/World.sol";

/// @dev When a root is taken, when it becomes live, and that one which did not or no longer is pays nothing.
contract RoundsTest is World {
    using Tree for Tree.Data;

    function setUp() public {
        makeWorld();
    }

    /// @dev The rules of propose, written down a second time, for any numbers near their edges.
    function testFuzz_proposeRules(uint256 word, bytes32 root, uint256 funds, uint256 paid) public {
        Tree.Data memory t = treeOf([uint256(10), 20, 30, 40, 50, 60]); // 210 in all
        token.mint(address(d), within(funds, 210, 300));
        publish(5, t);
        (bool ok,) = act(STRANGER, batchCall(t, within(paid, 1, 2 ** N - 1)));
        assert(ok);
        uint64 round = uint64(word % 4 == 0 ? within(word >> 8, 1000, 1010) : within(word >> 8, 0, 10));
        if (word % 32 == 1) root = 0;
        uint256 available = token.balanceOf(address(d)) + d.totalClaimed();
        uint256 total = word % 3 == 0 ? within(word >> 128, 200, 310) : available - 1 + (word >> 128) % 3;
        bytes4 want = 0;
        if (round <= 5) want = I.RoundUsed.selector;
        else if (round > 1005) want = I.RoundTooFar.selector;
        else if (root == 0) want = I.RootMissing.selector;
        else if (total < 210) want = I.TotalFalls.selector;
        else if (total > available) want = I.Underfunded.selector;
        bytes memory data = abi.encodeCall(IDistributor.propose, (round, root, total, 1, 0));
        if (want != 0) return refused(PUBLISHER, data, want);
        (ok,) = act(PUBLISHER, data);
        assert(ok);
        refused(PUBLISHER, abi.encodeCall(IDistributor.propose, (round + 1, root, total, 1, 0)), I.RootIsPending.selector);
    }

    /// @dev Activation from exactly the delay on, not before; claims against the new root from then on, not before.
    function testFuzz_activationEdge(uint256[N] memory words, uint256 word) public {
        Tree.Data memory t = treeOf(amountsOf(words));
        token.mint(address(d), t.total());
        vm.prank(PUBLISHER);
        d.propose(1, t.root(), t.total(), 1, 0);
        uint256 waited = word % 2 == 0 ? within(word >> 8, DELAY - 3, DELAY + 3) : within(word >> 8, 0, 90 days);
        vm.warp(START + waited);
        refused(STRANGER, claimCall(t, word % N), I.NothingLive.selector);
        if (waited < DELAY) return refused(STRANGER, abi.encodeCall(IDistributor.activate, ()), I.DelayNotOver.selector);
        d.activate();
        (bool ok,) = act(STRANGER, claimCall(t, word % N));
        assert(ok);
    }

    /// @dev A cancelled root never pays, whenever it was cancelled, and its number is never taken again.
    function testFuzz_cancelledRootsNeverPay(uint256[N] memory words, uint256 waited, bool byOwner, uint64 round) public {
        Tree.Data memory t = treeOf(amountsOf(words));
        token.mint(address(d), t.total());
        round = uint64(within(round, 1, 1000));
        vm.prank(PUBLISHER);
        d.propose(round, t.root(), t.total(), 1, 0);
        vm.warp(START + within(waited, 0, 90 days));
        vm.prank(byOwner ? OWNER : GUARDIAN);
        d.cancel();
        vm.warp(block.timestamp + DELAY);
        refused(STRANGER, abi.encodeCall(IDistributor.activate, ()), I.NothingPending.selector);
        refused(STRANGER, claimCall(t, 0), I.NothingLive.selector);
        refused(STRANGER, batchCall(t, 1), I.NothingLive.selector);
        bytes memory again = abi.encodeCall(IDistributor.propose, (round, t.root(), t.total(), 1, 0));
        refused(PUBLISHER, again, I.RoundUsed.selector);
    }

    /// @dev The root that was live pays until the very activation of the next, and then no more.
    function testFuzz_replacedRootsPayNoMore(uint256[N] memory words, uint256[N] memory more, uint256 who) public {
        uint256[N] memory amounts = amountsOf(words);
        Tree.Data memory t = treeOf(amounts);
        for (uint256 i = 0; i < N; ++i) amounts[i] += within(more[i], 1, 10 ** 9);
        Tree.Data memory next = treeOf(amounts);
        token.mint(address(d), next.total());
        publish(1, t);
        vm.prank(PUBLISHER);
        d.propose(2, next.root(), next.total(), 1, 0);
        vm.warp(block.timestamp + DELAY);
        refused(STRANGER, claimCall(next, who % N), I.InvalidProof.selector);
        (bool ok,) = act(STRANGER, claimCall(t, who % N));
        assert(ok);
        d.activate();
        refused(STRANGER, claimCall(t, (who % N + 1) % N), I.InvalidProof.selector);
        refused(STRANGER, batchCall(t, 2 ** N - 1), I.InvalidProof.selector);
        (ok,) = act(STRANGER, batchCall(next, 2 ** N - 1));
        assert(ok);
        for (uint256 i = 0; i < N; ++i) assert(token.balanceOf(next.accounts[i]) == next.amounts[i]);
    }

    /// @dev A limit: while a payment is on its way, propose counts it twice, as held and as claimed. Only a token that
    /// calls back can reach a publisher then. The total may exceed the funds by that payment; nobody gets more than a
    /// leaf, and what is not there is not paid.
    function test_limitOfATokenThatCallsThePublisher() public {
        Tree.Data memory t = treeOf([uint256(10), 20, 30, 40, 50, 60]);
        token.mint(address(d), 210);
        publish(1, t);
        token.arm(address(this), abi.encodeCall(this.proposeBeyondTheFunds, ()));
        (bool ok,) = act(STRANGER, claimCall(t, 5));
        assert(ok && d.lastProposed() == 2);
        vm.warp(block.timestamp + DELAY);
        d.activate();
        Tree.Data memory next = treeOf([uint256(10), 20, 30, 40, 110, 60]);
        (ok,) = act(STRANGER, batchCall(next, 2 ** N - 1));
        assert(!ok);
        (ok,) = act(STRANGER, batchCall(next, 15)); // 100 of the 150 that are left
        assert(ok && token.balanceOf(address(d)) == 50);
        token.mint(address(d), 60); // funding it heals it
        (ok,) = act(STRANGER, batchCall(next, 2 ** N - 1));
        assert(ok && token.balanceOf(holder(4)) == 110 && token.balanceOf(address(d)) == 0);
    }

    function proposeBeyondTheFunds() external {
        vm.prank(PUBLISHER);
        d.propose(2, treeOf([uint256(10), 20, 30, 40, 110, 60]).root(), 270, 1, 0);
    }
}
