// What Clef signs for the publisher without asking a person: calls of one distributor that propose, activate and push, and
// no-ops, which fill the nonce of something that is not wanted any more. Everything else is rejected. The chain is checked
// by Clef itself (--chainid).
//
// Write the distributor's address here, then attest the file: clef attest $(sha256sum rules.js | cut -d' ' -f1)
var distributor = "0x0000000000000000000000000000000000000000";

var methods = [
  "0x18379ea0", // propose(uint64,bytes32,uint256,uint64,bytes32)
  "0x0f15f4c0", // activate()
  "0xd1e5524c", // claimBatch(address[],uint256[],bytes32[],bool[])
];

function OnSignerStartup(info) {}
function OnApprovedTx(response) {}

function ApproveListing(request) { return "Approve"; }

function ApproveTx(request) {
  var tx = request.transaction;
  var data = tx.input || tx.data || "0x";
  if (parseInt(tx.value) !== 0 || !tx.to) {
    return "Reject";
  }
  if (same(tx.to, distributor) && methods.indexOf(data.substring(0, 10)) >= 0) {
    return "Approve";
  }
  return same(tx.to, tx.from) && data === "0x" ? "Approve" : "Reject";
}

function same(a, b) { return a.toLowerCase() === b.toLowerCase(); }
