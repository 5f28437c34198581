//! Text on a `tiny-skia` picture, in bitmap fonts that need no file.

use std::convert::Infallible;

use embedded_graphics::Drawable;
use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::mono_font::iso_8859_1::{FONT_6X13_BOLD, FONT_8X13, FONT_10X20};
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle};
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::text::{Baseline, Text};
use tiny_skia::{Color, Pixmap, PremultipliedColorU8};

use super::pen::{self, Place};

/// How large text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Font {
    /// Within a mark.
    Tiny,
    /// Beneath a picture.
    Small,
    /// To be read first.
    Large,
}

impl Font {
    /// Width of a character and height of a line.
    #[must_use]
    pub fn size_px(self) -> (f32, f32) {
        let size = self.glyphs().character_size;
        (size.width as f32, size.height as f32)
    }

    /// How wide `words` are.
    #[must_use]
    pub fn width_px(self, words: &str) -> f32 {
        self.size_px().0 * words.chars().count() as f32
    }

    fn glyphs(self) -> &'static MonoFont<'static> {
        match self {
            Self::Tiny => &FONT_6X13_BOLD,
            Self::Small => &FONT_8X13,
            Self::Large => &FONT_10X20,
        }
    }
}

/// Writes `words` with their upper left corner at `at`.
pub fn write(picture: &mut Pixmap, (x, y): Place, words: &str, (font, ink): (Font, Color)) {
    let ink = ink.to_color_u8();
    let style = MonoTextStyle::new(font.glyphs(), Rgb888::new(ink.red(), ink.green(), ink.blue()));
    let text = Text::with_baseline(words, Point::new(x.round() as i32, y.round() as i32), style, Baseline::Top);
    // Drawing cannot fail: the error type is `Infallible`.
    if let Err(never) = text.draw(&mut Canvas(picture)) {
        match never {}
    }
}

/// The same on a plate of `ground`, so that it can be read anywhere.
pub fn label(picture: &mut Pixmap, (x, y): Place, words: &str, (font, ink, ground): (Font, Color, Color)) {
    pen::fill(picture, pen::plate((x, y), label_px(words, font)).as_ref(), ground);
    write(picture, (x + 4.0, y + 1.0), words, (font, ink));
}

/// Width and height of a label.
pub fn label_px(words: &str, font: Font) -> (f32, f32) {
    (font.width_px(words) + 8.0, font.size_px().1 + 2.0)
}

/// `words`, or as many of their letters as fit.
pub fn cut(words: &str, font: Font, width_px: f32) -> String {
    let room = (width_px / font.size_px().0) as usize;
    if words.chars().count() <= room {
        return words.into();
    }
    words.chars().take(room.saturating_sub(2)).chain("..".chars()).collect()
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
