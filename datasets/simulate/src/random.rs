//! Numbers from a seed: the same on every machine.

/// A stream of random numbers: `SplitMix64`, after Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
/// Generators" (2014). Value n depends on the seed and n alone.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

/// 2^64 divided by the golden ratio.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Random {
    /// The stream of `seed` for one purpose: a name and numbers, so that no two parts of a town share a stream.
    pub(crate) fn of(seed: u64, purpose: &str, numbers: &[u64]) -> Self {
        let named = purpose.bytes().fold(mix(seed), |state, byte| mix(state ^ u64::from(byte)));
        Self(numbers.iter().fold(named, |state, &number| mix(state.wrapping_add(STEP) ^ number)))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// In `0..1`.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// In `from..to`.
    pub(crate) fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.unit()
    }

    /// In `0..count`; 0 if `count` is 0.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        (self.unit() * count as f64) as usize
    }

    /// True with this probability.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of `choices`, which must not be empty.
    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// Mean 0, deviation 1, never beyond 6: the sum of twelve uniform numbers, which needs no function of the
    /// mathematical library and so has the same bits everywhere.
    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
