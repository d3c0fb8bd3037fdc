//! Pictures between the lines, where the terminal can show them (the protocols of kitty and of iTerm2).

use std::io::{Cursor, IsTerminal, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::{DynamicImage, ImageFormat, ImageReader, Limits};

use crate::report::ShownPicture;

/// The most lines that a picture takes.
const MAX_LINES: u32 = 16;
/// The widest and highest picture that is opened, in pixels, and the memory that opening it may take.
const MAX_PIXELS: u32 = 12_000;
const MAX_MEMORY: u64 = 256 * 1024 * 1024;

/// How a terminal shows pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawing {
    /// The graphics protocol of kitty.
    Kitty,
    /// Inline images of iTerm2.
    Iterm,
}

/// The longest piece of a picture that kitty takes at once.
const KITTY_PIECE: usize = 4_096;

impl Drawing {
    /// How standard output shows pictures, if it does.
    #[must_use]
    pub fn of_stdout() -> Option<Self> {
        std::io::stdout().is_terminal().then(|| Self::of(&|name| std::env::var(name).ok())).flatten()
    }

    /// Terminals say by variables who they are. They are not asked, for some never answer, and others answer into what is
    /// typed meanwhile.
    fn of(variable: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
        let is = |name: &str, known: &[&str]| {
            variable(name).is_some_and(|value| known.iter().any(|known| value.to_lowercase().starts_with(known)))
        };
        // In between them and us these pass no pictures on.
        if is("TERM", &["screen", "tmux", "dumb"]) {
            return None;
        }
        if is("TERM", &["xterm-kitty", "xterm-ghostty"])
            || is("TERM_PROGRAM", &["ghostty"])
            || ["KITTY_WINDOW_ID", "KONSOLE_VERSION"].iter().any(|name| variable(name).is_some())
        {
            return Some(Self::Kitty);
        }
        let iterm =
            is("TERM_PROGRAM", &["iterm", "wezterm", "mintty", "rio", "vscode"]) || is("LC_TERMINAL", &["iterm"]);
        iterm.then_some(Self::Iterm)
    }

    /// Draws the picture; nothing if it is none. What stands on `out` so far comes before it.
    pub fn draw(self, picture: &ShownPicture, out: &mut impl Write, width: Option<usize>) {
        let Some(image) = opened(picture) else { return };
        let columns = u32::try_from(width.unwrap_or(80)).unwrap_or(80).saturating_sub(4).max(10);
        let (columns, lines) = fitting(image.width(), image.height(), columns);
        // Made anew: what a stranger sent is not passed on to the terminal as it is.
        let small = image.thumbnail(columns * 16, lines * 32);
        let mut png = Cursor::new(Vec::new());
        if small.write_to(&mut png, ImageFormat::Png).is_err() {
            return;
        }
        let drawn = match self {
            Self::Kitty => kitty(&STANDARD.encode(png.get_ref()), columns, lines),
            Self::Iterm => iterm(&STANDARD.encode(png.get_ref()), columns, lines),
        };
        // Nothing is left to do if that is closed.
        let _ = out.write_all(format!("  {drawn}\n").as_bytes()).and_then(|()| out.flush());
    }
}

/// A PNG in base64, in the pieces that kitty takes.
fn kitty(data: &str, columns: u32, lines: u32) -> String {
    let mut out = String::new();
    let mut rest = data;
    let mut first = format!("a=T,f=100,q=2,c={columns},r={lines},");
    while !rest.is_empty() {
        let (piece, after) = rest.split_at_checked(KITTY_PIECE).unwrap_or((rest, ""));
        let more = u8::from(!after.is_empty());
        out.push_str(&format!("\u{1b}_G{first}m={more};{piece}\u{1b}\\"));
        first.clear();
        rest = after;
    }
    out
}

fn iterm(data: &str, columns: u32, lines: u32) -> String {
    format!("\u{1b}]1337;File=inline=1;width={columns};height={lines};preserveAspectRatio=1:{data}\u{7}")
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
    fn only_known_terminals_are_drawn_on() {
        let with = |set: &'static str, value: &'static str| {
            Drawing::of(&move |name: &str| (name == set).then(|| value.to_owned()))
        };
        assert_eq!(with("TERM", "xterm-kitty"), Some(Drawing::Kitty));
        assert_eq!(with("KONSOLE_VERSION", "230804"), Some(Drawing::Kitty));
        assert_eq!(with("TERM_PROGRAM", "WezTerm"), Some(Drawing::Iterm));
        for unknown in [("TERM", "xterm-256color"), ("TERM", "dumb"), ("TERM_PROGRAM", "tmux")] {
            assert_eq!(with(unknown.0, unknown.1), None, "{unknown:?}");
        }
        let within = |name: &str| match name {
            "TERM" => Some("tmux-256color".to_owned()),
            "KITTY_WINDOW_ID" => Some("1".to_owned()),
            _ => None,
        };
        assert_eq!(Drawing::of(&within), None);
    }

    #[test]
    fn kitty_gets_pieces_and_knows_the_last() {
        let drawn = kitty(&"x".repeat(KITTY_PIECE + 1), 3, 2);
        assert_eq!(drawn.matches("\u{1b}_G").count(), 2);
        assert!(drawn.contains("c=3,r=2,m=1;") && drawn.ends_with("\u{1b}_Gm=0;x\u{1b}\\"), "{drawn}");
    }

    #[test]
    fn a_picture_is_drawn_on_its_line() {
        let mut png = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(64, 32).write_to(&mut png, ImageFormat::Png).unwrap();
        let picture = ShownPicture { name: "x".to_owned(), data: STANDARD.encode(png.get_ref()) };
        let mut out = Vec::new();
        Drawing::Iterm.draw(&picture, &mut out, Some(80));
        let drawn = String::from_utf8(out).unwrap();
        assert!(
            drawn.starts_with("  \u{1b}]1337;File=inline=1;width=8;height=2;") && drawn.ends_with("\u{7}\n"),
            "{drawn}"
        );
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
