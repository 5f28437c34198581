//! The forms of cars, from the side.

/// A car from its right side: metres ahead of the rear and above the ground.
#[derive(Debug)]
pub(super) struct Form {
    /// From the foot of the front over the roof to the foot of the rear.
    pub(super) profile: &'static [(f64, f64)],
    /// Which pieces of the profile are windows.
    pub(super) glass: &'static [usize],
    /// Side windows.
    pub(super) panes: &'static [[(f64, f64); 4]],
    pub(super) doors_m: &'static [f64],
    pub(super) wheels_m: [f64; 2],
    pub(super) wheel_m: f64,
    pub(super) width_m: f64,
    /// Above this the sides lean inwards.
    waist_m: f64,
}

impl Form {
    pub(super) fn length_m(&self) -> f64 {
        self.profile[0].0
    }

    pub(super) fn height_m(&self) -> f64 {
        self.profile.iter().fold(0.0, |top, corner| corner.1.max(top))
    }

    /// How far the side leans inwards at a height.
    pub(super) fn tuck_m(&self, up_m: f64) -> f64 {
        (up_m - self.waist_m).max(0.0) * 0.28
    }
}

pub(super) const FORMS: [Form; 5] = [
    // Saloon.
    Form {
        profile: &[
            (4.5, 0.32),
            (4.5, 0.70),
            (4.3, 0.80),
            (3.3, 0.96),
            (2.55, 1.42),
            (1.15, 1.44),
            (0.5, 1.02),
            (0.0, 0.95),
            (0.0, 0.34),
        ],
        glass: &[3, 5],
        panes: &[
            [(3.05, 0.98), (2.5, 1.35), (2.0, 1.37), (1.95, 0.98)],
            [(1.85, 0.98), (1.9, 1.37), (1.2, 1.37), (0.78, 1.02)],
        ],
        doors_m: &[1.9, 3.0],
        wheels_m: [0.85, 3.65],
        wheel_m: 0.32,
        width_m: 1.80,
        waist_m: 0.95,
    },
    // Hatchback.
    Form {
        profile: &[
            (3.9, 0.32),
            (3.9, 0.72),
            (3.7, 0.84),
            (2.95, 1.0),
            (2.25, 1.47),
            (0.55, 1.49),
            (0.1, 1.05),
            (0.0, 0.8),
            (0.0, 0.34),
        ],
        glass: &[3, 5],
        panes: &[
            [(2.75, 1.02), (2.2, 1.40), (1.7, 1.42), (1.65, 1.02)],
            [(1.55, 1.02), (1.6, 1.42), (0.62, 1.42), (0.42, 1.06)],
        ],
        doors_m: &[1.6, 2.7],
        wheels_m: [0.65, 3.15],
        wheel_m: 0.31,
        width_m: 1.72,
        waist_m: 1.0,
    },
    // Sport utility.
    Form {
        profile: &[
            (4.5, 0.38),
            (4.5, 0.86),
            (4.3, 0.98),
            (3.4, 1.12),
            (2.75, 1.68),
            (0.5, 1.70),
            (0.1, 1.2),
            (0.0, 0.9),
            (0.0, 0.4),
        ],
        glass: &[3, 5],
        panes: &[
            [(3.15, 1.14), (2.7, 1.60), (2.0, 1.62), (1.95, 1.14)],
            [(1.85, 1.14), (1.9, 1.62), (0.6, 1.62), (0.4, 1.18)],
        ],
        doors_m: &[1.9, 3.1],
        wheels_m: [0.85, 3.65],
        wheel_m: 0.37,
        width_m: 1.88,
        waist_m: 1.1,
    },
    // Estate.
    Form {
        profile: &[
            (4.6, 0.32),
            (4.6, 0.70),
            (4.4, 0.80),
            (3.4, 0.96),
            (2.65, 1.44),
            (0.5, 1.44),
            (0.08, 1.0),
            (0.0, 0.8),
            (0.0, 0.34),
        ],
        glass: &[3, 5],
        panes: &[
            [(3.15, 0.98), (2.6, 1.37), (2.05, 1.38), (2.0, 0.98)],
            [(1.9, 0.98), (1.95, 1.38), (0.6, 1.38), (0.35, 1.0)],
        ],
        doors_m: &[1.95, 3.1],
        wheels_m: [0.85, 3.70],
        wheel_m: 0.32,
        width_m: 1.82,
        waist_m: 0.96,
    },
    // Delivery van.
    Form {
        profile: &[
            (5.2, 0.38),
            (5.2, 0.95),
            (4.95, 1.08),
            (4.45, 1.25),
            (3.85, 2.02),
            (3.5, 2.25),
            (0.05, 2.3),
            (0.0, 2.2),
            (0.0, 0.4),
        ],
        glass: &[3],
        panes: &[[(4.3, 1.26), (3.8, 1.92), (3.2, 1.95), (3.15, 1.26)]],
        doors_m: &[1.7, 3.1],
        wheels_m: [1.05, 4.3],
        wheel_m: 0.35,
        width_m: 2.0,
        waist_m: 1.4,
    },
];
