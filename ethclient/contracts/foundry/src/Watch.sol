// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {HostileToken} from "./HostileToken.sol";
import {World} from "./World.sol";

/// @dev What must hold of a distributor: between two looks at it (watched), and at any time (check).
abstract contract Watch is World {
    /// @dev What can be seen of a distributor at one time.
    struct Books {
        uint256[N] claimed;
        uint256[N] balances;
        uint256 held;
        uint256 totalClaimed;
        uint64 closesAt;
        uint64 lastProposed;
        bool paused;
        uint64 pausedAt;
        uint64 liveRound;
        bytes32 liveRoot;
        uint256 liveTotal;
        uint64 pendingRound;
        bytes32 pendingRoot;
        uint256 pendingTotal;
        uint64 activatesAt;
    }

    /// @dev The amounts under every root ever proposed, and which of them a round number names (index + 1).
    uint256[N][] internal trees;
    mapping(uint64 round => uint256) internal treeOfRound;

    /// @dev The largest leaf that each recipient had under any root that was live.
    uint256[N] internal most;

    /// @dev Tokens that came in, and that were swept.
    uint256 internal funded;
    uint256 internal swept;

    /// @dev Runs an act, then checks what must hold across any.
    modifier watched() {
        Books memory was = look();
        _;
        Books memory now_ = look();
        _watchRounds(was, now_);
        _watchClosing(was, now_);
        _watchPayments(was, now_);
    }

    function look() public view returns (Books memory b) {
        for (uint256 i = 0; i < N; ++i) {
            b.claimed[i] = d.claimed(holder(i));
            b.balances[i] = token.balanceOf(holder(i));
        }
        b.held = token.balanceOf(address(d));
        b.totalClaimed = d.totalClaimed();
        (b.closesAt, b.lastProposed, b.paused, b.pausedAt) = (d.closesAt(), d.lastProposed(), d.paused(), d.pausedAt());
        (b.liveRound, b.liveRoot, b.liveTotal) = d.live();
        (b.pendingRound, b.pendingRoot, b.pendingTotal, b.activatesAt) = d.pending();
    }

    /// @dev What holds at any time.
    function check() external view {
        Books memory b = look();
        uint256 sum = 0;
        for (uint256 i = 0; i < N; ++i) {
            sum += b.claimed[i];
            require(b.claimed[i] <= most[i], "more than the largest leaf was claimed");
            require(b.balances[i] <= b.claimed[i], "more was paid than claimed");
        }
        require(sum == b.totalClaimed, "totalClaimed is not the sum of all payments");
        require(b.totalClaimed <= b.liveTotal, "more was paid than the live root announced");
        require(swept != 0 || b.liveTotal <= b.held + b.totalClaimed, "the live root is not funded");
        require(funded == b.held + b.totalClaimed + swept, "tokens went elsewhere");
        require(swept == 0 || (!b.paused && block.timestamp >= b.closesAt), "open again after a sweep");
        (address o, address p, address g) = (d.owner(), d.publisher(), d.guardian());
        require(o != p && p != g && g != o, "somebody has two roles");
        require(o != address(0) && p != address(0) && g != address(0), "a role is nobody's");
    }

    function _watchRounds(Books memory was, Books memory now_) private {
        require(now_.lastProposed >= was.lastProposed, "round numbers went back");
        require(now_.liveTotal >= was.liveTotal, "the announced total fell");
        if (now_.liveRound != was.liveRound || now_.liveRoot != was.liveRoot) {
            require(was.activatesAt != 0 && now_.liveRoot == was.pendingRoot, "a root that was not pending is live");
            require(now_.liveTotal == was.pendingTotal && now_.liveRound == was.pendingRound, "it changed on the way");
            require(block.timestamp >= was.activatesAt, "activated before its time");
            require(_running(was), "activated while claims are stopped");
            uint256[N] storage amounts = trees[treeOfRound[now_.liveRound] - 1];
            for (uint256 i = 0; i < N; ++i) {
                if (amounts[i] > most[i]) most[i] = amounts[i];
            }
        }
        if (now_.activatesAt != 0 && now_.pendingRound != was.pendingRound) {
            require(was.activatesAt == 0, "two roots were pending");
            require(now_.pendingRound > was.lastProposed, "a round number came twice");
            require(now_.activatesAt == block.timestamp + DELAY, "pending for another time than the delay");
            require(now_.pendingTotal >= now_.liveTotal, "a total below the live one");
            require(now_.pendingTotal <= now_.held + now_.totalClaimed, "a root that is not funded");
            require(was.paused || block.timestamp < was.closesAt, "proposed after the closing");
        }
    }

    function _watchClosing(Books memory was, Books memory now_) private view {
        require(now_.closesAt >= was.closesAt, "the closing time went back");
        if (was.paused && !now_.paused) {
            require(now_.closesAt == was.closesAt + block.timestamp - was.pausedAt, "a pause took time from claims");
        }
        if (!was.paused && block.timestamp >= was.closesAt) {
            require(now_.closesAt == was.closesAt && !now_.paused, "opened again after the closing");
        }
    }

    function _watchPayments(Books memory was, Books memory now_) private view {
        uint256 sum = 0;
        bool takesAFee = token.mode() == HostileToken.Mode.TakesAFee;
        for (uint256 i = 0; i < N; ++i) {
            require(now_.claimed[i] >= was.claimed[i], "claimed fell");
            uint256 amount = now_.claimed[i] - was.claimed[i];
            sum += amount;
            uint256 fee = takesAFee ? amount / 10 : 0;
            require(now_.balances[i] - was.balances[i] == amount - fee, "paid other than what was booked");
        }
        require(now_.totalClaimed - was.totalClaimed == sum, "totalClaimed moved by another sum");
        if (sum != 0) require(_running(was) && was.liveRound != 0, "paid while claims are stopped");
    }

    function _running(Books memory b) private view returns (bool) {
        return !b.paused && block.timestamp < b.closesAt;
    }
}
