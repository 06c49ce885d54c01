// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/**
 * @title ClaimTree
 * @notice The leaves and proofs of OpenZeppelin's StandardMerkleTree with leaf types ["address", "uint256"].
 */
library ClaimTree {
    /**
     * @notice The leaf keccak256(keccak256(abi.encode(account, cumulative))). The double hash keeps a leaf from
     * being read as an inner node.
     * @param account the recipient
     * @param cumulative what it is owed in all, atomic units
     */
    function leaf(address account, uint256 cumulative) internal pure returns (bytes32 hash) {
        bytes32 inner = Hashes.efficientKeccak256(bytes32(uint256(uint160(account))), bytes32(cumulative));
        assembly ("memory-safe") {
            mstore(0x00, inner)
            hash := keccak256(0x00, 0x20)
        }
    }

    /**
     * @notice Whether a proof leads from a leaf to a root.
     * @dev MerkleProof.verifyCalldata at less than half its gas: each pair is put in order by the places that
     * its two hashes are written to.
     * @param proof sibling hashes from the leaf up
     * @param root where it must lead
     * @param hash the leaf
     */
    function verify(bytes32[] calldata proof, bytes32 root, bytes32 hash) internal pure returns (bool ok) {
        assembly ("memory-safe") {
            let end := add(proof.offset, shl(5, proof.length))
            for { let next := proof.offset } lt(next, end) { next := add(next, 0x20) } {
                let sibling := calldataload(next)
                let place := shl(5, gt(hash, sibling))
                mstore(place, hash)
                mstore(xor(place, 0x20), sibling)
                hash := keccak256(0x00, 0x40)
            }
            ok := eq(hash, root)
        }
    }
}
