//! A line of many points, walked by distance.

use crate::plane::{Vec2, vec2};

/// Points joined by straight pieces; at least two, none twice in a row.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    points: Vec<Vec2>,
    /// Distance from the start to each point, in metres.
    along_m: Vec<f64>,
}

impl Line {
    /// Through `points`; a point within 1 cm of the one before is left out.
    pub(crate) fn through(points: impl IntoIterator<Item = Vec2>) -> Self {
        let mut line = Self { points: Vec::new(), along_m: Vec::new() };
        points.into_iter().for_each(|point| line.push(point));
        if line.points.len() < 2 {
            let start = line.points.first().copied().unwrap_or(vec2(0.0, 0.0));
            line = Self { points: vec![start, start + vec2(0.0, 0.01)], along_m: vec![0.0, 0.01] };
        }
        line
    }

    /// From `from` to `to`, bent towards `control`: a quadratic Bézier curve in pieces of about 3 m.
    pub(crate) fn bent(from: Vec2, control: Vec2, to: Vec2) -> Self {
        let pieces = ((to - from).length() / 3.0).ceil().max(2.0) as usize;
        Self::through((0..=pieces).map(|i| {
            let t = i as f64 / pieces as f64;
            from * ((1.0 - t) * (1.0 - t)) + control * (2.0 * t * (1.0 - t)) + to * (t * t)
        }))
    }

    fn push(&mut self, point: Vec2) {
        let Some(&last) = self.points.last() else {
            self.points.push(point);
            self.along_m.push(0.0);
            return;
        };
        let step_m = (point - last).length();
        if step_m > 0.01 {
            self.along_m.push(self.length_m() + step_m);
            self.points.push(point);
        }
    }

    /// In order.
    pub(crate) fn points(&self) -> &[Vec2] {
        &self.points
    }

    pub(crate) fn length_m(&self) -> f64 {
        self.along_m.last().copied().unwrap_or(0.0)
    }

    /// The point `s_m` from the start, and the direction there; held at the ends.
    pub(crate) fn at(&self, s_m: f64) -> (Vec2, Vec2) {
        let s_m = s_m.clamp(0.0, self.length_m());
        let next = self.along_m.partition_point(|&along| along <= s_m).clamp(1, self.points.len() - 1);
        let (from, to) = (self.points[next - 1], self.points[next]);
        let piece_m = self.along_m[next] - self.along_m[next - 1];
        (from + (to - from) * ((s_m - self.along_m[next - 1]) / piece_m), (to - from) * (1.0 / piece_m))
    }

    /// The point `s_m` from the start and `right_m` to the right of the line.
    pub(crate) fn beside(&self, s_m: f64, right_m: f64) -> Vec2 {
        // The direction is taken over 3 m, so that a parallel of a bend has no steps.
        let (at, _) = self.at(s_m);
        at + self.direction(s_m).right() * right_m
    }

    /// The direction at `s_m`, smoothed over 3 m.
    pub(crate) fn direction(&self, s_m: f64) -> Vec2 {
        let (before, after) = (self.at(s_m - 1.5), self.at(s_m + 1.5));
        (after.0 - before.0).unit()
    }

    /// The same line from its end.
    pub(crate) fn reversed(&self) -> Self {
        Self::through(self.points.iter().rev().copied())
    }

    /// The distance from `point` to the nearest point of the line, in metres.
    pub(crate) fn distance_m(&self, point: Vec2) -> f64 {
        let piece = |pair: &[Vec2]| {
            let along = pair[1] - pair[0];
            let share = ((point - pair[0]).dot(along) / along.dot(along)).clamp(0.0, 1.0);
            (point - (pair[0] + along * share)).length()
        };
        self.points.windows(2).map(piece).fold(f64::INFINITY, f64::min)
    }
}
