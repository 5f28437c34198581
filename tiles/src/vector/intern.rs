//! Values by number: a layer of a tile holds each value once.

/// Distinct byte strings in the order in which they came.
///
/// Not `HashMap`: its hash, made to withstand hostile keys, would be a third of the time that a tile takes. Here a
/// hostile set of keys costs at most what all the values of one tile cost, compared with each other.
#[derive(Debug, Default)]
pub(super) struct Interner<'a> {
    values: Vec<&'a [u8]>,
    /// Numbers of values from 1 on, by hash; 0 is free. A power of two long.
    slots: Vec<u32>,
}

impl<'a> Interner<'a> {
    /// The number of `value`, from 0 on.
    pub(super) fn number(&mut self, value: &'a [u8]) -> u32 {
        if self.values.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut at = hash(value) as usize & mask;
        loop {
            match self.slots[at] {
                0 => break,
                number if self.values[number as usize - 1] == value => return number - 1,
                _ => at = (at + 1) & mask,
            }
        }
        self.values.push(value);
        self.slots[at] = self.values.len() as u32;
        self.values.len() as u32 - 1
    }

    pub(super) fn values(&self) -> &[&'a [u8]] {
        &self.values
    }

    fn grow(&mut self) {
        let slots = (self.slots.len() * 2).max(64);
        self.slots = vec![0; slots];
        for (value, number) in self.values.iter().zip(1..) {
            let mut at = hash(value) as usize & (slots - 1);
            while self.slots[at] != 0 {
                at = (at + 1) & (slots - 1);
            }
            self.slots[at] = number;
        }
    }
}

/// Eight bytes at a time, multiplied and folded.
fn hash(value: &[u8]) -> u64 {
    let fold = |hash: u64, word: u64| {
        let product = u128::from(hash ^ word) * 0x9e37_79b9_7f4a_7c15;
        (product as u64) ^ (product >> 64) as u64
    };
    let (words, rest) = value.as_chunks::<8>();
    let hash = words.iter().fold(value.len() as u64, |hash, word| fold(hash, u64::from_le_bytes(*word)));
    let last = rest.iter().fold(0, |last, byte| last << 8 | u64::from(*byte));
    fold(hash, last ^ 0x517c_c1b7_2722_0a95)
}
