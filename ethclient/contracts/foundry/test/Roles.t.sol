// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ISessionTokenDistributor as I} from "../../ISessionTokenDistributor.sol";
import {IDistributor} from "../src/IDistributor.sol";
import {vm} from "../src/Vm.sol";
import {World} from "../src/World.sol";

/// @dev Who may do what, for any caller, and which settings a distributor is made with.
contract RolesTest is World {
    function setUp() public {
        makeWorld();
        token.mint(address(d), 1000);
    }

    /// @dev Every act of a role is refused to everybody else, whatever they pass.
    function testFuzz_actsAreTheirRoles(address caller, address to, uint64 number, bytes32 root) public {
        bytes4 notOwner = Ownable.OwnableUnauthorizedAccount.selector;
        if (caller != PUBLISHER) {
            refused(caller, abi.encodeCall(IDistributor.propose, (number, root, 1, 1, root)), I.NotPublisher.selector);
        }
        if (caller != GUARDIAN) {
            refused(caller, abi.encodeCall(IDistributor.pause, ()), I.NotGuardian.selector);
            if (caller != OWNER) refused(caller, abi.encodeCall(IDistributor.cancel, ()), I.NotGuardianOrOwner.selector);
        }
        if (caller == OWNER) return;
        refused(caller, abi.encodeCall(IDistributor.unpause, ()), notOwner);
        refused(caller, abi.encodeCall(IDistributor.moveClosesAt, (number)), notOwner);
        refused(caller, abi.encodeCall(IDistributor.sweep, (to)), notOwner);
        refused(caller, abi.encodeCall(IDistributor.setPublisher, (to)), notOwner);
        refused(caller, abi.encodeCall(IDistributor.setGuardian, (to)), notOwner);
        refused(caller, abi.encodeCall(IDistributor.transferOwnership, (to)), notOwner);
        (bool ok,) = act(caller, abi.encodeCall(IDistributor.acceptOwnership, ()));
        assert(!ok);
    }

    /// @dev Any series of changes of roles leaves three different holders of them.
    function testFuzz_rolesStayApart(uint256[12] memory words) public {
        address[7] memory people =
            [OWNER, PUBLISHER, GUARDIAN, STRANGER, address(token), address(d), address(0)];
        for (uint256 i = 0; i < words.length; ++i) {
            address who = people[(words[i] >> 8) % people.length];
            if (words[i] % 4 == 0) act(d.owner(), abi.encodeCall(IDistributor.setPublisher, (who)));
            if (words[i] % 4 == 1) act(d.owner(), abi.encodeCall(IDistributor.setGuardian, (who)));
            if (words[i] % 4 == 2) act(d.owner(), abi.encodeCall(IDistributor.transferOwnership, (who)));
            if (words[i] % 4 == 3) act(d.pendingOwner(), abi.encodeCall(IDistributor.acceptOwnership, ()));
            (address o, address p, address g) = (d.owner(), d.publisher(), d.guardian());
            assert(o != p && p != g && g != o);
            assert(_mayHoldARole(o) && _mayHoldARole(p) && _mayHoldARole(g));
        }
    }

    /// @dev The constructor's rules, written down a second time. Nothing else than these settings can be deployed.
    function testFuzz_settings(uint256 word, uint64 delay, uint64 termsCloseAt, uint64 closesAt) public {
        IDistributor.Settings memory s = settings();
        if (word % 2 == 0) delay = uint64(within(delay, 0, 100 days));
        if (word % 3 != 0) termsCloseAt = uint64(within(termsCloseAt, START - 200 days, START + 200 days));
        if (word % 5 != 0) closesAt = uint64(within(closesAt, START, START + 300 days));
        (s.activationDelay, s.termsCloseAt, s.closesAt) = (delay, termsCloseAt, closesAt);
        if (word % 7 == 0) s.migrationId = 0;
        address[6] memory people = [OWNER, PUBLISHER, GUARDIAN, STRANGER, address(token), address(0)];
        if (word % 11 == 0) s.owner = people[(word >> 8) % 6];
        if (word % 11 == 1) s.publisher = people[(word >> 8) % 6];
        if (word % 11 == 2) s.guardian = people[(word >> 8) % 6];
        if (word % 13 == 0) s.token = people[(word >> 16) % 6];
        bool want = s.token == address(token) && s.owner != s.publisher && s.publisher != s.guardian
            && s.guardian != s.owner && _mayHoldARole(s.owner) && _mayHoldARole(s.publisher)
            && _mayHoldARole(s.guardian) && delay != 0 && delay <= 90 days && termsCloseAt != 0 && s.migrationId != 0
            && closesAt > START && closesAt <= START + 20 * 365 days && closesAt >= uint256(termsCloseAt) + 90 days;
        (bool ok, address made) = deploy(s);
        assert(ok == want);
        if (!ok) return;
        IDistributor made_ = IDistributor(made);
        assert(made_.owner() == s.owner && made_.publisher() == s.publisher && made_.guardian() == s.guardian);
        assert(made_.token() == s.token && made_.activationDelay() == delay && made_.closesAt() == closesAt);
        assert(made_.termsCloseAt() == termsCloseAt && made_.migrationId() == s.migrationId);
        assert(made_.totalClaimed() == 0 && made_.lastProposed() == 0 && !made_.paused() && made_.pausedAt() == 0);
        assert(made_.pendingOwner() == address(0));
    }

    function _mayHoldARole(address who) private view returns (bool) {
        return who != address(0) && who != address(token) && who != address(d);
    }
}
