// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {HostileToken} from "./HostileToken.sol";
import {IDistributor} from "./IDistributor.sol";
import {Tree} from "./Tree.sol";
import {vm} from "./Vm.sol";

/// @dev A funded distributor with its roles, made of the committed bytecode: what is tested is what is deployed.
abstract contract World {
    using Tree for Tree.Data;

    address internal constant OWNER = address(0xA11CE);
    address internal constant PUBLISHER = address(0xB0B);
    address internal constant GUARDIAN = address(0xCA401);
    address internal constant STRANGER = address(0xD0E);

    uint64 internal constant START = 2_000_000_000;
    uint64 internal constant DELAY = 1 hours;
    uint64 internal constant TERMS_CLOSE = START + 100 days;
    uint64 internal constant CLOSES = TERMS_CLOSE + 90 days;

    /// @dev The number of recipients in the tests' trees: not a power of two, so that depths differ.
    uint256 internal constant N = 6;

    IDistributor internal d;
    HostileToken internal token;

    /// @dev Makes the world at START, without funds.
    function makeWorld() internal {
        vm.warp(START);
        token = new HostileToken();
        (bool ok, address made) = deploy(settings());
        assert(ok);
        d = IDistributor(made);
    }

    function settings() internal view returns (IDistributor.Settings memory) {
        return IDistributor.Settings({
            token: address(token),
            owner: OWNER,
            publisher: PUBLISHER,
            guardian: GUARDIAN,
            activationDelay: DELAY,
            termsCloseAt: TERMS_CLOSE,
            closesAt: CLOSES,
            migrationId: bytes8("migrated")
        });
    }

    function deploy(IDistributor.Settings memory s) internal returns (bool ok, address made) {
        bytes memory code = vm.parseJsonBytes(vm.readFile("SessionTokenDistributor.json"), ".bytecode");
        code = bytes.concat(code, abi.encode(s));
        assembly {
            made := create(0, add(code, 0x20), mload(code))
        }
        ok = made != address(0);
    }

    /// @dev The address of recipient i.
    function holder(uint256 i) internal pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode("holder", i)))));
    }

    /// @dev The tree in which recipient i is owed amounts[i].
    function treeOf(uint256[N] memory amounts) internal pure returns (Tree.Data memory) {
        address[] memory accounts = new address[](N);
        uint256[] memory list = new uint256[](N);
        for (uint256 i = 0; i < N; ++i) (accounts[i], list[i]) = (holder(i), amounts[i]);
        return Tree.build(accounts, list);
    }

    /// @dev Amounts between 1 and 10^15 from arbitrary words.
    function amountsOf(uint256[N] memory words) internal pure returns (uint256[N] memory) {
        for (uint256 i = 0; i < N; ++i) words[i] = within(words[i], 1, 10 ** 15);
        return words;
    }

    /// @dev A number from low to high, both included, out of an arbitrary word.
    function within(uint256 word, uint256 low, uint256 high) internal pure returns (uint256) {
        return low + word % (high - low + 1);
    }

    /// @dev Proposes a tree and activates it after its delay.
    function publish(uint64 round, Tree.Data memory t) internal {
        vm.prank(PUBLISHER);
        d.propose(round, t.root(), t.total(), 1, 0);
        vm.warp(block.timestamp + DELAY);
        d.activate();
    }

    /// @dev Calls the distributor as somebody; tells whether it succeeded and what it answered.
    function act(address who, bytes memory data) internal returns (bool ok, bytes memory answer) {
        vm.prank(who);
        return address(d).call(data);
    }

    /// @dev Calls the distributor as somebody; it must revert with this error.
    function refused(address who, bytes memory data, bytes4 why) internal {
        (bool ok, bytes memory answer) = act(who, data);
        require(!ok, "succeeded");
        require(bytes4(answer) == why, "refused for another reason");
    }

    function claimCall(Tree.Data memory t, uint256 i) internal pure returns (bytes memory) {
        return abi.encodeCall(IDistributor.claim, (t.accounts[i], t.amounts[i], t.proof(i)));
    }

    function batchCall(Tree.Data memory t, uint256 mask) internal pure returns (bytes memory) {
        (address[] memory accounts, uint256[] memory amounts, bytes32[] memory path, bool[] memory flags) =
            t.multiProof(mask);
        return abi.encodeCall(IDistributor.claimBatch, (accounts, amounts, path, flags));
    }
}
