//! Mapbox Vector Tiles, version 2.1: <https://github.com/mapbox/vector-tile-spec/tree/master/2.1>.
//!
//! Encoded here: values lie encoded in a [`Sheet`](super::Sheet) and are copied, which no crate at hand can do.

use super::intern::Interner;
use super::sheet::{Item, Shape, Values};
use super::world::EXTENT;
use crate::archive::put_varint;

/// One layer of one tile, as it grows.
pub(super) struct LayerOfTile<'a> {
    name: &'static str,
    keys: &'static [&'static str],
    features: Vec<u8>,
    count: u64,
    values: Interner<'a>,
    geometry: Vec<u8>,
    tags: Vec<u8>,
    feature: Vec<u8>,
}

/// Fields of the messages, with their wire types.
const TILE_LAYER: u64 = 3 << 3 | 2;
const LAYER_NAME: u64 = 1 << 3 | 2;
const LAYER_FEATURE: u64 = 2 << 3 | 2;
const LAYER_KEY: u64 = 3 << 3 | 2;
const LAYER_VALUE: u64 = 4 << 3 | 2;
const LAYER_EXTENT: u64 = 5 << 3;
const LAYER_VERSION: u64 = 15 << 3;
const FEATURE_ID: u64 = 1 << 3;
const FEATURE_TAGS: u64 = 2 << 3 | 2;
const FEATURE_TYPE: u64 = 3 << 3;
const FEATURE_GEOMETRY: u64 = 4 << 3 | 2;
/// Commands of a geometry.
const MOVE_TO: u64 = 1;
const LINE_TO: u64 = 2;
const CLOSE: u64 = 7 | 1 << 3;

impl<'a> LayerOfTile<'a> {
    pub(super) fn new(name: &'static str, keys: &'static [&'static str]) -> Self {
        let (features, geometry, tags, feature) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { name, keys, features, count: 0, values: Interner::default(), geometry, tags, feature }
    }

    /// Adds an item with its values, drawn as `paths` in units of the tile; without any, it is not there.
    pub(super) fn add<P: AsRef<[(i32, i32)]>>(&mut self, item: &Item, values: &'a [u8], paths: &[P]) {
        if paths.is_empty() {
            return;
        }
        self.draw(item.shape, paths);
        self.tags.clear();
        for (key, value) in Values::read(values) {
            put_varint(&mut self.tags, key.into());
            put_varint(&mut self.tags, self.values.number(value).into());
        }
        self.feature.clear();
        put_number(&mut self.feature, FEATURE_ID, item.id);
        put_bytes(&mut self.feature, FEATURE_TAGS, &self.tags);
        put_number(&mut self.feature, FEATURE_TYPE, item.shape as u64 + 1);
        put_bytes(&mut self.feature, FEATURE_GEOMETRY, &self.geometry);
        put_bytes(&mut self.features, LAYER_FEATURE, &self.feature);
        self.count += 1;
    }

    fn draw<P: AsRef<[(i32, i32)]>>(&mut self, shape: Shape, paths: &[P]) {
        self.geometry.clear();
        let mut at = (0, 0);
        for path in paths {
            let Some((first, rest)) = path.as_ref().split_first() else { continue };
            put_varint(&mut self.geometry, MOVE_TO | 1 << 3);
            step(&mut self.geometry, &mut at, *first);
            if !rest.is_empty() {
                put_varint(&mut self.geometry, LINE_TO | (rest.len() as u64) << 3);
                rest.iter().for_each(|spot| step(&mut self.geometry, &mut at, *spot));
            }
            if shape == Shape::Area {
                put_varint(&mut self.geometry, CLOSE);
            }
        }
    }

    /// Puts the layer at the end of a tile, unless nothing is on it; says how many features it has.
    pub(super) fn write(self, tile: &mut Vec<u8>) -> u64 {
        if self.features.is_empty() {
            return 0;
        }
        let mut layer = Vec::with_capacity(self.features.len() * 2);
        put_number(&mut layer, LAYER_VERSION, 2);
        put_bytes(&mut layer, LAYER_NAME, self.name.as_bytes());
        layer.extend(&self.features);
        self.keys.iter().for_each(|key| put_bytes(&mut layer, LAYER_KEY, key.as_bytes()));
        self.values.values().iter().for_each(|value| put_bytes(&mut layer, LAYER_VALUE, value));
        put_number(&mut layer, LAYER_EXTENT, EXTENT as u64);
        put_bytes(tile, TILE_LAYER, &layer);
        self.count
    }
}

fn step(geometry: &mut Vec<u8>, at: &mut (i32, i32), to: (i32, i32)) {
    let zigzag = |delta: i32| u64::from((delta << 1 ^ delta >> 31) as u32);
    put_varint(geometry, zigzag(to.0 - at.0));
    put_varint(geometry, zigzag(to.1 - at.1));
    *at = to;
}

fn put_number(bytes: &mut Vec<u8>, field: u64, number: u64) {
    put_varint(bytes, field);
    put_varint(bytes, number);
}

fn put_bytes(bytes: &mut Vec<u8>, field: u64, content: &[u8]) {
    put_varint(bytes, field);
    put_varint(bytes, content.len() as u64);
    bytes.extend_from_slice(content);
}
