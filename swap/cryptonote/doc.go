// Package cryptonote reads and checks what Oxen wallets and daemons produce: addresses, message
// signatures, transactions and reserve proofs. It is written for hostile input: every parser is
// bounded, accepts only what encodes to the same text again, and names its reason for a refusal.
//
// # Base58
//
// Data is cut into blocks of 8 bytes, each read as a big-endian number and written as 11 characters
// of the alphabet 1-9, A-Z, a-z without 0, I, O and l. A last block of 1 to 7 bytes takes 2, 3, 5,
// 6, 7, 9 or 10 characters. (oxen-core src/common/base58.cpp)
//
// # Address
//
// base58 of: prefix (varint), public spend key (32 bytes), public view key (32 bytes), payment id
// (8 bytes, integrated addresses only), checksum (the first 4 bytes of Keccak-256 of all before
// it). The prefix says network and kind:
//
//	           standard  integrated  subaddress
//	mainnet         114         115         116
//	testnet         156         157         158
//	devnet         3930        4442        5850
//	stagenet       4888        5272        5656
//
// A fakechain (regression-test network) uses mainnet's prefixes, so a prefix does not prove a
// network. (oxen-core src/cryptonote_config.h, src/cryptonote_basic/cryptonote_basic_impl.cpp)
//
// # Signature
//
// "SigV1" and base58 of c and r, two scalars of 32 little-endian bytes, with
//
//	h = Keccak-256(message)
//	c = H_s(h || P || cP + rG), P the public spend key of the (sub)address
//
// where H_s is Keccak-256 reduced mod L. It binds the bytes of the message and the spend key: no
// view key, address, network or purpose. (oxen-core wallet2::sign, crypto::check_signature)
//
// # Transaction
//
// Numbers are varints unless a size is given: 7 bits a byte, least significant first, in the
// shortest form. list(x) is a number n, then n times x. Keys, images and commitments have 32 bytes.
// (oxen-core src/cryptonote_basic/cryptonote_basic.h, src/ringct/rctTypes.h)
//
//	transaction = prefix [base] prunable
//	prefix  = version                            1 to 4
//	          [list(unlock time)]                from 3 on, one an output
//	          [is state change (1 byte)]         3 only
//	          unlock time
//	          list(input) list(output)
//	          list(extra byte)
//	          [type]                             from 4 on
//	input   = 0xff height                        a miner's, the only one
//	        | 0x02 amount list(offset) key image
//	output  = amount 0x02 one-time key
//	base    = RingCT type                        from 2 on, if there are inputs
//	          [fee                               unless the type is 0
//	           pseudo output for each input      type 2
//	           hidden amount for each output     8 bytes in types 4 and 5, else
//	                                             mask and amount of 32 bytes
//	           commitment for each output]
//
// The prunable part is one signature of 64 bytes for each offset in version 1, nothing in RingCT
// type 0, and else opaque here. The hash of a transaction is at Transaction.Hash.
//
// # Block
//
// Numbers, lists and transactions are as above. (oxen-core src/cryptonote_basic/cryptonote_basic.h)
//
//	block  = header miner list(id) [list(voter (2 bytes) signature)] [end]
//	header = hard fork                           major version, up to 19
//	         vote                                minor version
//	         time previous id nonce (4 bytes)
//	         [random value (16 bytes) round (1 byte) validators (2 bytes)]
//	miner  = a transaction whose only input is a miner's, of RingCT type 0
//	end    = height winner (32 bytes) reward (8 bytes)
//
// The header's last part and the signatures are there from hard fork 16 on, the end from 19 on. The
// id of a block is at Block.ID.
//
// # Stake
//
// A transaction that registers a service node or stakes in one reveals in its extra who stakes how
// much (oxen-core service_node_list.cpp, tx_get_staking_components_and_amounts):
//
//	ExtraNodeKey          the node's key
//	ExtraNodeContributor  B, A: spend and view key of the contributor's address
//	ExtraSecretKey        r, the transaction's secret key
//	ExtraKeyImageProofs   list(key image signature), a proof for each locked output
//
// The first field of each kind is meant. Output i is the contributor's if its one-time key is
// H_s(8rA || i)G + B; its amount opens with the same H_s. It is locked for the contributor by the
// first proof that no output before has used and whose signature is by that one-time key. Oxen
// takes key images of any order there, as long as they are canonical.
//
// # Reserve proof
//
// "ReserveProofV1" and the base58 of an archive of boost's portable_binary_archive, as Oxen's
// wallet writes it (oxen-core wallet2::get_reserve_proof):
//
//	archive = header class integer(outputs) 00 output... class integer(keys) key...
//	header  = 01 16 "serialization::archive" 00 80
//	class   = 00 00                   before the first object of a type, and
//	                                  only there: its tracking and version
//	integer = 00 | size (1 byte, 1 to 8) and as many bytes, least significant
//	          first, the last not 0; below 2^63
//	output  = class1 bytes32(transaction id) integer(index of the output)
//	          class1 bytes32(shared secret) class1 bytes32(key image)
//	          class1 bytes64(shared secret signature) bytes64(key image signature)
//	key     = bytes32(spend key) bytes64(signature)
//	bytes32 = 01 20 and 32 bytes
//	bytes64 = 01 40 and 64 bytes
//
// class1 is class in the first output, and nothing after it; the first output begins with two of
// them, its own and that of its transaction id. A proof without outputs, which Oxen's wallet does
// not make, is refused before the order of the classes in it would matter.
//
// With A and B the view and spend key of the wallet's main address, P the one-time key of an
// output, R a public key of its transaction, I its key image and D its shared secret, a times R for
// the secret view key a:
//
//	prefix hash   h = Keccak-256(message || B || A || all key images in order)
//	shared secret   c = H_s(h || D || X || Y), X = cA + rG, Y = cD + rR
//	key image       c = H_s(I || L || M), L = cP + rG, M = rH_p(P) + cI
//	spend key       a signature over h in place of a message's Keccak-256
//
// and every output belongs to a spend key of the proof: P - H_s(8D || index)G. The key image
// signature binds no message; staking transactions publish the like. What ReserveProof.Verify
// checks is at Check, and in which order at Rules.
package cryptonote
