//! Pictures between the lines, where the terminal can show them (the protocols of kitty and iTerm2, and sixel).

use std::io::{Cursor, IsTerminal, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::{DynamicImage, ImageReader, Limits};

use crate::report::ShownPicture;

/// The most lines that a picture takes.
const MAX_LINES: u32 = 16;
/// The widest and highest picture that is opened, in pixels, and the memory that opening it may take.
const MAX_PIXELS: u32 = 12_000;
const MAX_MEMORY: u64 = 256 * 1024 * 1024;

/// A terminal that can show pictures.
#[derive(Clone, Copy, Debug)]
pub struct Drawing {
    kitty: bool,
    iterm: bool,
    sixel: bool,
}

impl Drawing {
    /// How standard output shows pictures, if it does. Asks the terminal, so what is typed meanwhile may get lost.
    #[must_use]
    pub fn of_stdout() -> Option<Self> {
        if !std::io::stdout().is_terminal()
            || !std::io::stdin().is_terminal()
            || !may_draw(&|name| std::env::var(name).ok())
        {
            return None;
        }
        let iterm = viuer::is_iterm_supported();
        let kitty = !iterm && viuer::get_kitty_support() != viuer::KittySupport::None;
        let sixel = !iterm && !kitty && viuer::is_sixel_supported();
        (iterm || kitty || sixel).then_some(Self { kitty, iterm, sixel })
    }

    /// Draws the picture; nothing if it is none. What stands on `out` so far comes before it.
    pub fn draw(self, picture: &ShownPicture, out: &mut impl Write, width: Option<usize>) {
        let Some(image) = opened(picture) else { return };
        if out.flush().is_err() {
            return;
        }
        let columns = u32::try_from(width.unwrap_or(80)).unwrap_or(80).saturating_sub(4).max(10);
        let (width, height) = fitting(image.width(), image.height(), columns);
        let config = viuer::Config {
            absolute_offset: false,
            x: 2,
            width: Some(width),
            height: Some(height),
            use_kitty: self.kitty,
            use_iterm: self.iterm,
            use_sixel: self.sixel,
            ..Default::default()
        };
        if let Err(error) = viuer::print(&image, &config) {
            tracing::debug!(%error, "a picture could not be drawn");
        }
    }
}

/// Whether it is worth asking. Terminals that are not known to show pictures are not asked, for some never answer.
fn may_draw(variable: &dyn Fn(&str) -> Option<String>) -> bool {
    let is = |name: &str, known: &[&str]| {
        variable(name).is_some_and(|value| known.iter().any(|known| value.to_lowercase().starts_with(known)))
    };
    is("TERM", &["xterm-kitty", "xterm-ghostty", "foot", "mlterm", "contour", "yaft"])
        || is("TERM_PROGRAM", &["iterm", "wezterm", "ghostty", "mintty", "rio", "vscode"])
        || is("LC_TERMINAL", &["iterm"])
        || ["KITTY_WINDOW_ID", "KONSOLE_VERSION"].iter().any(|name| variable(name).is_some())
}

/// Columns and lines: not larger than it is, and a character is twice as high as it is wide.
fn fitting(width: u32, height: u32, columns: u32) -> (u32, u32) {
    let (width, height) = (width.max(1), height.max(1));
    let columns = columns.min(width.div_ceil(8));
    let lines = (u64::from(columns) * u64::from(height) / (2 * u64::from(width))).max(1);
    if lines <= u64::from(MAX_LINES) {
        return (columns, u32::try_from(lines).unwrap_or(MAX_LINES));
    }
    let columns = (u64::from(MAX_LINES) * 2 * u64::from(width) / u64::from(height)).max(1);
    (u32::try_from(columns).unwrap_or(1), MAX_LINES)
}

/// The picture, if it is one that is not made to fill memory.
fn opened(picture: &ShownPicture) -> Option<DynamicImage> {
    let bytes = STANDARD.decode(&picture.data).ok()?;
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_PIXELS);
    limits.max_image_height = Some(MAX_PIXELS);
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    reader.decode().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_terminals_are_asked() {
        let with = |set: &'static str, value: &'static str| {
            may_draw(&move |name: &str| (name == set).then(|| value.to_owned()))
        };
        assert!(with("TERM", "xterm-kitty") && with("TERM_PROGRAM", "WezTerm") && with("KONSOLE_VERSION", "230804"));
        assert!(!with("TERM", "xterm-256color") && !with("TERM", "dumb") && !with("TERM_PROGRAM", "tmux"));
    }

    #[test]
    fn pictures_fit_between_the_lines() {
        assert_eq!(fitting(800, 600, 76), (42, 16));
        assert_eq!(fitting(64, 32, 76), (8, 2));
        assert_eq!(fitting(10, 10_000, 76), (1, 16));
        assert_eq!(fitting(10_000, 10, 76), (76, 1));
        assert_eq!(fitting(0, 0, 76), (1, 1));
    }

    #[test]
    fn what_is_no_picture_is_not_opened() {
        let picture = |data: &[u8]| ShownPicture { name: "x".to_owned(), data: STANDARD.encode(data) };
        assert!(opened(&picture(b"no picture")).is_none());
        let mut png = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(3, 2).write_to(&mut png, image::ImageFormat::Png).unwrap();
        assert_eq!(opened(&picture(png.get_ref())).map(|image| image.width()), Some(3));
        // A header that promises 100,000 by 100,000.
        let mut bytes = png.into_inner();
        bytes[16..24].copy_from_slice(&[0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0]);
        assert!(opened(&picture(&bytes)).is_none());
    }
}
