//! Text on a `tiny-skia` picture, in a bitmap font that needs no file.

use std::convert::Infallible;

use embedded_graphics::Drawable;
use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::mono_font::iso_8859_1::FONT_10X20;
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::text::{Baseline, Text};
use tiny_skia::{Color, Paint, Pixmap, PremultipliedColorU8, Rect, Transform};

/// Height of a line.
pub const LINE_PX: f32 = 20.0;
/// Width of a character.
const CHAR_PX: f32 = 10.0;

/// Writes `words` with their upper left corner at `x`, `y`, on a plate of `ground` so that they can be read anywhere.
pub fn write(picture: &mut Pixmap, (x, y): (f32, f32), words: &str, (ink, ground): (Color, Color)) {
    let width = CHAR_PX * words.chars().count() as f32 + 8.0;
    if let Some(plate) = Rect::from_xywh(x, y, width, LINE_PX + 2.0) {
        let mut paint = Paint::default();
        paint.set_color(ground);
        picture.fill_rect(plate, &paint, Transform::identity(), None);
    }
    let ink = ink.to_color_u8();
    let style = MonoTextStyle::new(&FONT_10X20, Rgb888::new(ink.red(), ink.green(), ink.blue()));
    let place = Point::new(x as i32 + 4, y as i32 + 1);
    // Drawing cannot fail: the error type is `Infallible`.
    if let Err(never) = Text::with_baseline(words, place, style, Baseline::Top).draw(&mut Canvas(picture)) {
        match never {}
    }
}

/// What the font draws on.
struct Canvas<'a>(&'a mut Pixmap);

impl OriginDimensions for Canvas<'_> {
    fn size(&self) -> Size {
        Size::new(self.0.width(), self.0.height())
    }
}

impl DrawTarget for Canvas<'_> {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        let (width, height) = (self.0.width(), self.0.height());
        for Pixel(place, colour) in pixels {
            let (Ok(x), Ok(y)) = (u32::try_from(place.x), u32::try_from(place.y)) else { continue };
            let opaque = PremultipliedColorU8::from_rgba(colour.r(), colour.g(), colour.b(), u8::MAX);
            if let Some(colour) = opaque.filter(|_| x < width && y < height) {
                self.0.pixels_mut()[(y * width + x) as usize] = colour;
            }
        }
        Ok(())
    }
}
