//! The track inside a GoPro video: `GPS5` samples in the GPMF telemetry of a `gpmd` stream.
//!
//! Format: <https://github.com/gopro/gpmf-parser>, "GPMF Format". A payload is a list of elements: a key of four
//! characters, a type, the size of one structure, how many there are, the data padded to four bytes; type 0 nests.

use chrono::NaiveDateTime;
use waymark_datasets::{Fix, Position, Rejection, TelemetryPacket, UtcMillis};

use super::{accuracy, push_within};

/// What the telemetry of a video says.
#[derive(Debug, Clone, PartialEq)]
pub struct Telemetry {
    /// The samples that have a fix and a time, in the order of the file.
    pub fixes: Vec<Fix>,
    /// When the video began: the median over packets of GPS time minus packet time.
    pub video_start: Option<UtcMillis>,
    /// All `GPS5` samples, with a fix or without.
    pub samples: usize,
}

/// Reads the samples of all packets. Samples of a receiver without a fix (`GPSF` below 2) are left out.
///
/// GPS time comes once per packet and jitters by some tens of milliseconds; the media's own clock does not. So
/// one offset between the two is taken for the whole video, and samples are spread evenly over their packet.
///
/// # Errors
/// [`waymark_datasets::Reason::TrackUnreadable`] with more than `fixes_max` fixes. What is truncated or
/// unknown is skipped.
pub fn read(packets: &[TelemetryPacket], fixes_max: usize) -> Result<Telemetry, Rejection> {
    let mut telemetry = Telemetry { fixes: Vec::new(), video_start: None, samples: 0 };
    let mut timed = Vec::new();
    for (i, packet) in packets.iter().enumerate() {
        let mut streams = Vec::new();
        collect_gps(&packet.bytes, 0, &mut streams);
        telemetry.samples += streams.iter().map(|stream| stream.samples.len() / SAMPLE_BYTES).sum::<usize>();
        let lasts_ms = duration_ms(packet, packets.get(i + 1));
        streams.retain(Stream::has_fix);
        timed.extend(streams.into_iter().map(|stream| (packet.at_ms, lasts_ms, stream)));
    }
    let offset_ms = median(
        timed.iter().filter_map(|(at_ms, _, stream)| Some(stream.gps_time_ms()?.saturating_sub(*at_ms))).collect(),
    );
    telemetry.video_start = offset_ms.and_then(|ms| UtcMillis::try_from(ms).ok());
    let Some(start) = telemetry.video_start else { return Ok(telemetry) };
    for (at_ms, lasts_ms, stream) in &timed {
        let count = stream.samples.len() / SAMPLE_BYTES;
        for (i, sample) in stream.samples.chunks_exact(SAMPLE_BYTES).enumerate() {
            let at = start.plus_ms(at_ms.saturating_add(lasts_ms * i as i64 / count as i64));
            if let Some(fix) = stream.fix(sample, at) {
                push_within(&mut telemetry.fixes, fix, fixes_max)?;
            }
        }
    }
    Ok(telemetry)
}

/// `DEVC` holds `STRM` holds the values; anything deeper is not from a camera.
const DEPTH_MAX: usize = 8;
/// Latitude, longitude, altitude, 2D speed, 3D speed: five signed 32-bit numbers.
const VALUES: usize = 5;
const SAMPLE_BYTES: usize = 4 * VALUES;
const FIX_2D: u32 = 2;
/// A packet lasts about a second; a file that says otherwise is not believed beyond this.
const PACKET_MS_MAX: i64 = 10_000;
const PACKET_MS_DEFAULT: i64 = 1_001;

fn duration_ms(packet: &TelemetryPacket, next: Option<&TelemetryPacket>) -> i64 {
    let until_next_ms = next.map(|next| next.at_ms.saturating_sub(packet.at_ms));
    let stated_ms = if packet.duration_ms > 0 { Some(packet.duration_ms) } else { until_next_ms };
    stated_ms.filter(|ms| (1..=PACKET_MS_MAX).contains(ms)).unwrap_or(PACKET_MS_DEFAULT)
}

/// The lower median; none of nothing.
fn median(mut values: Vec<i64>) -> Option<i64> {
    values.sort_unstable();
    values.get(values.len().saturating_sub(1) / 2).copied()
}

/// The elements of one stream that matter to `GPS5`.
#[derive(Default)]
struct Stream<'a> {
    samples: &'a [u8],
    scale: Vec<f64>,
    fix: Option<u32>,
    dop_x100: Option<u16>,
    time: Option<&'a [u8]>,
}

impl Stream<'_> {
    fn has_fix(&self) -> bool {
        self.fix.is_some_and(|fix| fix >= FIX_2D)
    }

    /// `GPSU`, such as `190506181507.395`: UTC, with two digits of the year.
    fn gps_time_ms(&self) -> Option<i64> {
        let text = str::from_utf8(self.time?).ok()?;
        let time = NaiveDateTime::parse_from_str(&format!("20{text}"), "%Y%m%d%H%M%S%.3f").ok()?;
        Some(time.and_utc().timestamp_millis())
    }

    fn fix(&self, sample: &[u8], at: UtcMillis) -> Option<Fix> {
        let value = |i: usize| {
            let raw = i32::from_be_bytes(*sample.get(4 * i..)?.first_chunk()?);
            // One scale for all five, or one for each.
            let scale = self.scale.get(if self.scale.len() == 1 { 0 } else { i })?;
            Some(f64::from(raw) / scale).filter(|value| value.is_finite())
        };
        Some(Fix {
            at,
            position: Position::from_degrees(value(0)?, value(1)?).ok()?,
            altitude_m: value(2),
            accuracy_mm: self.dop_x100.and_then(|dop_x100| accuracy::of_dop(f64::from(dop_x100) / 100.0)),
            heading: None,
        })
    }
}

/// Finds every stream with `GPS5` samples. Elements do not overlap, so this is linear.
fn collect_gps<'a>(bytes: &'a [u8], depth: usize, streams: &mut Vec<Stream<'a>>) {
    let mut stream = Stream::default();
    for element in (Elements { rest: bytes }) {
        match &element.key {
            b"GPS5" if element.size == SAMPLE_BYTES => stream.samples = element.data,
            b"SCAL" => stream.scale = element.numbers().take(VALUES).collect(),
            b"GPSF" => stream.fix = element.data.first_chunk().copied().map(u32::from_be_bytes),
            b"GPSP" => stream.dop_x100 = element.data.first_chunk().copied().map(u16::from_be_bytes),
            b"GPSU" => stream.time = Some(element.data),
            _ if element.kind == NESTED && depth < DEPTH_MAX => collect_gps(element.data, depth + 1, streams),
            _ => {}
        }
    }
    if !stream.samples.is_empty() {
        streams.push(stream);
    }
}

const NESTED: u8 = 0;

struct Element<'a> {
    key: [u8; 4],
    kind: u8,
    size: usize,
    data: &'a [u8],
}

impl Element<'_> {
    /// Whole numbers of two or four bytes, as `SCAL` has them.
    fn numbers(&self) -> impl Iterator<Item = f64> {
        let wide = matches!(self.kind, b'l' | b'L');
        let short = matches!(self.kind, b's' | b'S');
        let longs = self.data.chunks_exact(4).filter(move |_| wide).filter_map(|bytes| bytes.first_chunk());
        let shorts = self.data.chunks_exact(2).filter(move |_| short).filter_map(|bytes| bytes.first_chunk());
        let longs = longs.map(|&bytes| f64::from(i32::from_be_bytes(bytes)));
        longs.chain(shorts.map(|&bytes| f64::from(i16::from_be_bytes(bytes))))
    }
}

/// Stops at the first element that is cut off.
struct Elements<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let [k0, k1, k2, k3, kind, size, repeat_high, repeat_low] = *self.rest.first_chunk()?;
        let size = usize::from(size);
        let bytes = size * usize::from(u16::from_be_bytes([repeat_high, repeat_low]));
        let data = self.rest.get(8..8 + bytes)?;
        // The last element may lack its padding.
        self.rest = self.rest.get(8 + bytes.next_multiple_of(4)..).unwrap_or_default();
        Some(Element { key: [k0, k1, k2, k3], kind, size, data })
    }
}
