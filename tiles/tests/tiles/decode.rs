//! A second reading of vector tiles, from the text of the standard, that shares nothing with the writer.

use std::collections::BTreeMap;

use libdeflater::Decompressor;

/// One layer as a client sees it.
#[derive(Debug)]
pub struct Layer {
    pub name: String,
    pub version: u64,
    pub extent: u64,
    pub features: Vec<Feature>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    pub id: u64,
    /// 1 points, 2 lines, 3 polygons.
    pub kind: u64,
    pub paths: Vec<Vec<(i64, i64)>>,
    pub tags: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(String),
    Real(f64),
    Number(u64),
}

/// The layers of a tile that is a gzip file.
pub fn tile(packed: &[u8]) -> Vec<Layer> {
    let size = u32::from_le_bytes(packed[packed.len() - 4..].try_into().unwrap()) as usize;
    let mut bytes = vec![0; size];
    assert_eq!(Decompressor::new().gzip_decompress(packed, &mut bytes).unwrap(), size);
    let layers = fields(&bytes).into_iter().map(|(number, field)| match field {
        Field::Bytes(layer) if number == 3 => self::layer(layer),
        other => panic!("field {number} of a tile is {other:?}"),
    });
    layers.collect()
}

#[derive(Debug)]
enum Field<'a> {
    Number(u64),
    Word([u8; 8]),
    Bytes(&'a [u8]),
}

impl<'a> Field<'a> {
    fn number(&self) -> u64 {
        let Self::Number(number) = self else { panic!("{self:?} is no number") };
        *number
    }

    fn bytes(&self) -> &'a [u8] {
        let Self::Bytes(bytes) = self else { panic!("{self:?} is no text") };
        bytes
    }

    fn text(&self) -> String {
        String::from_utf8(self.bytes().to_vec()).unwrap()
    }
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let (first, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if *first < 0x80 {
            break;
        }
    }
    value
}

fn varints(mut bytes: &[u8]) -> Vec<u64> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        all.push(varint(&mut bytes));
    }
    all
}

fn fields(mut bytes: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let length = match key & 7 {
            0 => {
                all.push((key >> 3, Field::Number(varint(&mut bytes))));
                continue;
            }
            1 => 8,
            2 => varint(&mut bytes) as usize,
            other => panic!("wire type {other}"),
        };
        let (field, rest) = bytes.split_at(length);
        bytes = rest;
        all.push((key >> 3, if key & 7 == 1 { Field::Word(field.try_into().unwrap()) } else { Field::Bytes(field) }));
    }
    all
}

fn layer(bytes: &[u8]) -> Layer {
    let fields = fields(bytes);
    let all = |wanted: u64| fields.iter().filter(move |(number, _)| *number == wanted).map(|(_, field)| field);
    let keys: Vec<String> = all(3).map(Field::text).collect();
    let values: Vec<Value> = all(4).map(|field| value(field.bytes())).collect();
    Layer {
        name: all(1).next().unwrap().text(),
        version: all(15).next().unwrap().number(),
        extent: all(5).next().unwrap().number(),
        features: all(2).map(|field| feature(field.bytes(), &keys, &values)).collect(),
    }
}

fn value(bytes: &[u8]) -> Value {
    match fields(bytes).as_slice() {
        [(1, text)] => Value::Text(text.text()),
        [(3, Field::Word(word))] => Value::Real(f64::from_le_bytes(*word)),
        [(5, number)] => Value::Number(number.number()),
        other => panic!("a value is {other:?}"),
    }
}

fn feature(bytes: &[u8], keys: &[String], values: &[Value]) -> Feature {
    let fields = fields(bytes);
    let one = |wanted: u64| fields.iter().find(|(number, _)| *number == wanted).map(|(_, field)| field);
    let tags = one(2).map(|field| varints(field.bytes())).unwrap_or_default();
    assert_eq!(tags.len() % 2, 0);
    Feature {
        id: one(1).unwrap().number(),
        kind: one(3).unwrap().number(),
        paths: paths(&varints(one(4).unwrap().bytes())),
        tags: tags.chunks(2).map(|tag| (keys[tag[0] as usize].clone(), values[tag[1] as usize].clone())).collect(),
    }
}

fn paths(commands: &[u64]) -> Vec<Vec<(i64, i64)>> {
    let (mut paths, mut at, mut next) = (Vec::<Vec<(i64, i64)>>::new(), (0, 0), 0);
    let zigzag = |value: u64| (value >> 1) as i64 ^ -((value & 1) as i64);
    while next < commands.len() {
        let (command, count) = (commands[next] & 7, commands[next] >> 3);
        next += 1;
        for _ in 0..count {
            if command == 7 {
                continue;
            }
            at = (at.0 + zigzag(commands[next]), at.1 + zigzag(commands[next + 1]));
            next += 2;
            match command {
                1 => paths.push(vec![at]),
                2 => paths.last_mut().unwrap().push(at),
                other => panic!("command {other}"),
            }
        }
    }
    paths
}
