// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISessionTokenDistributor} from "../../ISessionTokenDistributor.sol";

/// @dev SessionTokenDistributor as its callers see it. The source itself is not imported: it is compiled apart, with
/// settings of its own, and its committed bytecode is what these tests deploy.
interface IDistributor is ISessionTokenDistributor {
    struct Settings {
        address token;
        address owner;
        address publisher;
        address guardian;
        uint64 activationDelay;
        uint64 termsCloseAt;
        uint64 closesAt;
        bytes8 migrationId;
    }

    function propose(uint64 round, bytes32 newRoot, uint256 total, uint64 ledgerSize, bytes32 ledgerRoot) external;
    function activate() external;
    function cancel() external;
    function claim(address account, uint256 cumulative, bytes32[] calldata proof) external;
    function claimBatch(
        address[] calldata accounts,
        uint256[] calldata cumulatives,
        bytes32[] calldata proof,
        bool[] calldata proofFlags
    ) external;
    function pause() external;
    function unpause() external;
    function moveClosesAt(uint64 newClosesAt) external;
    function sweep(address to) external;
    function setPublisher(address account) external;
    function setGuardian(address account) external;
    function transferOwnership(address newOwner) external;
    function acceptOwnership() external;
    function renounceOwnership() external;

    function owner() external view returns (address);
    function pendingOwner() external view returns (address);
    function publisher() external view returns (address);
    function guardian() external view returns (address);
    function token() external view returns (address);
    function activationDelay() external view returns (uint64);
    function termsCloseAt() external view returns (uint64);
    function migrationId() external view returns (bytes8);
    function closesAt() external view returns (uint64);
    function paused() external view returns (bool);
    function pausedAt() external view returns (uint64);
    function live() external view returns (uint64 round, bytes32 root, uint256 total);
    function pending() external view returns (uint64 round, bytes32 root, uint256 total, uint64 activatesAt);
    function lastProposed() external view returns (uint64);
    function totalClaimed() external view returns (uint256);
    function claimed(address account) external view returns (uint256);
}
