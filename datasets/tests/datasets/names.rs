//! Words that hold a name: what they take, and the hostile names that they refuse.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use proptest::prelude::*;
use serde::de::DeserializeOwned;
use waymark_datasets::rows::Verdict;
use waymark_datasets::{ClassName, ClipId, DeviceId, Digest, DriverId, FrameId, Invalid, PayoutAddress, Reason, Role};

/// Names as attackers write them: paths, control characters, look-alikes, devices of other systems.
const HOSTILE: [&str; 24] = [
    "",
    " ",
    ".",
    "..",
    "../",
    "../../etc/passwd",
    "/etc/passwd",
    "a/../b",
    "..\\b",
    "%2e%2e%2f",
    "%00",
    "a\0",
    "\0",
    "a\r\nb",
    "a b",
    " a",
    "a ",
    "\u{202e}a",
    "\u{430}da",
    "\u{feff}a",
    "-rf",
    "_a",
    ".hidden",
    "~root",
];

fn takes<W: FromStr<Err = Invalid> + Display + DeserializeOwned>(text: &str) -> bool {
    let parsed = text.parse::<W>();
    let read = serde_json::from_value::<W>(text.into());
    assert_eq!(parsed.is_ok(), read.is_ok(), "{text:?}: reading checks what parsing checks");
    parsed.map(|word| assert_eq!(word.to_string(), text)).is_ok()
}

#[test]
fn no_word_takes_a_hostile_name() {
    for name in HOSTILE {
        assert!(!takes::<DriverId>(name), "driver {name:?}");
        assert!(!takes::<DeviceId>(name), "device {name:?}");
        assert!(!takes::<ClipId>(name) && !takes::<FrameId>(name) && !takes::<Digest>(name), "hash {name:?}");
        assert!(!takes::<Reason>(name) && !takes::<Verdict>(name) && !takes::<PayoutAddress>(name), "{name:?}");
    }
    for name in ["", " ", "a b", "a\0", "Traffic", "traffic_light", "\u{430}", "a\n"] {
        assert!(!takes::<ClassName>(name), "class {name:?}");
    }
}

#[test]
fn a_driver_is_up_to_64_plain_characters() {
    for name in ["a", "0", "ada", "ada.l-1_x", "a..b", &"a".repeat(64)] {
        assert!(takes::<DriverId>(name), "{name:?}");
    }
    for name in ["Ada", "ada/b", "ada\\b", "ada:", "ada%2f", "ada\u{301}", &"a".repeat(65), &"a".repeat(1 << 20)] {
        assert!(!takes::<DriverId>(name));
    }
}

#[test]
fn a_device_is_43_characters_of_base64url() {
    assert!(takes::<DeviceId>(&"aZ09-_A".repeat(7)[..43]));
    assert!(!takes::<DeviceId>(&"A".repeat(42)) && !takes::<DeviceId>(&"A".repeat(44)));
    assert!(!takes::<DeviceId>(&format!("{}=", "A".repeat(42))));
    assert!(!takes::<DeviceId>(&format!("{}+", "A".repeat(42))));
}

#[test]
fn a_hash_is_lower_case_hexadecimal_of_its_length() {
    let digest = Digest::of(b"abc").to_string();
    assert!(takes::<Digest>(&digest));
    for wrong in [&digest[1..], &format!("{digest}0"), &digest.to_uppercase(), &format!("0x{}", &digest[2..])] {
        assert!(!takes::<Digest>(wrong), "{wrong}");
    }
    // As many bytes as a digest has digits, but a character of more than one byte across each cut.
    assert!(!takes::<Digest>(&"é".repeat(32)) && !takes::<ClipId>(&format!("a{}b", "é".repeat(15))));
    assert!(takes::<ClipId>(&digest[..32]) && !takes::<ClipId>(&digest));
}

#[test]
fn digests_are_those_of_fips_180() {
    let vectors: [(&[u8], &str); 2] = [
        (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ];
    for (bytes, expected) in vectors {
        assert_eq!(Digest::of(bytes).to_string(), expected);
    }
}

/// Ids are in everybody's tables: the literals were computed by another program from the words in the docs.
#[test]
fn ids_follow_from_device_media_and_index_for_good() {
    let device: DeviceId = "A".repeat(43).parse().unwrap();
    let media = [Digest::of(b"one"), Digest::of(b"two")];
    let clip = ClipId::derive(&device, &media);
    assert_eq!(clip.to_string(), "ac17d392c1f18e438906ed9c28506521");
    assert_eq!(FrameId::derive(clip, 7).to_string(), "2e7718055f8cf5ea6e42a09acdadcd31");
    assert_ne!(ClipId::derive(&device, &[media[1], media[0]]), clip, "the order of media is part of it");
    assert_ne!(ClipId::derive(&"B".repeat(43).parse().unwrap(), &media), clip);
}

/// Test cases of EIP-55, <https://eips.ethereum.org/EIPS/eip-55>.
const EIP_55: [&str; 8] = [
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
];

#[test]
fn payout_addresses_carry_the_checksum_of_eip_55() {
    for address in EIP_55 {
        assert!(takes::<PayoutAddress>(address), "{address}");
        let lower: PayoutAddress = address.to_lowercase().parse().unwrap();
        let upper: PayoutAddress = format!("0x{}", address[2..].to_uppercase()).parse().unwrap();
        assert_eq!((lower.to_string(), upper), (address.into(), lower), "one case carries no checksum");
    }
}

#[test]
fn a_payout_address_with_one_letter_of_the_wrong_case_is_refused() {
    for address in &EIP_55[4..] {
        for i in (2..42).filter(|&i| address.as_bytes()[i].is_ascii_alphabetic()) {
            let mut wrong = address.as_bytes().to_vec();
            wrong[i] ^= 0x20;
            assert!(!takes::<PayoutAddress>(&String::from_utf8(wrong).unwrap()), "{address} at {i}");
        }
        assert!(!takes::<PayoutAddress>(&address[2..]) && !takes::<PayoutAddress>(&address[..41]));
        assert!(!takes::<PayoutAddress>(&format!("{address}0")));
        assert!(!takes::<PayoutAddress>(&address.replace("0x", "0X")));
    }
}

#[test]
fn every_reason_reads_as_it_was_written_and_no_two_share_a_code() {
    let mut codes: Vec<&str> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    for reason in Reason::ALL {
        assert_eq!(reason.code().parse(), Ok(*reason));
        assert_eq!(Verdict::Refused(*reason).to_string().parse(), Ok(Verdict::Refused(*reason)));
    }
    assert_eq!("accepted".parse(), Ok(Verdict::Accepted));
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Reason::ALL.len());
    assert!(!takes::<Verdict>("Accepted") && !takes::<Reason>("accepted"));
}

#[test]
fn roles_are_written_as_they_are_shown() {
    for role in [Role::Private, Role::Map, Role::Context] {
        assert_eq!(serde_json::to_value(role).unwrap(), role.to_string());
    }
    assert!(serde_json::from_str::<Role>("\"Private\"").is_err());
}

#[test]
fn an_error_quotes_a_hostile_value_short_and_escaped() {
    let error = format!("\u{1b}[31m\n{}", "x".repeat(1 << 20)).parse::<DriverId>().unwrap_err();
    assert_eq!(error.value.chars().count(), 80);
    let text = error.to_string();
    assert!(text.len() < 250 && !text.contains(['\u{1b}', '\n']), "{text:?}");
}

fn reads_as_written<W: FromStr<Err = Invalid> + Display + Debug>(text: &str) -> Result<(), TestCaseError> {
    if let Ok(word) = text.parse::<W>() {
        prop_assert_eq!(word.to_string(), text);
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_text_makes_a_word_panic_and_what_is_taken_is_kept(text in any::<String>()) {
        reads_as_written::<DriverId>(&text)?;
        reads_as_written::<DeviceId>(&text)?;
        reads_as_written::<ClipId>(&text)?;
        reads_as_written::<Digest>(&text)?;
        reads_as_written::<ClassName>(&text)?;
        reads_as_written::<Reason>(&text)?;
        prop_assert!(text.parse::<PayoutAddress>().is_err());
    }

    #[test]
    fn hashes_read_as_they_were_written(bytes in any::<[u8; 8]>(), index in any::<u32>()) {
        let digest = Digest::of(&bytes);
        let clip = ClipId::derive(&"A".repeat(43).parse().unwrap(), &[digest]);
        let frame = FrameId::derive(clip, index);
        prop_assert_eq!(digest.to_string().parse(), Ok(digest));
        prop_assert_eq!(clip.to_string().parse(), Ok(clip));
        prop_assert_eq!(frame.to_string().parse(), Ok(frame));
    }

    #[test]
    fn drivers_and_classes_read_as_they_were_written(driver in "[a-z0-9][a-z0-9._-]{0,63}", class in "[a-z0-9./-]{1,64}") {
        prop_assert!(takes::<DriverId>(&driver) && takes::<ClassName>(&class));
    }

    #[test]
    fn any_20_bytes_are_an_address(bytes in any::<[u8; 20]>()) {
        let lower: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let address: PayoutAddress = format!("0x{lower}").parse().unwrap();
        prop_assert_eq!(address.to_string().parse(), Ok(address));
        prop_assert_eq!(address.to_string().to_lowercase(), format!("0x{lower}"));
    }
}
