// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev OpenZeppelin's StandardMerkleTree over (account, cumulative amount), written for clarity: a flat heap with the
/// root first and the leaf hashes, sorted ascending, stored backwards from the end.
library Tree {
    struct Data {
        address[] accounts;
        uint256[] amounts;
        bytes32[] nodes;
        uint256[] places; // of each account's leaf in nodes
    }

    function build(address[] memory accounts, uint256[] memory amounts) internal pure returns (Data memory t) {
        uint256 n = accounts.length;
        t = Data(accounts, amounts, new bytes32[](2 * n - 1), new uint256[](n));
        bytes32[] memory leaves = new bytes32[](n);
        for (uint256 i = 0; i < n; ++i) leaves[i] = leaf(accounts[i], amounts[i]);
        for (uint256 i = 0; i < n; ++i) {
            uint256 rank = 0; // how many leaf hashes are smaller; accounts differ, so hashes do
            for (uint256 j = 0; j < n; ++j) {
                if (leaves[j] < leaves[i]) ++rank;
            }
            t.places[i] = 2 * n - 2 - rank;
            t.nodes[t.places[i]] = leaves[i];
        }
        for (uint256 i = n - 1; i > 0; --i) {
            t.nodes[i - 1] = pair(t.nodes[2 * i - 1], t.nodes[2 * i]);
        }
    }

    function leaf(address account, uint256 amount) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(account, amount))));
    }

    function pair(bytes32 a, bytes32 b) internal pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
    }

    function root(Data memory t) internal pure returns (bytes32) {
        return t.nodes[0];
    }

    function total(Data memory t) internal pure returns (uint256 sum) {
        for (uint256 i = 0; i < t.amounts.length; ++i) sum += t.amounts[i];
    }

    function proof(Data memory t, uint256 i) internal pure returns (bytes32[] memory path) {
        uint256 depth = 0;
        for (uint256 here = t.places[i]; here != 0; here = (here - 1) / 2) ++depth;
        path = new bytes32[](depth);
        depth = 0;
        for (uint256 here = t.places[i]; here != 0; here = (here - 1) / 2) path[depth++] = t.nodes[sibling(here)];
    }

    /// @dev The multiproof of the accounts whose bits are set in mask, in the order in which claimBatch wants them.
    function multiProof(Data memory t, uint256 mask)
        internal
        pure
        returns (address[] memory accounts, uint256[] memory amounts, bytes32[] memory path, bool[] memory flags)
    {
        uint256 n = t.accounts.length;
        uint256[] memory queue = new uint256[](2 * n); // places whose hash is known, falling
        uint256 count = 0;
        accounts = new address[](n);
        amounts = new uint256[](n);
        for (uint256 place = 2 * n - 1; place-- > n - 1;) {
            for (uint256 i = 0; i < n; ++i) {
                if (t.places[i] != place || mask & (1 << i) == 0) continue;
                (accounts[count], amounts[count]) = (t.accounts[i], t.amounts[i]);
                queue[count++] = place;
            }
        }
        (path, flags) = (new bytes32[](n), new bool[](2 * n));
        uint256 paths = 0;
        uint256 steps = 0;
        uint256 tail = count;
        for (uint256 head = 0; head < tail && queue[head] != 0; ++steps) {
            uint256 here = queue[head++];
            if (head < tail && queue[head] == sibling(here)) {
                flags[steps] = true;
                ++head;
            } else {
                path[paths++] = t.nodes[sibling(here)];
            }
            queue[tail++] = (here - 1) / 2;
        }
        assembly ("memory-safe") {
            mstore(accounts, count)
            mstore(amounts, count)
            mstore(path, paths)
            mstore(flags, steps)
        }
    }

    function sibling(uint256 here) private pure returns (uint256) {
        return here % 2 == 1 ? here + 1 : here - 1;
    }
}
