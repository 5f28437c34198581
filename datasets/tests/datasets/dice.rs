//! Words made from a number: the same number, the same words.

use waymark_datasets::{Amount, Cell, ClipId, DeviceId, Digest, DriverId, FrameId, Heading, Octant};
use waymark_datasets::{PayoutAddress, Position, Ppm, UtcMillis};

/// Where values come from; now and then one at the edge of what is allowed.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next of SplitMix64.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of `0..=most`; each end every eighth time.
    pub fn upto(&mut self, most: u64) -> u64 {
        match (self.roll() % 8, most) {
            (0, _) => 0,
            (1, _) => most,
            (_, u64::MAX) => self.roll(),
            _ => self.roll() % (most + 1),
        }
    }

    /// Something or nothing.
    pub fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.roll().is_multiple_of(2).then(|| make(self))
    }

    pub fn degrees(&mut self, most: f64) -> f64 {
        self.upto(1 << 52) as f64 / (1u64 << 52) as f64 * 2.0 * most - most
    }

    pub fn u32(&mut self) -> u32 {
        self.upto(u32::MAX.into()) as u32
    }

    pub fn digest(&mut self) -> Digest {
        Digest::of(&self.roll().to_le_bytes())
    }

    pub fn device(&mut self) -> DeviceId {
        format!("{:043x}", self.roll()).parse().unwrap()
    }

    pub fn driver(&mut self) -> DriverId {
        format!("driver-{}", self.upto(9)).parse().unwrap()
    }

    pub fn clip(&mut self) -> ClipId {
        ClipId::derive(&self.device(), &[self.digest()])
    }

    pub fn frame(&mut self) -> FrameId {
        FrameId::derive(self.clip(), self.u32())
    }

    pub fn time(&mut self) -> UtcMillis {
        UtcMillis::try_from(self.upto(UtcMillis::MAX.millis() as u64) as i64).unwrap()
    }

    pub fn position(&mut self) -> Position {
        Position::from_degrees(self.degrees(90.0), self.degrees(180.0)).unwrap()
    }

    pub fn cell(&mut self) -> Cell {
        Cell::at(self.position())
    }

    pub fn heading(&mut self) -> Heading {
        Heading::wrapping(self.degrees(360.0))
    }

    pub fn octant(&mut self) -> Octant {
        Octant::try_from(self.upto(7) as u8).unwrap()
    }

    pub fn ppm(&mut self) -> Ppm {
        Ppm::try_from(self.upto(1_000_000) as u32).unwrap()
    }

    pub fn amount(&mut self) -> Amount {
        let units = u128::from(self.roll()) << 64 | u128::from(self.roll());
        Amount::try_from([0, Amount::MAX.units(), units % Amount::MAX.units()][self.upto(2) as usize]).unwrap()
    }

    pub fn address(&mut self) -> PayoutAddress {
        format!("0x{:040x}", self.roll()).parse().unwrap()
    }

    /// What a file holds of free text: nothing, another script, characters that mean something elsewhere.
    pub fn text(&mut self) -> String {
        ["", "plain", "Čerpací stanice 加油站", "a,b\"c\n\t\\", "\u{0}\u{1f697}"][self.upto(4) as usize].into()
    }
}
