//! What is known of a class before anything is seen of it: how tall it is and whether it faces somewhere.

use waymark_datasets::ClassName;

/// What is known of the things of a class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Kind {
    height_m: f64,
    /// Deviation of the natural logarithm of the height among things of the class.
    pub(super) log_height_sigma: f64,
    /// How much the height of its box changes with the side from which it is seen, as a deviation of its logarithm.
    pub(super) shape_sigma: f64,
    /// Of what has a front: width by height as seen from there.
    pub(super) front_aspect: Option<f64>,
}

/// Beginnings of class names, and what is known of what is called so.
///
/// Plates: 0.6 to 0.9 m (Vienna Convention, sizes "small" to "large"; MUTCD R1-1 0.75 m, R1-2 0.79 m high, R2-1
/// 0.76 m, R5-1 0.75 m). Traffic lights: three lenses of 200 or 300 mm in their housing, 0.8 to 1.1 m. Hydrants: 0.6
/// to 0.9 m above ground. Heads of street lamps: 0.1 to 0.2 m thick, but 0.6 to 0.9 m long and seen from below.
const KNOWN: [(&str, Kind); 13] = [
    ("stop", upright(0.75, Some(1.0))),
    ("yield", upright(0.79, Some(1.15))),
    ("no-", upright(0.75, Some(1.0))),
    ("speed-limit", upright(0.75, Some(1.0))),
    ("end-of-", upright(0.75, Some(1.0))),
    ("priority-", upright(0.75, Some(1.0))),
    ("curve-", upright(0.75, Some(1.1))),
    ("general-caution", upright(0.75, Some(1.1))),
    ("traffic-light", upright(0.95, Some(0.38))),
    ("hydrant", upright(0.75, None)),
    ("fire-hydrant", upright(0.75, None)),
    ("street-lamp", LAMP),
    ("street-light", LAMP),
];

const LAMP: Kind = Kind { height_m: 0.3, log_height_sigma: 0.4, ..UNKNOWN };
/// Anything from 0.3 to 3 m.
const UNKNOWN: Kind = Kind { height_m: 1.0, log_height_sigma: 0.8, shape_sigma: 0.3, front_aspect: None };

/// What is as high from every side.
const fn upright(height_m: f64, front_aspect: Option<f64>) -> Kind {
    Kind { height_m, log_height_sigma: 0.12, shape_sigma: 0.03, front_aspect }
}

impl Kind {
    /// Natural logarithm of its height in metres.
    pub(super) fn log_height(&self) -> f64 {
        libm::log(self.height_m)
    }

    /// Whether the height says anything about the distance.
    pub(super) fn is_sized(&self) -> bool {
        self.log_height_sigma < UNKNOWN.log_height_sigma
    }
}

/// What is known of `class`.
pub(super) fn kind(class: &ClassName) -> Kind {
    let known = KNOWN.iter().find(|(begin, _)| class.as_str().starts_with(begin));
    known.map_or(UNKNOWN, |&(_, kind)| kind)
}

/// The class without the number at its end: `speed-limit-30` and `speed-limit-50` are easily confused from afar, so
/// that what is one thing may be called both.
pub(super) fn family(class: &ClassName) -> &str {
    let name = class.as_str();
    match name.rsplit_once('-') {
        Some((family, number)) if !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit()) => family,
        _ => name,
    }
}
