// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISessionTokenDistributor as I} from "../../ISessionTokenDistributor.sol";
import {IDistributor} from "../src/IDistributor.sol";
import {Tree} from "../src/Tree.sol";
import {vm} from "../src/Vm.sol";
import {World} from "../src/World.sol";

/// @dev Pauses and the closing: claims and the sweep never overlap, and no pause takes time from claims.
contract TimesTest is World {
    using Tree for Tree.Data;

    function setUp() public {
        makeWorld();
        Tree.Data memory t = treeOf([uint256(10), 20, 30, 40, 50, 60]);
        token.mint(address(d), t.total());
        publish(1, t);
    }

    /// @dev Before the closing claims succeed and the sweep fails; from it on the other way round.
    function testFuzz_closingEdge(uint256 word, uint256 mask) public {
        Tree.Data memory t = treeOf([uint256(10), 20, 30, 40, 50, 60]);
        mask = within(mask, 1, 2 ** N - 1);
        uint256 time = word % 2 == 0 ? within(word >> 8, CLOSES - 3, CLOSES + 3) : within(word >> 8, START + DELAY, CLOSES * 2);
        vm.warp(time);
        bytes memory sweep = abi.encodeCall(IDistributor.sweep, (OWNER));
        if (time < CLOSES) {
            refused(OWNER, sweep, I.IsOpen.selector);
            (bool paid,) = act(STRANGER, batchCall(t, mask));
            assert(paid);
            return;
        }
        refused(STRANGER, batchCall(t, mask), I.IsClosed.selector);
        refused(STRANGER, claimCall(t, mask % N), I.IsClosed.selector);
        refused(GUARDIAN, abi.encodeCall(IDistributor.pause, ()), I.IsClosed.selector);
        refused(OWNER, abi.encodeCall(IDistributor.moveClosesAt, (uint64(time) + 1 days)), I.IsClosed.selector);
        refused(PUBLISHER, abi.encodeCall(IDistributor.propose, (2, bytes32("x"), 210, 1, 0)), I.IsClosed.selector);
        (bool ok,) = act(OWNER, sweep);
        assert(ok && token.balanceOf(OWNER) == 210);
    }

    /// @dev Any number of pauses leave claims open for exactly as long as was promised.
    function testFuzz_pausesTakeNoTime(uint256[5] memory open, uint256[5] memory paused) public {
        uint256 left = CLOSES - block.timestamp;
        for (uint256 i = 0; i < 5; ++i) {
            uint256 run = within(open[i], 0, left - 1);
            left -= run;
            vm.warp(block.timestamp + run);
            vm.prank(GUARDIAN);
            d.pause();
            vm.warp(block.timestamp + within(paused[i], 0, 1000 days));
            refused(OWNER, abi.encodeCall(IDistributor.sweep, (OWNER)), I.IsPaused.selector);
            refused(STRANGER, batchCall(treeOf([uint256(10), 20, 30, 40, 50, 60]), 3), I.IsPaused.selector);
            refused(STRANGER, abi.encodeCall(IDistributor.activate, ()), I.NothingPending.selector);
            vm.prank(OWNER);
            d.unpause();
            assert(d.closesAt() == block.timestamp + left);
        }
        vm.warp(block.timestamp + left - 1);
        (bool ok,) = act(STRANGER, claimCall(treeOf([uint256(10), 20, 30, 40, 50, 60]), 0));
        assert(ok);
        vm.warp(block.timestamp + 1);
        refused(STRANGER, claimCall(treeOf([uint256(10), 20, 30, 40, 50, 60]), 1), I.IsClosed.selector);
        (ok,) = act(OWNER, abi.encodeCall(IDistributor.sweep, (OWNER)));
        assert(ok);
    }

    /// @dev The closing moves later only, while open only, and by no more than twenty years.
    function testFuzz_moveClosesAt(uint256 word, uint64 to) public {
        if (word % 2 == 0) to = uint64(within(to, CLOSES - 5, CLOSES + 5));
        if (word % 4 == 1) to = uint64(within(to, START, START + 8000 days));
        uint256 time = within(word >> 8, block.timestamp, CLOSES + 1);
        vm.warp(time);
        bytes memory data = abi.encodeCall(IDistributor.moveClosesAt, (to));
        if (time >= CLOSES) return refused(OWNER, data, I.IsClosed.selector);
        if (to <= CLOSES) return refused(OWNER, data, I.ClosesTooEarly.selector);
        if (to > time + 20 * 365 days) return refused(OWNER, data, I.ClosesTooLate.selector);
        (bool ok,) = act(OWNER, data);
        assert(ok && d.closesAt() == to);
    }

    /// @dev A pause holds a root back whose delay is over, and the end of the pause lets it through.
    function testFuzz_pauseHoldsActivationBack(uint256 before, uint256 during) public {
        vm.prank(PUBLISHER);
        d.propose(2, bytes32("next"), 210, 1, 0);
        vm.warp(block.timestamp + within(before, 0, 10 days));
        vm.prank(GUARDIAN);
        d.pause();
        vm.warp(block.timestamp + within(during, 0, 400 days));
        refused(STRANGER, abi.encodeCall(IDistributor.activate, ()), I.IsPaused.selector);
        vm.prank(OWNER);
        d.unpause();
        (,,, uint64 from) = d.pending();
        if (block.timestamp < from) return refused(STRANGER, abi.encodeCall(IDistributor.activate, ()), I.DelayNotOver.selector);
        d.activate();
    }
}
