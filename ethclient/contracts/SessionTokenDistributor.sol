// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ClaimTree} from "./ClaimTree.sol";
import {ISessionTokenDistributor} from "./ISessionTokenDistributor.sol";

/**
 * @title SessionTokenDistributor
 * @notice Pays Session Token (SESH) to holders who migrated from OXEN. A round is a Merkle root over
 * (recipient, cumulative amount); one root is live at a time and one claim collects every round so far.
 *
 * Three roles, always three different addresses: the publisher proposes roots, the guardian cancels and
 * pauses, the owner funds, unpauses, changes roles, moves the closing time later and, after it, sweeps.
 * Anyone may activate a root that has waited out its delay, and claim for any account: the payment goes to
 * the account, never to the caller.
 *
 * @dev Invariants: the sum of all payments is `totalClaimed`; `totalClaimed` <= total of the live root <=
 * token balance + `totalClaimed` (until closing); nobody is paid more than the largest of their leaves;
 * `claimed[account]` never falls. One distributor serves one migration for ever: a second one starts with
 * nothing claimed and would pay everybody again.
 *
 * The tree is OpenZeppelin's StandardMerkleTree with leaf types ["address", "uint256"]. Amounts are atomic
 * SESH (9 decimals), times are Unix seconds of block.timestamp. Tokens that take a fee on transfer or whose
 * balances change by themselves are not supported.
 */
contract SessionTokenDistributor is ISessionTokenDistributor, Ownable2Step {
    using SafeERC20 for IERC20;

    /// @notice What the constructor needs; see the getters of the same names.
    struct Settings {
        IERC20 token;
        address owner;
        address publisher;
        address guardian;
        uint64 activationDelay;
        uint64 termsCloseAt;
        uint64 closesAt;
        bytes8 migrationId;
    }

    /// @dev One storage slot, read by every claim. uint88 holds the supply of any token with 9
    /// decimals and up to 300 quadrillion units.
    struct Live {
        uint88 totalClaimed;
        uint88 total;
        uint40 closesAt;
        uint32 round;
        bool paused;
    }

    /// @dev One storage slot. activatesAt == 0 means that nothing is pending; round then is the last one ever
    /// proposed. It is never zeroed whole, so that a later proposal overwrites instead of creating.
    struct Pending {
        uint88 total;
        uint40 activatesAt;
        uint32 round;
    }

    /// @dev The only number of decimals that is accepted of a token: that of SESH and of OXEN.
    uint8 private constant DECIMALS = 9;

    /// @dev Least time between the closing of the migration's terms and the closing of claims.
    uint64 private constant CLAIM_PERIOD = 90 days;

    /// @dev The longest that claims may be set to stay open, counted from the block that sets it: a time
    /// given in milliseconds would otherwise lock the funds for ever.
    uint64 private constant MAX_OPEN = 20 * 365 days;

    /// @dev The longest activation delay.
    uint64 private constant MAX_ACTIVATION_DELAY = 90 days;

    /// @dev The most by which a round number may exceed the last proposed one, so that no single proposal
    /// can use up the numbers.
    uint64 private constant MAX_ROUND_GAP = 1000;

    /// @notice The token that is paid.
    IERC20 public immutable token;

    /// @notice Seconds for which a proposed root waits before it can be activated.
    uint64 public immutable activationDelay;

    /// @notice When the migration's terms closed, as they stood at deployment.
    uint64 public immutable termsCloseAt;

    /// @notice The migration that this distributor serves: the first 8 bytes of the SHA-256 of its terms.
    bytes8 public immutable migrationId;

    /// @notice Who may propose roots.
    address public publisher;

    /// @notice Who may cancel a pending root and pause.
    address public guardian;

    /// @dev When the present pause began, 0 if not paused.
    uint40 private _pausedAt;

    Live private _live;
    Pending private _pending;

    /// @dev The root that claims are proved against, 0 before the first activation.
    bytes32 private _root;

    /// @dev Kept after activation or cancellation, for the same reason as Pending.
    bytes32 private _pendingRoot;

    /// @notice What was ever paid to an account. It never falls.
    mapping(address account => uint256) public claimed;

    /**
     * @notice Deploys the distributor of one migration. The deployer gets no role.
     * @param s token: a contract with 9 decimals; owner, publisher, guardian: three different addresses;
     * activationDelay: 1 second to 90 days; termsCloseAt: when the terms close; closesAt: at least 90 days
     * after that and in the future; migrationId: not zero.
     */
    constructor(Settings memory s) Ownable(s.owner) {
        if (address(s.token).code.length == 0) revert TokenHasNoCode(address(s.token));
        (bool known, uint8 decimals) = s.token.tryGetDecimals();
        if (!known || decimals != DECIMALS) revert WrongDecimals(address(s.token), decimals);
        if (s.activationDelay == 0 || s.activationDelay > MAX_ACTIVATION_DELAY) {
            revert DelayOutOfRange(s.activationDelay, MAX_ACTIVATION_DELAY);
        }
        if (s.termsCloseAt == 0 || s.migrationId == 0) revert SettingMissing();
        if (s.closesAt <= block.timestamp) revert ClosesTooEarly(s.closesAt, block.timestamp + 1);
        _checkLatest(s.closesAt);
        uint256 earliest = uint256(s.termsCloseAt) + CLAIM_PERIOD;
        if (s.closesAt < earliest) revert ClosesTooEarly(s.closesAt, earliest);

        token = s.token;
        activationDelay = s.activationDelay;
        termsCloseAt = s.termsCloseAt;
        migrationId = s.migrationId;
        _live.closesAt = uint40(s.closesAt);
        _checkAccount(s.owner, s.token);
        _setPublisher(s.publisher, s.token);
        _setGuardian(s.guardian, s.token);
        emit ClosesAtMoved(0, s.closesAt);
    }

    /**
     * @notice Proposes the next root; it can be activated after `activationDelay` seconds. Publisher only.
     * @param round above every number proposed before, by at most MAX_ROUND_GAP; cancelled ones count
     * @param newRoot the tree's root
     * @param total the sum of the tree's leaves: not below the live root's, not above balance + claimed
     * @param ledgerSize number of entries of the migration's public log just after the round's approval
     * @param ledgerRoot RFC 6962 root hash of those entries
     */
    function propose(uint64 round, bytes32 newRoot, uint256 total, uint64 ledgerSize, bytes32 ledgerRoot) external {
        if (msg.sender != publisher) revert NotPublisher(msg.sender);
        _checkOpen();
        uint64 last = _pending.round;
        if (_pending.activatesAt != 0) revert RootIsPending(last);
        if (round <= last) revert RoundUsed(round, last);
        if (round > last + MAX_ROUND_GAP) revert RoundTooFar(round, last + MAX_ROUND_GAP);
        if (newRoot == 0) revert RootMissing();
        if (total < _live.total) revert TotalFalls(total, _live.total);
        uint256 available = token.balanceOf(address(this)) + _live.totalClaimed;
        if (total > available) revert Underfunded(total, available);

        uint64 activatesAt = uint64(block.timestamp) + activationDelay;
        uint88 total88 = SafeCast.toUint88(total);
        uint32 round32 = SafeCast.toUint32(round);
        _pending.total = total88;
        _pending.activatesAt = uint40(activatesAt);
        _pending.round = round32;
        _pendingRoot = newRoot;
        emit RootProposed(round, newRoot, total, ledgerSize, ledgerRoot, activatesAt);
    }

    /// @notice Makes the pending root the live one. Anyone, once its delay is over, not while paused.
    function activate() external {
        uint64 activatesAt = _pending.activatesAt;
        if (activatesAt == 0) revert NothingPending();
        _checkRunning();
        if (block.timestamp < activatesAt) revert DelayNotOver(activatesAt);

        (uint32 round, uint88 total, bytes32 newRoot) = (_pending.round, _pending.total, _pendingRoot);
        _live.total = total;
        _live.round = round;
        _pending.activatesAt = 0;
        _root = newRoot;
        emit RootActivated(round, newRoot, total);
    }

    /// @notice Withdraws the pending root. Guardian or owner, at any time before its activation.
    function cancel() external {
        if (msg.sender != guardian && msg.sender != owner()) revert NotGuardianOrOwner(msg.sender);
        if (_pending.activatesAt == 0) revert NothingPending();
        _pending.activatesAt = 0;
        emit RootCancelled(_pending.round, _pendingRoot, msg.sender);
    }

    /**
     * @notice Pays `account` what it has not been paid yet. Anyone may call it for any account.
     * @param account the recipient in the leaf
     * @param cumulative the amount in the leaf: all rounds so far, atomic units
     * @param proof sibling hashes from the leaf to the live root
     */
    function claim(address account, uint256 cumulative, bytes32[] calldata proof) external {
        (uint64 round, uint256 paid, uint256 total) = _claimable();
        if (!ClaimTree.verify(proof, _root, ClaimTree.leaf(account, cumulative))) revert InvalidProof();
        uint256 already = claimed[account];
        if (cumulative <= already) revert NothingToClaim(account, already);

        uint256 amount;
        unchecked {
            amount = cumulative - already;
        }
        _live.totalClaimed = _raise(paid, amount, total);
        claimed[account] = cumulative;
        token.safeTransfer(account, amount);
        emit Claimed(account, amount, cumulative, round);
    }

    /**
     * @notice Pays many accounts with one multiproof. An account that was already paid its cumulative amount
     * is passed over. Anyone.
     * @param accounts the recipients in the leaves, in the order of the multiproof (ascending leaf hash)
     * @param cumulatives the amounts in the leaves, in the same order
     * @param proof sibling hashes of the multiproof
     * @param proofFlags flags of the multiproof
     */
    function claimBatch(
        address[] calldata accounts,
        uint256[] calldata cumulatives,
        bytes32[] calldata proof,
        bool[] calldata proofFlags
    ) external {
        (uint64 round, uint256 paid, uint256 total) = _claimable();
        uint256 n = accounts.length;
        if (n != cumulatives.length) revert BatchUneven(n, cumulatives.length);
        // OpenZeppelin's multiproof holds for zero leaves if the proof is the root itself.
        if (n == 0) revert BatchEmpty();

        // All bookkeeping comes before the first transfer, so that a token that calls back meets the final
        // state; a false proof undoes it.
        bytes32[] memory leaves = new bytes32[](n);
        uint256[] memory amounts = new uint256[](n);
        uint256 sum = 0;
        for (uint256 i = 0; i < n; ++i) {
            address account = accounts[i];
            uint256 cumulative = cumulatives[i];
            leaves[i] = ClaimTree.leaf(account, cumulative);
            uint256 already = claimed[account];
            if (cumulative <= already) continue;
            uint256 amount;
            unchecked {
                amount = cumulative - already;
            }
            claimed[account] = cumulative;
            amounts[i] = amount;
            sum += amount;
        }
        if (!MerkleProof.multiProofVerifyCalldata(proof, proofFlags, _root, leaves)) revert InvalidProof();
        _live.totalClaimed = _raise(paid, sum, total);

        for (uint256 i = 0; i < n; ++i) {
            uint256 amount = amounts[i];
            if (amount == 0) continue;
            address account = accounts[i];
            token.safeTransfer(account, amount);
            emit Claimed(account, amount, cumulatives[i], round);
        }
    }

    /// @notice Stops claims and activation until the owner unpauses. Guardian only, before closing.
    function pause() external {
        if (msg.sender != guardian) revert NotGuardian(msg.sender);
        _checkRunning();
        _live.paused = true;
        _pausedAt = uint40(block.timestamp);
        emit Paused(msg.sender);
    }

    /// @notice Ends the pause and moves the closing time later by as long as it lasted. Owner only.
    function unpause() external onlyOwner {
        if (!_live.paused) revert IsNotPaused();
        uint64 pausedFor = uint64(block.timestamp) - _pausedAt;
        uint64 previous = _live.closesAt;
        uint64 newClosesAt = previous + pausedFor;
        _live.paused = false;
        _live.closesAt = uint40(newClosesAt);
        _pausedAt = 0;
        emit Unpaused(msg.sender, pausedFor);
        if (pausedFor != 0) emit ClosesAtMoved(previous, newClosesAt);
    }

    /**
     * @notice Moves the closing time later. Owner only, before closing, not while paused: the pause itself
     * moves it when it ends.
     * @param newClosesAt later than the present one
     */
    function moveClosesAt(uint64 newClosesAt) external onlyOwner {
        _checkRunning();
        uint64 previous = _live.closesAt;
        if (newClosesAt <= previous) revert ClosesTooEarly(newClosesAt, previous + 1);
        _checkLatest(newClosesAt);
        _live.closesAt = uint40(newClosesAt);
        emit ClosesAtMoved(previous, newClosesAt);
    }

    /**
     * @notice Sends what nobody claimed to `to`. Owner only, after closing; never while paused, since the
     * closing time then has not been reached yet.
     * @param to where the unclaimed funds go
     */
    function sweep(address to) external onlyOwner {
        if (_live.paused) revert IsPaused();
        if (block.timestamp < _live.closesAt) revert IsOpen(_live.closesAt);
        if (to == address(0) || to == address(this)) revert SweepToNotAllowed(to);
        uint256 amount = token.balanceOf(address(this));
        token.safeTransfer(to, amount);
        emit Swept(to, amount);
    }

    /**
     * @notice Names another publisher. Owner only. A root that the old one proposed stays pending until it is
     * activated or cancelled.
     * @param account not zero, no other role
     */
    function setPublisher(address account) external onlyOwner {
        _setPublisher(account, token);
    }

    /**
     * @notice Names another guardian. Owner only.
     * @param account not zero, no other role
     */
    function setGuardian(address account) external onlyOwner {
        _setGuardian(account, token);
    }

    /**
     * @notice Offers the ownership to `newOwner`, who must accept it; the zero address withdraws an offer.
     * Owner only.
     * @param newOwner zero or an address without a role
     */
    function transferOwnership(address newOwner) public override onlyOwner {
        if (newOwner != address(0)) _checkNewOwner(newOwner);
        super.transferOwnership(newOwner);
    }

    /// @notice Takes the offered ownership. The one it was offered to, if without another role by then.
    function acceptOwnership() public override {
        _checkNewOwner(msg.sender);
        super.acceptOwnership();
    }

    /// @notice Always refused: without an owner nobody could unpause, and unclaimed funds would be lost.
    function renounceOwnership() public pure override {
        revert OwnerRequired();
    }

    /**
     * @notice The live root.
     * @return round its number, 0 before the first activation
     * @return root the root, 0 before the first activation
     * @return total the most that may ever have been paid under it, atomic units
     */
    function live() external view returns (uint64 round, bytes32 root, uint256 total) {
        return (_live.round, _root, _live.total);
    }

    /**
     * @notice The pending root; all zero if there is none.
     * @return round its number
     * @return root the root
     * @return total its total, atomic units
     * @return activatesAt from when on it can be activated
     */
    function pending() external view returns (uint64 round, bytes32 root, uint256 total, uint64 activatesAt) {
        if (_pending.activatesAt == 0) return (0, 0, 0, 0);
        return (_pending.round, _pendingRoot, _pending.total, _pending.activatesAt);
    }

    /// @notice The highest round number ever proposed, cancelled ones included.
    function lastProposed() external view returns (uint64) {
        return _pending.round;
    }

    /// @notice The sum of everything ever paid, atomic units.
    function totalClaimed() external view returns (uint256) {
        return _live.totalClaimed;
    }

    /// @notice From when on claims are refused. While paused the real time is later by the length of the pause.
    function closesAt() external view returns (uint64) {
        return _live.closesAt;
    }

    /// @notice When the present pause began, 0 if not paused.
    function pausedAt() external view returns (uint64) {
        return _pausedAt;
    }

    /// @notice Whether claims and activation are stopped.
    function paused() external view returns (bool) {
        return _live.paused;
    }

    /// @dev The new totalClaimed; reverts above the live total.
    function _raise(uint256 paid, uint256 amount, uint256 total) private pure returns (uint88) {
        uint256 raised = paid + amount;
        if (raised > total) revert TotalExceeded(raised, total);
        return uint88(raised);
    }

    /// @dev Sets the publisher and says so.
    function _setPublisher(address account, IERC20 token_) private {
        _checkAccount(account, token_);
        if (account == owner() || account == guardian || account == publisher) revert RoleNotAllowed(account);
        emit PublisherChanged(publisher, account);
        publisher = account;
    }

    /// @dev Sets the guardian and says so.
    function _setGuardian(address account, IERC20 token_) private {
        _checkAccount(account, token_);
        if (account == owner() || account == publisher || account == guardian) revert RoleNotAllowed(account);
        emit GuardianChanged(guardian, account);
        guardian = account;
    }

    /// @dev Refuses addresses that can never act in a role.
    function _checkAccount(address account, IERC20 token_) private view {
        if (account == address(0) || account == address(this) || account == address(token_)) {
            revert RoleNotAllowed(account);
        }
    }

    /// @dev Refuses an owner who already has a role.
    function _checkNewOwner(address account) private view {
        _checkAccount(account, token);
        if (account == publisher || account == guardian) revert RoleNotAllowed(account);
    }

    /// @dev Refuses a closing time so late that it can only be a mistake.
    function _checkLatest(uint64 time) private view {
        if (time > block.timestamp + MAX_OPEN) revert ClosesTooLate(time, block.timestamp + MAX_OPEN);
    }

    /// @dev Reverts from the closing time on. A pause stops that clock: it can only begin before closing, and
    /// when it ends the closing time moves by its length.
    function _checkOpen() private view {
        if (block.timestamp >= _live.closesAt && !_live.paused) revert IsClosed(_live.closesAt);
    }

    /// @dev Reverts while paused and from the closing time on.
    function _checkRunning() private view {
        _checkRunning(_live.paused, _live.closesAt);
    }

    /// @dev Reverts unless claims are possible now; returns what they need of the live root, read once.
    function _claimable() private view returns (uint64 round, uint256 paid, uint256 total) {
        (bool isPaused, uint64 closes) = (_live.paused, _live.closesAt);
        (round, paid, total) = (_live.round, _live.totalClaimed, _live.total);
        _checkRunning(isPaused, closes);
        if (round == 0) revert NothingLive();
    }

    /// @dev See _checkRunning().
    function _checkRunning(bool isPaused, uint64 closes) private view {
        if (isPaused) revert IsPaused();
        if (block.timestamp >= closes) revert IsClosed(closes);
    }
}
