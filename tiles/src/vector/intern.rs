//! Values by number: a layer of a tile holds each value once.

use std::hash::Hasher;

use crate::hash::Folded;

/// Distinct byte strings in the order in which they came.
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

fn hash(value: &[u8]) -> u64 {
    let mut hash = Folded::default();
    hash.write(value);
    hash.finish()
}
