// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {HostileToken} from "./HostileToken.sol";
import {IDistributor} from "./IDistributor.sol";
import {Tree} from "./Tree.sol";
import {vm} from "./Vm.sol";
import {Watch} from "./Watch.sol";

/// @dev Acts as everybody who can reach a distributor: forge calls its functions in random order with random words.
/// An act may well fail on chain; what must hold after it is Watch's.
contract Handler is Watch {
    using Tree for Tree.Data;

    /// @dev Those among whom the roles go round.
    address[6] private _people = [OWNER, PUBLISHER, GUARDIAN, STRANGER, address(0xE1), address(0xF2)];

    /// @dev Where swept funds go.
    address private constant _FOUNDATION = address(0xF00D);

    /// @dev How often an act succeeded on chain.
    mapping(string act => uint256) public succeeded;

    constructor() {
        makeWorld();
    }

    function fund(uint256 word) external watched {
        _fund(within(word, 0, 10 ** 10));
    }

    /// @dev Proposes cumulative amounts, mostly as an honest publisher would.
    function propose(uint256 word, uint256[N] memory steps) external watched {
        uint256[N] memory amounts;
        if (trees.length != 0) amounts = trees[trees.length - 1];
        for (uint256 i = 0; i < N; ++i) {
            uint256 step = within(steps[i], 0, 10 ** 9);
            bool takesAway = word % 11 == 0 && amounts[i] > step;
            amounts[i] = takesAway ? amounts[i] - step : amounts[i] + step;
        }
        if (amounts[0] == 0) amounts[0] = 1;
        Tree.Data memory t = treeOf(amounts);
        uint256 total = t.total();
        if (word % 7 == 0) total = within(word, total / 2, total * 2); // other than the leaves come to
        uint256 available = token.balanceOf(address(d)) + d.totalClaimed();
        if (word % 5 != 0 && total > available) _fund(total - available);
        uint64 round = uint64(d.lastProposed() + (word % 17 == 0 ? 0 : within(word >> 128, 1, 2)));
        if (!_try("propose", d.publisher(), abi.encodeCall(IDistributor.propose, (round, t.root(), total, 1, 0)))) {
            return;
        }
        trees.push(amounts);
        treeOfRound[round] = trees.length;
    }

    function activate(uint256 word) external watched {
        (,,, uint64 from) = d.pending();
        if (word % 2 == 0 && from > block.timestamp) vm.warp(from - word % 3 / 2); // sometimes a second too early
        _try("activate", _someone(word >> 16), abi.encodeCall(IDistributor.activate, ()));
    }

    function cancel(uint256 word) external watched {
        if (word % 4 != 0) return;
        _try("cancel", word % 8 == 0 ? d.guardian() : d.owner(), abi.encodeCall(IDistributor.cancel, ()));
    }

    function claim(uint256 word) external watched {
        (bool found, Tree.Data memory t) = _pick(word);
        if (!found) return;
        _claim("claim", t.root(), _someone(word >> 16), claimCall(t, (word >> 64) % N));
    }

    function claimBatch(uint256 word) external watched {
        (bool found, Tree.Data memory t) = _pick(word);
        if (!found) return;
        _claim("claimBatch", t.root(), _someone(word >> 16), batchCall(t, within(word >> 64, 1, 2 ** N - 1)));
    }

    /// @dev A claim with one thing wrong.
    function claimFalsely(uint256 word, uint256 noise) external watched {
        (bool found, Tree.Data memory t) = _pick(word);
        if (!found) return;
        uint256 i = (word >> 64) % N;
        (address account, uint256 amount, bytes32[] memory path) = (t.accounts[i], t.amounts[i], t.proof(i));
        if (word % 3 == 0) ++amount;
        else if (word % 3 == 1) account = _someone(word >> 16);
        else path[noise % path.length] ^= bytes32(noise | 1);
        _mustFail(_someone(word >> 16), abi.encodeCall(IDistributor.claim, (account, amount, path)));
    }

    function pause(uint256 word) external watched {
        if (word % 4 == 0) _try("pause", d.guardian(), abi.encodeCall(IDistributor.pause, ()));
    }

    function unpause() external watched {
        _try("unpause", d.owner(), abi.encodeCall(IDistributor.unpause, ()));
    }

    function moveClosesAt(uint256 word) external watched {
        uint64 to = uint64(d.closesAt() + within(word, 0, 20 days) - 10 days);
        _try("moveClosesAt", d.owner(), abi.encodeCall(IDistributor.moveClosesAt, (to)));
    }

    function sweep() external watched {
        uint256 held = token.balanceOf(address(d));
        if (!_try("sweep", d.owner(), abi.encodeCall(IDistributor.sweep, (_FOUNDATION)))) return;
        require(!d.paused() && block.timestamp >= d.closesAt(), "swept while open");
        swept += held;
    }

    function changeRole(uint256 word) external watched {
        address who = _someone(word >> 16);
        if (word % 4 == 0) _try("setPublisher", d.owner(), abi.encodeCall(IDistributor.setPublisher, (who)));
        if (word % 4 == 1) _try("setGuardian", d.owner(), abi.encodeCall(IDistributor.setGuardian, (who)));
        if (word % 4 == 2) _try("offer", d.owner(), abi.encodeCall(IDistributor.transferOwnership, (who)));
        if (word % 4 == 3) _try("accept", d.pendingOwner(), abi.encodeCall(IDistributor.acceptOwnership, ()));
    }

    /// @dev Somebody tries everything that their role does not allow.
    function intrude(uint256 word) external watched {
        address who = _someone(word >> 16);
        (bool guards, bool owns) = (who == d.guardian(), who == d.owner());
        if (who != d.publisher()) {
            uint64 next = d.lastProposed() + 1;
            (,, uint256 total) = d.live();
            _mustFail(who, abi.encodeCall(IDistributor.propose, (next, bytes32(word), total, 1, 0)));
        }
        if (!guards) _mustFail(who, abi.encodeCall(IDistributor.pause, ()));
        if (!guards && !owns) _mustFail(who, abi.encodeCall(IDistributor.cancel, ()));
        if (who != d.pendingOwner()) _mustFail(who, abi.encodeCall(IDistributor.acceptOwnership, ()));
        if (!owns) {
            _mustFail(who, abi.encodeCall(IDistributor.unpause, ()));
            _mustFail(who, abi.encodeCall(IDistributor.moveClosesAt, (d.closesAt() + 1)));
            _mustFail(who, abi.encodeCall(IDistributor.sweep, (who)));
            _mustFail(who, abi.encodeCall(IDistributor.setPublisher, (address(0x123))));
            _mustFail(who, abi.encodeCall(IDistributor.setGuardian, (address(0x123))));
            _mustFail(who, abi.encodeCall(IDistributor.transferOwnership, (address(0x123))));
        }
        _mustFail(who, abi.encodeCall(IDistributor.renounceOwnership, ()));
    }

    /// @dev Lets time pass: seconds, about a delay, days, or up to a second around the closing.
    function wait(uint256 word) external watched {
        uint256 to = block.timestamp + within(word >> 8, 0, 100);
        if (word % 8 == 0) to += 12 days;
        else if (word % 8 < 4) to += DELAY;
        else if (word % 16 == 4 && d.closesAt() > block.timestamp) to = d.closesAt() - 1 + (word >> 8) % 3;
        vm.warp(to);
    }

    /// @dev Makes the token misbehave from now on. Its callbacks are what anybody could call, for it has no role.
    function misbehave(uint256 word) external watched {
        HostileToken.Mode mode = HostileToken.Mode(word % 6);
        if (mode != HostileToken.Mode.CallsBack) {
            token.behave(mode);
            return;
        }
        (bool found, Tree.Data memory t) = _pick(word);
        if (!found) return;
        bytes memory data = batchCall(t, within(word >> 64, 1, 2 ** N - 1));
        uint256 kind = (word >> 16) % 6;
        if (kind < 2) data = claimCall(t, (word >> 64) % N);
        if (kind == 2) data = abi.encodeCall(IDistributor.activate, ());
        if (kind == 3) data = abi.encodeCall(IDistributor.sweep, (_FOUNDATION));
        token.arm(address(d), data);
    }

    function _fund(uint256 amount) private {
        token.mint(address(d), amount);
        funded += amount;
    }

    /// @dev A claim; only the root that is live when it comes may pay.
    function _claim(string memory name, bytes32 root, address who, bytes memory data) private {
        (, bytes32 live,) = d.live();
        require(!_try(name, who, data) || root == live, "a root that is not live paid");
    }

    function _try(string memory name, address who, bytes memory data) private returns (bool ok) {
        (ok,) = act(who, data);
        if (ok) ++succeeded[name];
    }

    function _mustFail(address who, bytes memory data) private {
        (bool ok,) = act(who, data);
        require(!ok, "what nobody may do was done");
    }

    /// @dev Mostly the live tree, else any that was ever proposed.
    function _pick(uint256 word) private view returns (bool found, Tree.Data memory t) {
        if (trees.length == 0) return (false, t);
        (uint64 round,,) = d.live();
        bool old = round == 0 || word % 5 == 0;
        return (true, treeOf(trees[old ? (word >> 32) % trees.length : treeOfRound[round] - 1]));
    }

    function _someone(uint256 word) private view returns (address) {
        return _people[word % _people.length];
    }
}
