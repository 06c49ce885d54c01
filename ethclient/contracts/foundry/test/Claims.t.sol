// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {ClaimTree} from "../../ClaimTree.sol";
import {ISessionTokenDistributor as I} from "../../ISessionTokenDistributor.sol";
import {HostileToken} from "../src/HostileToken.sol";
import {IDistributor} from "../src/IDistributor.sol";
import {Tree} from "../src/Tree.sol";
import {vm} from "../src/Vm.sol";
import {World} from "../src/World.sol";

/// @dev Who is paid what, for any tree, proof and order.
contract ClaimsTest is World {
    using Tree for Tree.Data;

    uint256 private constant _FUNDS = 10 ** 20;

    function setUp() public {
        makeWorld();
        token.mint(address(d), _FUNDS);
    }

    /// @dev The distributor's own verifier says of any proof what OpenZeppelin's says.
    function testFuzz_verifierIsOpenZeppelins(bytes32[] memory proof, bytes32 leaf, bytes32 other) public view {
        bytes32 root = MerkleProof.processProof(proof, leaf);
        assert(this.verify(proof, root, leaf));
        assert(this.verify(proof, other, leaf) == (other == root));
        assert(this.verify(proof, root, other) == MerkleProof.verify(proof, root, other));
    }

    function verify(bytes32[] calldata proof, bytes32 root, bytes32 leaf) external pure returns (bool) {
        return ClaimTree.verify(proof, root, leaf);
    }

    function testFuzz_leafIsHashedTwice(address account, uint256 amount) public pure {
        assert(ClaimTree.leaf(account, amount) == Tree.leaf(account, amount));
    }

    /// @dev Anybody may claim for a holder; the holder gets the leaf, once, and the caller nothing.
    function testFuzz_claimPaysTheLeafOnce(uint256[N] memory words, uint256 who, address caller) public {
        Tree.Data memory t = treeOf(amountsOf(words));
        publish(1, t);
        who %= N;
        vm.assume(caller != address(d));
        uint256 had = caller == t.accounts[who] ? 0 : token.balanceOf(caller);
        (bool ok,) = act(caller, claimCall(t, who));
        assert(ok);
        if (caller != t.accounts[who]) assert(token.balanceOf(caller) == had);
        refused(caller, claimCall(t, who), I.NothingToClaim.selector);
        _expectOnly(t, 1 << who);
    }

    /// @dev Two overlapping batches and the rest one by one pay everybody once, in whatever order.
    function testFuzz_batchesAndClaimsMayOverlap(uint256[N] memory words, uint256 first, uint256 second) public {
        Tree.Data memory t = treeOf(amountsOf(words));
        publish(1, t);
        (first, second) = (within(first, 1, 2 ** N - 1), within(second, 1, 2 ** N - 1));
        (bool ok,) = act(STRANGER, batchCall(t, first));
        assert(ok);
        _expectOnly(t, first);
        (ok,) = act(STRANGER, batchCall(t, second));
        assert(ok);
        _expectOnly(t, first | second);
        for (uint256 i = 0; i < N; ++i) {
            (ok,) = act(t.accounts[i], claimCall(t, i));
            assert(ok == ((first | second) & (1 << i) == 0));
        }
        _expectOnly(t, 2 ** N - 1);
        assert(d.totalClaimed() == t.total());
    }

    /// @dev Whatever is not a leaf is not paid, with any proof of a leaf and with arbitrary ones.
    function testFuzz_onlyLeavesArePaid(
        uint256[N] memory words,
        address account,
        uint256 amount,
        uint256 borrowed,
        bytes32[] memory proof
    ) public {
        Tree.Data memory t = treeOf(amountsOf(words));
        publish(1, t);
        for (uint256 i = 0; i < N; ++i) vm.assume(account != t.accounts[i] || amount != t.amounts[i]);
        bytes4 why = I.InvalidProof.selector;
        refused(STRANGER, abi.encodeCall(IDistributor.claim, (account, amount, proof)), why);
        proof = t.proof(borrowed % N);
        refused(STRANGER, abi.encodeCall(IDistributor.claim, (account, amount, proof)), why);
        address known = t.accounts[borrowed % N];
        if (amount != t.amounts[borrowed % N]) {
            refused(STRANGER, abi.encodeCall(IDistributor.claim, (known, amount, proof)), why);
        }
        refused(STRANGER, abi.encodeCall(IDistributor.claimBatch, (_one(account), _one(amount), proof, new bool[](proof.length))), why);
        _expectOnly(t, 0);
    }

    /// @dev Proofs of a tree that is not live pay nothing, single or in a batch.
    function testFuzz_proofsOfAnotherTree(uint256[N] memory words, uint256[N] memory others, uint256 mask) public {
        (Tree.Data memory t, Tree.Data memory other) = (treeOf(amountsOf(words)), treeOf(amountsOf(others)));
        vm.assume(t.root() != other.root());
        publish(1, t);
        refused(STRANGER, claimCall(other, mask % N), I.InvalidProof.selector);
        refused(STRANGER, batchCall(other, within(mask, 1, 2 ** N - 1)), I.InvalidProof.selector);
        _expectOnly(t, 0);
    }

    /// @dev A batch with something wrong in it either fails or pays what its true proof would.
    function testFuzz_damagedBatches(uint256[N] memory words, uint256 mask, uint256 damage, bytes32 noise) public {
        Tree.Data memory t = treeOf(amountsOf(words));
        publish(1, t);
        mask = within(mask, 1, 2 ** N - 1);
        (bool ok,) = act(STRANGER, _damaged(t, mask, damage, noise));
        _expectOnly(t, ok ? mask : 0);
    }

    /// @dev A batch of nobody is refused, with any proof; OpenZeppelin's verifier would take the root itself as one.
    function testFuzz_emptyBatches(uint256[N] memory words, bytes32[] memory path, bool[] memory flags) public {
        Tree.Data memory t = treeOf(amountsOf(words));
        publish(1, t);
        (address[] memory nobody, uint256[] memory none) = (new address[](0), new uint256[](0));
        bytes4 why = I.BatchEmpty.selector;
        refused(STRANGER, abi.encodeCall(IDistributor.claimBatch, (nobody, none, path, flags)), why);
        path = new bytes32[](1);
        path[0] = t.root();
        refused(STRANGER, abi.encodeCall(IDistributor.claimBatch, (nobody, none, path, new bool[](0))), why);
    }

    /// @dev Any second round pays each the difference, none if it is not above the first.
    function testFuzz_laterRoundsPayTheDifference(uint256[N] memory words, uint256[N] memory later, uint256 mask) public {
        Tree.Data memory t = treeOf(amountsOf(words));
        publish(1, t);
        mask = within(mask, 1, 2 ** N - 1);
        (bool ok,) = act(STRANGER, batchCall(t, mask));
        assert(ok);
        Tree.Data memory next = treeOf(amountsOf(later));
        vm.prank(PUBLISHER);
        d.propose(2, next.root(), _FUNDS, 1, 0);
        vm.warp(block.timestamp + DELAY);
        d.activate();
        if (mask % 2 == 0) act(STRANGER, batchCall(next, 2 ** N - 1));
        for (uint256 i = 0; i < N; ++i) {
            uint256 had = mask & (1 << i) == 0 ? 0 : t.amounts[i];
            (ok,) = act(STRANGER, claimCall(next, i));
            assert(ok == (mask % 2 == 1 && next.amounts[i] > had));
            uint256 most = next.amounts[i] > had ? next.amounts[i] : had;
            assert(token.balanceOf(t.accounts[i]) == most && d.claimed(t.accounts[i]) == most);
        }
    }

    /// @dev However little the publisher announced, no more than that is paid.
    function testFuzz_neverMoreThanAnnounced(uint256[N] memory words, uint256 total, uint256 mask) public {
        Tree.Data memory t = treeOf(amountsOf(words));
        uint256 exact = 0; // what some of them come to, or one less
        for (uint256 i = 0; i < N; ++i) exact += total & (2 << i) == 0 ? 0 : t.amounts[i];
        total = exact == 0 ? 0 : exact - total % 2;
        vm.prank(PUBLISHER);
        d.propose(1, t.root(), total, 1, 0);
        vm.warp(block.timestamp + DELAY);
        d.activate();
        uint256 sum = 0;
        (bool ok,) = act(STRANGER, batchCall(t, within(mask, 1, 2 ** N - 1)));
        if (ok) sum = d.totalClaimed();
        for (uint256 i = 0; i < N; ++i) {
            if (d.claimed(t.accounts[i]) != 0) continue;
            bool fits = sum + t.amounts[i] <= total;
            if (fits) sum += t.amounts[i];
            (ok,) = act(STRANGER, claimCall(t, i));
            assert(ok == fits);
        }
        assert(d.totalClaimed() == sum && sum <= total);
        assert(token.balanceOf(address(d)) == _FUNDS - sum);
    }

    /// @dev A token that answers false or reverts pays nobody, and what it refused can be claimed later.
    function testFuzz_refusedTransfersAreUndone(uint256[N] memory words, uint256 mask, bool reverts) public {
        Tree.Data memory t = treeOf(amountsOf(words));
        publish(1, t);
        mask = within(mask, 1, 2 ** N - 1);
        token.behave(reverts ? HostileToken.Mode.Reverts : HostileToken.Mode.ReturnsFalse);
        (bool ok,) = act(STRANGER, batchCall(t, mask));
        assert(!ok);
        (ok,) = act(STRANGER, claimCall(t, mask % N));
        assert(!ok);
        _expectOnly(t, 0);
        token.behave(HostileToken.Mode.ReturnsNothing);
        (ok,) = act(STRANGER, batchCall(t, mask));
        assert(ok);
        _expectOnly(t, mask);
    }

    /// @dev A token that calls back, with any claim in any claim: everybody has at most their leaf, and the books agree.
    function testFuzz_callbacksPayNothingTwice(uint256[N] memory words, uint256 outer, uint256 inner) public {
        Tree.Data memory t = treeOf(amountsOf(words));
        publish(1, t);
        (uint256 outerMask, uint256 innerMask) = (within(outer >> 8, 1, 2 ** N - 1), within(inner >> 8, 1, 2 ** N - 1));
        if (outer % 2 == 0) outerMask = 1 << (outer >> 8) % N;
        if (inner % 2 == 0) innerMask = 1 << (inner >> 8) % N;
        token.arm(address(d), inner % 2 == 0 ? claimCall(t, (inner >> 8) % N) : batchCall(t, innerMask));
        (bool ok,) = act(STRANGER, outer % 2 == 0 ? claimCall(t, (outer >> 8) % N) : batchCall(t, outerMask));
        assert(ok);
        _expectOnly(t, outerMask | innerMask);
    }

    /// @dev Exactly the accounts in mask were paid, their leaves; the books say so too.
    function _expectOnly(Tree.Data memory t, uint256 mask) private view {
        uint256 sum = 0;
        for (uint256 i = 0; i < N; ++i) {
            uint256 want = mask & (1 << i) == 0 ? 0 : t.amounts[i];
            sum += want;
            assert(token.balanceOf(t.accounts[i]) == want);
            assert(d.claimed(t.accounts[i]) == want);
        }
        assert(d.totalClaimed() == sum);
        assert(token.balanceOf(address(d)) == _FUNDS - sum);
    }

    function _damaged(Tree.Data memory t, uint256 mask, uint256 damage, bytes32 noise) private pure returns (bytes memory) {
        (address[] memory accounts, uint256[] memory amounts, bytes32[] memory path, bool[] memory flags) =
            t.multiProof(mask);
        uint256 i = (damage >> 8) % accounts.length;
        uint256 j = (damage >> 16) % accounts.length;
        uint256 kind = damage % 6;
        if (kind == 0) amounts[i] += uint256(noise) % 1000;
        if (kind == 1) accounts[i] = address(bytes20(noise));
        if (kind == 2) (accounts[i], accounts[j], amounts[i], amounts[j]) = (accounts[j], accounts[i], amounts[j], amounts[i]);
        if (kind == 3 && path.length != 0) path[(damage >> 24) % path.length] ^= noise;
        if (kind == 4 && flags.length != 0) flags[(damage >> 24) % flags.length] = uint256(noise) % 2 == 0;
        if (kind == 5) amounts[i] = amounts[j];
        return abi.encodeCall(IDistributor.claimBatch, (accounts, amounts, path, flags));
    }

    function _one(address a) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = a;
    }

    function _one(uint256 a) private pure returns (uint256[] memory list) {
        list = new uint256[](1);
        list[0] = a;
    }
}
