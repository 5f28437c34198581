// The proof of a payout, checked here: whoever trusts the root need not trust the server.

import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";

export interface Proof {
  payout_address: string;
  /** Smallest units, as text: it may be larger than a number may be. */
  amount: string;
  /** The siblings from the leaf up. */
  proof: string[];
}

export interface Checked {
  /** From the leaf to the root, as hexadecimal text with 0x. */
  path: string[];
  leadsTo: boolean;
}

/** Whether `proof` leads to `root`, by the rules of OpenZeppelin's StandardMerkleTree of (address, uint256). */
export function check(proof: Proof, root: string): Checked {
  let node = leaf(proof.payout_address, BigInt(proof.amount));
  const path = [hex(node)];
  for (const sibling of proof.proof) {
    node = over(node, bytes(sibling, 32));
    path.push(hex(node));
  }
  return { path, leadsTo: path.at(-1) === root.toLowerCase() };
}

/** Hashed twice, so that no inner node can be taken for a leaf. */
function leaf(address: string, amount: bigint): Uint8Array {
  const encoded = concatBytes(new Uint8Array(12), bytes(address, 20), bytes(amount.toString(16).padStart(64, "0"), 32));
  return keccak_256(keccak_256(encoded));
}

function over(one: Uint8Array, other: Uint8Array): Uint8Array {
  return keccak_256(hex(one) < hex(other) ? concatBytes(one, other) : concatBytes(other, one));
}

function bytes(text: string, length: number): Uint8Array {
  const read = hexToBytes(text.replace(/^0x/, ""));
  if (read.length !== length) throw new Error(`${text}: expected ${length} bytes`);
  return read;
}

const hex = (node: Uint8Array): string => `0x${bytesToHex(node)}`;
