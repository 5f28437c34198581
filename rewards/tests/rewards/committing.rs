//! The tree over payouts is OpenZeppelin's, and a proof proves nothing but what is paid.

use proptest::prelude::*;
use waymark_datasets::rows::PayoutRow;
use waymark_datasets::{Amount, PayoutAddress};
use waymark_rewards::{Commitment, Proof};

fn address(number: u64) -> PayoutAddress {
    format!("0x{:040x}", 0xdead_0000_0000 + number).parse().unwrap()
}

fn amount(units: u128) -> Amount {
    Amount::try_from(units).unwrap()
}

fn payout(number: u64, units: u128) -> PayoutRow {
    let driver = format!("driver-{number}-{units}").parse().unwrap();
    PayoutRow { driver, payout_address: address(number), passes: 1, points_ppm: 1, amount: amount(units) }
}

/// The address with number n is paid 1,234,567,890,123 × n + 7.
fn payouts(number: u64) -> Vec<PayoutRow> {
    (0..number).map(|n| payout(n, u128::from(n) * 1_234_567_890_123 + 7)).collect()
}

#[test]
fn roots_and_proofs_are_those_of_openzeppelins_standard_merkle_tree() {
    // By npm @openzeppelin/merkle-tree 1.0.8: the root of the first n payouts, and the proof of the last of them.
    let vectors: [(u64, &str, &[&str]); 5] = [
        (1, "0xa606a657b344d61f01eceb881e4dd9aa00deb90e46d86246ec54941dc2a42187", &[]),
        (
            2,
            "0x4acdc8183f4351341bf0470bf6c2a5cf98c2c5a6c6f8aea1a92cb380554c760b",
            &["0xa606a657b344d61f01eceb881e4dd9aa00deb90e46d86246ec54941dc2a42187"],
        ),
        (
            3,
            "0x21d90d0a368a3cb8568cc06531b8e7895ad2cc5937d2674c96c60648cb0cd6e8",
            &[
                "0x62389b8e118e6a9e72d848dfde091850dc97e4b272d7d9b6223f02b4808fe395",
                "0xa606a657b344d61f01eceb881e4dd9aa00deb90e46d86246ec54941dc2a42187",
            ],
        ),
        (
            5,
            "0xa579edf42edbd0e95a3539cd25c1d133e05484c139ceb93af83b02b9b8f45642",
            &[
                "0x62389b8e118e6a9e72d848dfde091850dc97e4b272d7d9b6223f02b4808fe395",
                "0xac77a79f90e0fb2cd9ab6ecea53e84babf3f0c91700472cecfceab4625233360",
                "0xca3ca067ed5036a2f99cd17660fe0e11f93745dadedfcc41408f6e5f06ab8e54",
            ],
        ),
        (
            8,
            "0x01ae4fe5c5c363c8cc0b7ce0ba996c385e036b7d0650ea8a2c8cfbc2d7392c5c",
            &[
                "0xefdfbf987b8519ae2922a8502a90338fddff6947b6468b9f75e9d7b11bb33b07",
                "0x9b0aa5065978259d5a0b5706ebff91798af7217af2187e40d14c24f6ba9e0066",
                "0x36af6cff81290410bc18493216a432fea1ebffbb596ddc9952dcc76ef60125e4",
            ],
        ),
    ];
    for (number, root, proof) in vectors {
        let commitment = Commitment::to(&payouts(number));
        assert_eq!(commitment.root().unwrap().to_string(), root);
        let found = commitment.proof(address(number - 1)).unwrap();
        assert_eq!(found.proof.iter().map(ToString::to_string).collect::<Vec<_>>(), proof);
    }
}

#[test]
fn where_nobody_is_paid_there_is_no_root() {
    let nothing = Commitment::to(&[]);
    assert_eq!((nothing.root(), nothing.proof(address(1))), (None, None));
    assert_eq!(Commitment::to(&payouts(3)).proof(address(3)), None);
}

#[test]
fn drivers_who_share_an_address_share_a_leaf() {
    let apart = [payout(1, 5), payout(2, 1), payout(1, 3)];
    let together = [payout(1, 8), payout(2, 1)];
    assert_eq!(Commitment::to(&apart).root(), Commitment::to(&together).root());
    assert_eq!(Commitment::to(&apart).proof(address(1)).unwrap().amount, amount(8));
}

proptest! {
    #[test]
    fn every_proof_leads_to_the_root_in_any_order_and_no_other_sum_does(
        rows in prop::collection::vec((0u64..40, 0u128..1 << 90), 1..60),
        turn in 0usize..60,
    ) {
        let mut rows: Vec<PayoutRow> = rows.iter().map(|(number, units)| payout(*number, *units)).collect();
        let commitment = Commitment::to(&rows);
        for row in &rows {
            let proof = commitment.proof(row.payout_address).unwrap();
            prop_assert_eq!(Some(proof.root()), commitment.root());
            let more = Proof { amount: amount(proof.amount.units() + 1), ..proof.clone() };
            prop_assert_ne!(Some(more.root()), commitment.root());
            let read: Proof = serde_json::from_str(&serde_json::to_string(&proof).unwrap()).unwrap();
            prop_assert_eq!(read, proof);
        }
        let turn = turn % rows.len();
        rows.rotate_left(turn);
        prop_assert_eq!(Commitment::to(&rows).root(), commitment.root());
    }
}
