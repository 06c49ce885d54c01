// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title ISessionTokenDistributor
 * @notice The events and errors of SessionTokenDistributor. Its whole history can be read from the events.
 */
interface ISessionTokenDistributor {
    /// @notice A root waits for its activation. ledgerSize and ledgerRoot name the migration's public log just
    /// after the round's approval: size and RFC 6962 root hash.
    event RootProposed(
        uint64 indexed round,
        bytes32 root,
        uint256 total,
        uint64 ledgerSize,
        bytes32 ledgerRoot,
        uint64 activatesAt
    );

    /// @notice A root became the live one.
    event RootActivated(uint64 indexed round, bytes32 root, uint256 total);

    /// @notice A pending root was withdrawn; its round number is not used again.
    event RootCancelled(uint64 indexed round, bytes32 root, address by);

    /// @notice `account` was paid `amount`, `cumulative` in all, under the live root of `round`.
    event Claimed(address indexed account, uint256 amount, uint256 cumulative, uint64 round);

    /// @notice Claims and activation are stopped.
    event Paused(address by);

    /// @notice Claims and activation go on after `pausedFor` seconds.
    event Unpaused(address by, uint64 pausedFor);

    /// @notice The closing time moved later (at deployment: from 0).
    event ClosesAtMoved(uint64 previous, uint64 closesAt);

    /// @notice What nobody claimed went to `to`.
    event Swept(address indexed to, uint256 amount);

    /// @notice The publisher changed (at deployment: from the zero address).
    event PublisherChanged(address indexed previous, address indexed publisher);

    /// @notice The guardian changed (at deployment: from the zero address).
    event GuardianChanged(address indexed previous, address indexed guardian);

    /// @notice The token's address holds no code on this chain.
    error TokenHasNoCode(address token);
    /// @notice The token has other than 9 decimals, or does not say (0).
    error WrongDecimals(address token, uint8 decimals);
    /// @notice The activation delay is 0 or above `max`.
    error DelayOutOfRange(uint64 delay, uint64 max);
    /// @notice The terms' closing time or the migration id is 0.
    error SettingMissing();
    /// @notice Claims would close before `earliest`.
    error ClosesTooEarly(uint64 closesAt, uint256 earliest);
    /// @notice Claims would close after `latest`.
    error ClosesTooLate(uint64 closesAt, uint256 latest);
    /// @notice A role would be the zero address, this contract, the token, or an address that has another role.
    error RoleNotAllowed(address account);
    /// @notice The caller is not the publisher.
    error NotPublisher(address caller);
    /// @notice The caller is not the guardian.
    error NotGuardian(address caller);
    /// @notice The caller is neither guardian nor owner.
    error NotGuardianOrOwner(address caller);
    /// @notice The owner cannot be given up: only the owner can unpause and sweep.
    error OwnerRequired();
    /// @notice The round number is not above the last one proposed.
    error RoundUsed(uint64 round, uint64 lastProposed);
    /// @notice The round number is too far above the last one proposed.
    error RoundTooFar(uint64 round, uint64 highest);
    /// @notice Another root is pending: activate or cancel it first.
    error RootIsPending(uint64 round);
    /// @notice The root is zero.
    error RootMissing();
    /// @notice The total is below the live root's.
    error TotalFalls(uint256 total, uint256 liveTotal);
    /// @notice The total is above what the contract holds and has paid: fund it first.
    error Underfunded(uint256 total, uint256 available);
    /// @notice No root is pending.
    error NothingPending();
    /// @notice The pending root can be activated from `activatesAt` on.
    error DelayNotOver(uint64 activatesAt);
    /// @notice Not while paused.
    error IsPaused();
    /// @notice Only while paused.
    error IsNotPaused();
    /// @notice Claims closed at `closesAt`.
    error IsClosed(uint64 closesAt);
    /// @notice Claims are open until `closesAt`.
    error IsOpen(uint64 closesAt);
    /// @notice No root was activated yet.
    error NothingLive();
    /// @notice The proof does not lead from the leaves to the live root.
    error InvalidProof();
    /// @notice The account was already paid that much.
    error NothingToClaim(address account, uint256 claimed);
    /// @notice The payment would exceed the total that the live root announced.
    error TotalExceeded(uint256 totalClaimed, uint256 total);
    /// @notice A batch without accounts.
    error BatchEmpty();
    /// @notice A batch with unequal numbers of accounts and amounts.
    error BatchUneven(uint256 accounts, uint256 cumulatives);
    /// @notice Unclaimed funds cannot go to the zero address or to this contract.
    error SweepToNotAllowed(address to);
}
