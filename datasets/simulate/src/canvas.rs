//! Paint and truth side by side: what is drawn is also known.

use tiny_skia::{Color, FillRule, Paint, PathBuilder, Pixmap, Transform};

use crate::board::Board;
use crate::camera::View;
use crate::error::Error;
use crate::ids::{IdRaster, SCENERY};
use crate::light::Light;
use crate::plane::Vec3;
use crate::tone::Rgb;

/// A glow is drawn as so many discs.
const GLOW_STEPS: u8 = 7;

/// A frame in the making.
pub(crate) struct Canvas {
    pub(crate) pixmap: Pixmap,
    pub(crate) ids: IdRaster,
    pub(crate) view: View,
    pub(crate) light: Light,
    outline: Vec<[f32; 2]>,
    /// The storage of the last path, used again for the next.
    path: Option<PathBuilder>,
}

impl Canvas {
    pub(crate) fn new(view: View, light: Light) -> Result<Self, Error> {
        let (width, height) = (view.width_px as u32, view.height_px as u32);
        let pixmap = Pixmap::new(width, height).ok_or(Error::Canvas)?;
        Ok(Self { pixmap, ids: IdRaster::new(width, height), view, light, outline: Vec::new(), path: None })
    }

    /// Begins the next frame.
    pub(crate) fn restart(&mut self, view: View, light: Light) {
        self.ids.clear();
        self.view = view;
        self.light = light;
    }

    /// A flat solid surface: shaded, seen through the air, and in the way of what is behind it.
    pub(crate) fn face(&mut self, polygon: &[Vec3], normal: Vec3, base: Rgb) {
        let colour = self.shaded(polygon, normal, base);
        self.solid(polygon, colour);
    }

    /// A solid in a colour that is not shaded any more.
    pub(crate) fn solid(&mut self, polygon: &[Vec3], colour: Rgb) {
        self.view.project(polygon, &mut self.outline);
        self.ids.stamp(&self.outline);
        self.begin();
        self.append();
        self.paint(colour, 1.0);
    }

    /// A piece of the ground: it hides nothing, and leaves no id.
    pub(crate) fn ground<P: AsRef<[Vec3]>>(&mut self, polygons: impl IntoIterator<Item = P>, base: Rgb) {
        let lit = self.light.on_ground(base);
        let mut colour = None;
        self.begin();
        for polygon in polygons {
            let polygon = polygon.as_ref();
            let eye = self.view.eye;
            let nearest = || polygon.iter().map(|&point| (point - eye).length()).fold(f64::INFINITY, f64::min);
            colour.get_or_insert_with(|| self.light.through_air(lit, nearest()));
            self.view.project(polygon, &mut self.outline);
            self.append();
        }
        if let Some(colour) = colour {
            self.paint(colour, 1.0);
        }
    }

    /// A glow around a point, brighter towards its middle.
    pub(crate) fn glow(&mut self, board: Board, radius_m: f64, (colour, strength): (Rgb, f32)) {
        for step in 1..=GLOW_STEPS {
            let reach_m = radius_m * (f64::from(step) / f64::from(GLOW_STEPS)).powi(2);
            self.veil([board.ellipse((0.0, 0.0), (reach_m, reach_m), 18)], colour, strength / f32::from(GLOW_STEPS));
        }
    }

    /// Paint on a surface that is drawn already: shaded, all in one colour.
    pub(crate) fn detail<P: AsRef<[Vec3]>>(&mut self, polygons: impl IntoIterator<Item = P>, normal: Vec3, base: Rgb) {
        let mut colour = None;
        self.begin();
        for polygon in polygons {
            colour.get_or_insert_with(|| self.shaded(polygon.as_ref(), normal, base));
            self.view.project(polygon.as_ref(), &mut self.outline);
            self.append();
        }
        if let Some(colour) = colour {
            self.paint(colour, 1.0);
        }
    }

    /// Light, shadow or glass: a colour laid over what is there.
    pub(crate) fn veil<P: AsRef<[Vec3]>>(&mut self, polygons: impl IntoIterator<Item = P>, colour: Rgb, alpha: f32) {
        self.begin();
        for polygon in polygons {
            self.view.project(polygon.as_ref(), &mut self.outline);
            self.append();
        }
        self.paint(colour, alpha);
    }

    /// Solid in pixels: the car that carries the camera.
    pub(crate) fn overlay(&mut self, outline: &[[f32; 2]], colour: Rgb, alpha: f32) {
        self.outline.clear();
        self.outline.extend_from_slice(outline);
        if alpha == 1.0 {
            self.ids.stamp_as(&self.outline, SCENERY);
        }
        self.begin();
        self.append();
        self.paint(colour, alpha);
    }

    fn shaded(&self, polygon: &[Vec3], normal: Vec3, base: Rgb) -> Rgb {
        let middle = polygon.iter().fold(Vec3 { x: 0.0, y: 0.0, z: 0.0 }, |sum, &point| sum + point);
        let middle = middle * (1.0 / polygon.len().max(1) as f64);
        self.light.through_air(self.light.on(base, normal, middle), (middle - self.view.eye).length())
    }

    fn begin(&mut self) {
        self.path.get_or_insert_with(PathBuilder::new).clear();
    }

    fn append(&mut self) {
        let (Some(path), Some((first, rest))) = (&mut self.path, self.outline.split_first()) else { return };
        path.move_to(first[0], first[1]);
        rest.iter().for_each(|point| path.line_to(point[0], point[1]));
        path.close();
    }

    fn paint(&mut self, colour: Rgb, alpha: f32) {
        let Some(path) = self.path.take().and_then(PathBuilder::finish) else { return };
        let (bounds, pixmap) = (path.bounds(), &mut self.pixmap);
        let seen = bounds.right() > 0.0
            && bounds.bottom() > 0.0
            && bounds.left() < pixmap.width() as f32
            && bounds.top() < pixmap.height() as f32;
        if seen {
            let mut paint = Paint { anti_alias: true, ..Paint::default() };
            let limited = |channel: f32| channel.clamp(0.0, 1.0);
            let (red, green, blue) = (limited(colour.0), limited(colour.1), limited(colour.2));
            paint.set_color(Color::from_rgba(red, green, blue, limited(alpha)).unwrap_or(Color::BLACK));
            pixmap.fill_path(&path, &paint, FillRule::Winding, Transform::identity(), None);
        }
        self.path = Some(path.clear());
    }
}
