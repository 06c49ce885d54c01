// Answers questions about one tree after the other with npm
// @openzeppelin/merkle-tree: one JSON request a line on stdin, one JSON answer
// a line on stdout.
"use strict";
const { StandardMerkleTree } = require("@openzeppelin/merkle-tree");

const TYPES = ["address", "uint256"];

function answer({ leaves, batches, dump, proofs, multiProofs }) {
  const tree = StandardMerkleTree.of(leaves, TYPES);
  const loaded = StandardMerkleTree.load(JSON.parse(dump)); // recomputes every hash
  return {
    root: tree.root,
    loadedRoot: loaded.root,
    dump: JSON.stringify(tree.dump()),
    leafHashes: leaves.map((leaf) => tree.leafHash(leaf)),
    proofs: leaves.map((_, i) => tree.getProof(i)),
    multiProofs: batches.map((batch) => tree.getMultiProof(batch)),
    verified: proofs.map((p) => refuseThrows(() => StandardMerkleTree.verify(p.root, TYPES, p.leaf, p.proof))),
    multiVerified: multiProofs.map((p) => refuseThrows(() => StandardMerkleTree.verifyMultiProof(p.root, TYPES, p))),
  };
}

// The package throws on a proof of the wrong shape and answers false to one
// that leads elsewhere; both are refusals.
function refuseThrows(verify) {
  try {
    return verify();
  } catch {
    return false;
  }
}

require("readline")
  .createInterface({ input: process.stdin, crlfDelay: Infinity })
  .on("line", (line) => process.stdout.write(JSON.stringify(answer(JSON.parse(line))) + "\n"));
