//! One hash for all that an epoch pays, and the proof by which anyone finds one payee's sum in it.
//!
//! The tree is that of OpenZeppelin's `StandardMerkleTree` for leaves of `["address", "uint256"]`, so that its
//! libraries and contracts (`MerkleProof.verify`) read our proofs: a leaf is the Keccak-256 of the Keccak-256 of the
//! ABI encoding, an inner node that of its two children in order of their bytes. Drivers who share an address share
//! a leaf: whoever pays by the root pays each address once.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha3::{Digest as _, Keccak256};
use waymark_datasets::rows::PayoutRow;
use waymark_datasets::{Amount, Invalid, PayoutAddress};

/// A node of the tree: a Keccak-256, written as 0x and 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node([u8; 32]);

/// What each address is paid, and the tree over it.
#[derive(Debug, Clone)]
pub struct Commitment {
    amounts: BTreeMap<PayoutAddress, Amount>,
    /// The root is first, the children of node i are 2i + 1 and 2i + 2, the leaves are last in falling order.
    nodes: Vec<Node>,
}

/// That an address is paid an amount, to be held against a root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Who is paid.
    pub payout_address: PayoutAddress,
    /// How much, in smallest units.
    pub amount: Amount,
    /// The siblings from the leaf up.
    pub proof: Vec<Node>,
}

impl Commitment {
    /// Commits to `payouts`, whose order does not matter.
    #[must_use]
    pub fn to(payouts: &[PayoutRow]) -> Self {
        let mut amounts: BTreeMap<PayoutAddress, Amount> = BTreeMap::new();
        for row in payouts {
            let amount = amounts.entry(row.payout_address).or_insert(Amount::ZERO);
            *amount = [*amount, row.amount].into_iter().sum();
        }
        let mut leaves: Vec<Node> = amounts.iter().map(|(address, amount)| Node::leaf(*address, *amount)).collect();
        leaves.sort_unstable_by(|a, b| b.cmp(a));
        let inner = leaves.len().saturating_sub(1);
        let mut nodes = vec![Node([0; 32]); inner];
        nodes.extend(leaves);
        for node in (0..inner).rev() {
            nodes[node] = Node::over(nodes[2 * node + 1], nodes[2 * node + 2]);
        }
        Self { amounts, nodes }
    }

    /// The hash of it all; none where nobody is paid.
    #[must_use]
    pub fn root(&self) -> Option<Node> {
        self.nodes.first().copied()
    }

    /// The proof of what `address` is paid; none if it is paid nothing.
    #[must_use]
    pub fn proof(&self, address: PayoutAddress) -> Option<Proof> {
        let amount = *self.amounts.get(&address)?;
        let leaf = Node::leaf(address, amount);
        let inner = self.amounts.len() - 1;
        let mut at = inner + self.nodes[inner..].binary_search_by(|node| leaf.cmp(node)).ok()?;
        let mut proof = Vec::new();
        while at > 0 {
            proof.push(self.nodes[if at.is_multiple_of(2) { at - 1 } else { at + 1 }]);
            at = (at - 1) / 2;
        }
        Some(Proof { payout_address: address, amount, proof })
    }
}

impl Proof {
    /// The root that this proof leads to; it proves what it says to whoever knows that root.
    #[must_use]
    pub fn root(&self) -> Node {
        self.proof.iter().fold(Node::leaf(self.payout_address, self.amount), |node, sibling| Node::over(node, *sibling))
    }
}

impl Node {
    fn leaf(address: PayoutAddress, amount: Amount) -> Self {
        let mut encoded = [0; 64];
        encoded[12..32].copy_from_slice(address.as_bytes());
        encoded[48..].copy_from_slice(&amount.units().to_be_bytes());
        // Twice, so that no inner node can be taken for a leaf.
        Self(Keccak256::digest(Keccak256::digest(encoded)).into())
    }

    fn over(one: Self, other: Self) -> Self {
        let (low, high) = if one < other { (one, other) } else { (other, one) };
        Self(Keccak256::new().chain_update(low.0).chain_update(high.0).finalize().into())
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Node {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::new("node", text, "0x and 64 hexadecimal digits");
        let digits = text.strip_prefix("0x").filter(|d| d.len() == 64 && d.bytes().all(|c| c.is_ascii_hexdigit()));
        let digits = digits.ok_or_else(invalid)?;
        let mut bytes = [0; 32];
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).map_err(|_| invalid())?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}
