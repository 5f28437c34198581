//! Media that mean harm: refused with a reason, never a panic.

use bytes::Bytes;
use proptest::prelude::*;
use waymark_datasets::{MediaKind, Reason};
use waymark_vision::{Detector, EncodeSettings, RawImage, Settings, probe, redact_image};

use crate::assets::{pack, read, runtime};
use crate::parity::single;

/// A small real JPEG: a gradient, 64 by 48.
fn jpeg() -> Vec<u8> {
    let rgb = (0..64 * 48_u32).flat_map(|i| [(i % 64 * 4) as u8, (i / 64 * 5) as u8, 90]).collect();
    let raw = RawImage::from_rgb(64, 48, rgb).unwrap();
    raw.redact(&[], EncodeSettings::default()).unwrap().jpeg().to_vec()
}

fn reason(bytes: impl Into<Bytes>) -> Reason {
    probe("upload", &bytes.into()).unwrap_err().reason
}

#[test]
fn a_still_is_known_by_its_content() {
    let facts = probe("movie.mp4", &jpeg().into()).unwrap();
    assert_eq!((facts.kind, facts.width_px, facts.height_px, facts.frames), (MediaKind::Still, 64, 48, 1));
}

/// A JPEG whose EXIF asks for a quarter turn clockwise (orientation 6).
fn turned() -> Vec<u8> {
    let tiff = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let plain = jpeg();
    let length = (tiff.len() as u16 + 2).to_be_bytes();
    [&plain[..2], &[0xff, 0xe1], &length, tiff, &plain[2..]].concat()
}

#[test]
fn exif_turns_the_pixels_and_is_gone_afterwards() {
    let Some(pack) = pack(&single("yunet_2023mar")) else { return };
    let mut detector = Detector::new(&runtime(), &pack).unwrap();
    let (upright, _) = redact_image(&turned().into(), &mut detector, &Settings::default()).unwrap();
    let decoded = image::load_from_memory(upright.jpeg()).unwrap().into_rgb8();
    assert_eq!(decoded.dimensions(), (48, 64));
    // Red grew to the right and green downwards: after the turn red grows downwards and green to the left.
    assert!(decoded.get_pixel(24, 60).0[0] > 200 && decoded.get_pixel(2, 32).0[1] > 200);
    assert!(!upright.jpeg().windows(4).any(|window| window == b"Exif"));
}

#[test]
fn nothing_and_rubbish_are_refused() {
    assert_eq!(reason(Vec::new()), Reason::MediaEmpty);
    assert_eq!(reason(vec![0; 100_000]), Reason::MediaUnreadable);
    assert_eq!(reason(&b"\xff\xd8\xff"[..]), Reason::MediaUnreadable);
    assert_eq!(reason(&b"GIF89a\x01\x00\x01\x00"[..]), Reason::MediaUnreadable);
}

#[test]
fn playlists_and_scripts_that_name_other_files_are_no_video() {
    let hls = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n";
    let concat = "ffconcat version 1.0\nfile /etc/passwd\n";
    let dash = "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\"></MPD>";
    let sdp = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n";
    for text in [hls, concat, dash, sdp] {
        assert_eq!(reason(text.as_bytes().to_vec()), Reason::MediaUnreadable, "{text}");
    }
}

#[test]
fn a_jpeg_bomb_is_refused_from_its_header() {
    let mut bomb = jpeg();
    let frame = bomb.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    // 65,500 a side; and 16,000, which decoders take, for 768 MB.
    for side in [[0xff, 0xdc], [0x3e, 0x80]] {
        bomb[frame + 5..frame + 9].copy_from_slice(&[side, side].concat());
        assert_eq!(reason(bomb.clone()), Reason::ImageTooLarge);
    }
    // What a second header says counts, too.
    let second = bomb[frame..frame + 19].to_vec();
    let mut hidden = jpeg();
    hidden.splice(frame..frame, second);
    assert!(probe("upload", &hidden.into()).is_err());
}

#[test]
fn a_hundred_megabytes_of_markers_are_walked_once() {
    let whole = jpeg();
    let segment = [&[0xff, 0xe5, 0xff, 0xff][..], &[0; 65_533]].concat();
    let markers = segment.repeat(100_000_000 / segment.len());
    let fill = vec![0xff; 100_000_000];
    for between in [markers, fill] {
        // It is a picture still, if somebody should want so much of it: what counts is that this takes no time.
        drop(probe("upload", &[&whole[..2], &between, &whole[2..]].concat().into()));
    }
    let endless = [&whole[..2], &segment.repeat(100)].concat();
    assert_eq!(reason(endless), Reason::MediaUnreadable);
}

#[test]
fn a_jpeg_of_a_thousand_scans_is_refused() {
    let whole = jpeg();
    let scan = whole.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
    let (head, tail) = whole.split_at(scan);
    let many = [head, &tail[..tail.len() - 2].repeat(1_000), &[0xff, 0xd9]].concat();
    assert_eq!(reason(many), Reason::MediaUnreadable);
}

#[test]
fn a_jpeg_cut_anywhere_is_refused() {
    let whole = jpeg();
    for length in 1..whole.len() {
        let refused = reason(whole[..length].to_vec());
        assert!(matches!(refused, Reason::MediaTruncated | Reason::MediaUnreadable), "{length}: {refused}");
    }
}

#[test]
fn a_video_with_flipped_bits_is_read_or_refused() {
    let Some(bytes) = read("videos/bee_almost-crash.mp4") else { return };
    for seed in 0..40_usize {
        let mut flipped = bytes.to_vec();
        // The first 20 kB hold the index, where lies hurt most.
        for i in 0..8 {
            flipped[(seed * 7_919 + i * 104_729) % 20_000] ^= 1 << (seed % 8);
        }
        if let Err(rejection) = probe("flipped.mp4", &flipped.into()) {
            let known = [Reason::MediaTruncated, Reason::MediaUnreadable, Reason::ImageTooLarge, Reason::MediaTooLarge];
            assert!(known.contains(&rejection.reason), "{rejection}");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..4_096)) {
        prop_assert!(probe("upload", &bytes.into()).is_err());
    }

    #[test]
    fn any_jpeg_with_changed_bytes_is_read_or_refused(changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..8)) {
        let mut changed = jpeg();
        for (place, value) in changes {
            let place = place % changed.len();
            changed[place] = value;
        }
        if let Ok(facts) = probe("upload", &changed.into()) {
            prop_assert!(u64::from(facts.width_px) * u64::from(facts.height_px) <= 50_000_000);
        }
    }
}
