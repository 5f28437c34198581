//! Values by key, up to a number of bytes: what was not asked for lately goes first.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{PoisonError, RwLock};

/// A cache of two generations. What is asked for is young; once the young ones take half of the room they become the
/// old ones, and the old ones before them are dropped. So finding a young value takes no more than a shared lock.
#[derive(Debug)]
pub struct Cache<K, V> {
    generations: RwLock<Generations<K, V>>,
    half_bytes: usize,
}

#[derive(Debug)]
struct Generations<K, V> {
    young: HashMap<K, (V, usize)>,
    old: HashMap<K, (V, usize)>,
    young_bytes: usize,
}

impl<K: Eq + Hash + Clone, V: Clone> Cache<K, V> {
    /// An empty cache that holds at most `max_bytes`.
    #[must_use]
    pub fn new(max_bytes: usize) -> Self {
        let generations = Generations { young: HashMap::new(), old: HashMap::new(), young_bytes: 0 };
        Self { generations: RwLock::new(generations), half_bytes: max_bytes / 2 }
    }

    /// The value of `key`, if it is still there.
    pub fn get(&self, key: &K) -> Option<V> {
        let held = self.generations.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((value, _)) = held.young.get(key) {
            return Some(value.clone());
        }
        let (value, bytes) = held.old.get(key)?.clone();
        drop(held);
        self.put(key.clone(), value.clone(), bytes);
        Some(value)
    }

    /// Forgets everything.
    pub fn clear(&self) {
        let mut held = self.generations.write().unwrap_or_else(PoisonError::into_inner);
        *held = Generations { young: HashMap::new(), old: HashMap::new(), young_bytes: 0 };
    }

    /// Keeps `value`, which takes about `bytes`; one that would take half of the room is not kept.
    pub fn put(&self, key: K, value: V, bytes: usize) {
        if bytes > self.half_bytes {
            return;
        }
        let mut held = self.generations.write().unwrap_or_else(PoisonError::into_inner);
        held.old.remove(&key);
        if held.young_bytes + bytes > self.half_bytes {
            held.old = std::mem::take(&mut held.young);
            held.young_bytes = 0;
        }
        let replaced = held.young.insert(key, (value, bytes)).map_or(0, |(_, bytes)| bytes);
        held.young_bytes = held.young_bytes + bytes - replaced;
    }
}
