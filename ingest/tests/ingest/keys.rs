//! Keys, thumbprints and signatures against the RFCs.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use waymark_datasets::Reason;
use waymark_ingest::{DeviceKey, PublicJwk, jws};

/// The key of RFC 8037, appendix A.1.
fn rfc_8037_key() -> DeviceKey {
    let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    DeviceKey::from_seed(&seed.try_into().unwrap()).unwrap()
}

fn reason_of(compact: &str) -> Reason {
    jws::verify(compact.as_bytes(), 1 << 20).unwrap_err().reason
}

/// A compact JWS of any header and signature.
fn compact(header: &str, payload: &[u8], signature: &[u8]) -> String {
    [header.as_bytes(), payload, signature].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
}

#[test]
fn the_device_id_is_the_thumbprint_of_rfc_8037_a_3() {
    let key = rfc_8037_key();
    assert_eq!(key.device_id().as_str(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    let jwk = serde_json::to_string(&key.public_jwk()).unwrap();
    assert_eq!(jwk, r#"{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#);
    assert_eq!(serde_json::from_str::<PublicJwk>(&jwk).unwrap(), key.public_jwk());
}

#[test]
fn a_key_survives_pem_and_is_written_as_rfc_8410_has_it() {
    let pem = "-----BEGIN PRIVATE KEY-----\n\
               MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
               -----END PRIVATE KEY-----\n";
    let key = DeviceKey::from_pkcs8_pem(pem).unwrap();
    assert_eq!(key.to_pkcs8_pem().unwrap().as_str(), pem);
    let fresh = DeviceKey::generate().unwrap();
    let again = DeviceKey::from_pkcs8_pem(&fresh.to_pkcs8_pem().unwrap()).unwrap();
    assert_eq!(again.device_id(), fresh.device_id());
    assert_ne!(DeviceKey::generate().unwrap().device_id(), fresh.device_id());
    assert!(DeviceKey::from_pkcs8_pem("-----BEGIN PRIVATE KEY-----").is_err());
}

#[test]
fn a_signature_is_deterministic_and_verifies() {
    let key = rfc_8037_key();
    let compact = key.sign(b"Example of Ed25519 signing");
    assert_eq!(compact, key.sign(b"Example of Ed25519 signing"));
    let verified = jws::verify(compact.as_bytes(), 1_000).unwrap();
    assert_eq!(verified.payload, b"Example of Ed25519 signing");
    assert_eq!(&verified.device_id, key.device_id());
    let header = URL_SAFE_NO_PAD.decode(compact.split('.').next().unwrap()).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    assert_eq!((&header["alg"], &header["typ"]), (&"EdDSA".into(), &jws::TYPE.into()));
    assert_eq!(header["kid"], key.device_id().as_str());
}

/// Verified with PyPI jwcrypto and joserfc: other libraries must go on reading what devices sign.
const GOLDEN: &str = "\
    eyJhbGciOiJFZERTQSIsImp3ayI6eyJjcnYiOiJFZDI1NTE5Iiwia3R5IjoiT0tQIiwieCI6IjExcVlBWUt4Q3JmVlNfN1R5V1FIT2c3aGN2UG\
    FwaU1scndJYWFQY0hVUm8ifSwia2lkIjoia1ByS19xbXhWV2FZVkE5d3dCRjZJdW8zdlZ6ejdUeEhDVHdYQnlnclM0ayIsInR5cCI6IndheW1h\
    cmstbWFuaWZlc3QrandzIn0.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.-yRP1pKyaTSJhjuctZ4LPsxevKftvGAbTCrhnR8V9lWhYC5eRm\
    vk0Sh-xSsji8S9GdOTx49JPgXnH65hymt0Bw";

#[test]
fn the_bytes_of_a_signature_never_change() {
    assert_eq!(rfc_8037_key().sign(b"Example of Ed25519 signing"), GOLDEN);
}

#[test]
fn a_manifest_over_the_limit_is_not_parsed() {
    let compact = rfc_8037_key().sign(&[b'x'; 4_000]);
    assert_eq!(jws::verify(compact.as_bytes(), 4_000).unwrap_err().reason, Reason::ManifestMalformed);
}

#[test]
fn every_flipped_bit_of_a_manifest_is_refused() {
    let compact = rfc_8037_key().sign(br#"{"version":1}"#).into_bytes();
    for i in 0..compact.len() {
        for bit in 0..8 {
            let mut tampered = compact.clone();
            tampered[i] ^= 1 << bit;
            assert!(jws::verify(&tampered, 1 << 20).is_err(), "byte {i}, bit {bit}");
        }
    }
}

#[test]
fn a_header_that_asks_for_anything_else_is_refused() {
    let key = rfc_8037_key();
    let (jwk, kid) = (serde_json::to_string(&key.public_jwk()).unwrap(), key.device_id().clone());
    let valid = key.sign(b"x");
    let signature = URL_SAFE_NO_PAD.decode(valid.rsplit('.').next().unwrap()).unwrap();
    let header = |alg: &str, typ: &str, kid: &str, more: &str| {
        compact(&format!(r#"{{"alg":"{alg}","jwk":{jwk},"kid":"{kid}","typ":"{typ}"{more}}}"#), b"x", &signature)
    };
    assert_eq!(header("EdDSA", jws::TYPE, kid.as_str(), ""), valid);
    for alg in ["none", "HS256", "ES256", "eddsa", "Ed448"] {
        assert_eq!(reason_of(&header(alg, jws::TYPE, kid.as_str(), "")), Reason::SignatureInvalid, "{alg}");
    }
    assert_eq!(reason_of(&header("EdDSA", "JWT", kid.as_str(), "")), Reason::ManifestMalformed);
    assert_eq!(reason_of(&header("EdDSA", jws::TYPE, kid.as_str(), r#","crit":["b64"]"#)), Reason::ManifestMalformed);
    let other = DeviceKey::from_seed(&[9; 32]).unwrap();
    assert_eq!(reason_of(&header("EdDSA", jws::TYPE, other.device_id().as_str(), "")), Reason::SignatureInvalid);
    assert_eq!(reason_of(&header("EdDSA", jws::TYPE, "../../etc/passwd", "")), Reason::ManifestMalformed);
    // Signed as it is, an unknown member would pass; here it breaks the signature only.
    assert_eq!(reason_of(&header("EdDSA", jws::TYPE, kid.as_str(), r#","x":1"#)), Reason::SignatureInvalid);
}

#[test]
fn base64_with_padding_white_space_or_loose_bits_is_refused() {
    let valid = rfc_8037_key().sign(b"x");
    let (input, signature) = valid.rsplit_once('.').unwrap();
    // 64 bytes leave four bits of the last character unused: they must be zero.
    let loose = format!("{input}.{}{}", &signature[..85], if signature.ends_with('A') { 'B' } else { 'z' });
    let bent = [format!("{valid}=="), format!("{valid}\n"), format!(" {valid}"), valid.replace('.', ".."), loose];
    for bent in bent {
        assert!(jws::verify(bent.as_bytes(), 1 << 20).is_err(), "{bent}");
    }
    assert_eq!(reason_of(&format!("{input}.")), Reason::SignatureInvalid);
    assert_eq!(reason_of("a.b"), Reason::ManifestMalformed);
    assert_eq!(reason_of(""), Reason::ManifestMalformed);
}

/// The points of small order, in every encoding that a lenient decoder takes: with them, one signature fits any text.
const SMALL_ORDER: [&str; 8] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
];

#[test]
fn keys_of_small_order_sign_nothing() {
    for hex in SMALL_ORDER {
        let point: [u8; 32] = std::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap());
        let jwk = PublicJwk::of(&point);
        let header = format!(
            r#"{{"alg":"EdDSA","jwk":{},"kid":"{}","typ":"{}"}}"#,
            serde_json::to_string(&jwk).unwrap(),
            jwk.thumbprint(),
            jws::TYPE
        );
        for r in SMALL_ORDER {
            let r: [u8; 32] = std::array::from_fn(|i| u8::from_str_radix(&r[2 * i..2 * i + 2], 16).unwrap());
            let forged = compact(&header, b"any", &[r, [0; 32]].concat());
            assert_eq!(reason_of(&forged), Reason::SignatureInvalid, "key {hex}");
        }
    }
}

#[test]
fn a_signature_with_s_beyond_the_group_order_is_refused() {
    /// The order of the base point, little-endian (RFC 8032, section 5.1).
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let valid = rfc_8037_key().sign(b"x");
    let (input, signature) = valid.rsplit_once('.').unwrap();
    let mut signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut carry = 0_u16;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
        carry += u16::from(*byte) + u16::from(order);
        *byte = carry as u8;
        carry >>= 8;
    }
    assert_eq!(reason_of(&format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))), Reason::SignatureInvalid);
}

proptest! {
    #[test]
    fn no_bytes_make_the_verifier_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(jws::verify(&bytes, 1 << 20).is_err());
    }

    #[test]
    fn no_header_makes_the_verifier_panic(
        header in ".{0,200}",
        payload in ".{0,50}",
        signature in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        prop_assert!(jws::verify(compact(&header, payload.as_bytes(), &signature).as_bytes(), 1 << 20).is_err());
    }

    #[test]
    fn what_is_signed_is_what_is_verified(seed: [u8; 32], payload in prop::collection::vec(any::<u8>(), 0..200)) {
        let key = DeviceKey::from_seed(&seed).unwrap();
        let verified = jws::verify(key.sign(&payload).as_bytes(), 1 << 20).unwrap();
        prop_assert_eq!(verified.payload, payload);
        prop_assert_eq!(&verified.device_id, key.device_id());
    }
}
