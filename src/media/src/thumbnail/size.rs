//! Which sizes there are, and what a picture becomes in one.

use store::media::ThumbnailKey;

use crate::{Error, Method, Result, Wanted};

/// Sizes that are scaled to, by what they are at least.
const SCALED: [(u32, u32); 5] = [(96, 96), (320, 240), (640, 480), (800, 600), (1_600, 1_200)];
/// Sides of squares that are cropped to.
const SQUARES: [u32; 7] = [32, 96, 160, 320, 640, 800, 1_600];
/// A size in which every picture stays as it is.
const ANY: u32 = u16::MAX as u32;

/// The size that is made for those who want this one: at least as large. There are few of them, but for crops that are no
/// squares, whose shape must be the one that is asked for.
pub(super) fn normal(wanted: Wanted) -> Result<ThumbnailKey> {
    let Wanted { width, height, method, animated } = wanted;
    if width == 0 || height == 0 {
        return Err(Error::InvalidParam("a thumbnail must have at least one pixel"));
    }
    let (width, height) = match method {
        Method::Scale => SCALED.into_iter().find(|size| size.0 >= width && size.1 >= height).unwrap_or((ANY, ANY)),
        Method::Crop if width == height => {
            let side = SQUARES.into_iter().find(|side| *side >= width).unwrap_or(ANY);
            (side, side)
        }
        Method::Crop => (width.min(ANY), height.min(ANY)),
    };
    Ok(ThumbnailKey { width, height, crop: method == Method::Crop, animated })
}

/// Whether it is one of the few that are kept for every picture.
pub(super) fn is_usual(key: ThumbnailKey) -> bool {
    !key.crop || key.width == key.height
}

/// What becomes of a picture: it is shrunk to one size, then its middle is cut out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shrinking {
    pub shrunk: (u32, u32),
    pub cut: (u32, u32),
}

impl Shrinking {
    /// From this size (not zero) to that of the thumbnail. Nothing ever grows.
    pub(super) fn new((width, height): (u32, u32), key: ThumbnailKey) -> Self {
        let (from, to) = ((u64::from(width), u64::from(height)), (u64::from(key.width), u64::from(key.height)));
        // Which side decides: in a scaled picture the one that shrinks more, in a cropped one the other.
        let wide = from.0 * to.1 >= from.1 * to.0;
        let shrunk = if wide != key.crop {
            let to = to.0.min(from.0);
            (to, rounded(from.1 * to, from.0, key.crop))
        } else {
            let to = to.1.min(from.1);
            (rounded(from.0 * to, from.1, key.crop), to)
        };
        let small = |side: u64| u32::try_from(side.max(1)).unwrap_or(u32::MAX);
        let shrunk = (small(shrunk.0), small(shrunk.1));
        let cut = if key.crop { (shrunk.0.min(key.width), shrunk.1.min(key.height)) } else { shrunk };
        Self { shrunk, cut }
    }
}

fn rounded(number: u64, by: u64, up: bool) -> u64 {
    if up { number.div_ceil(by) } else { (number + by / 2) / by }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(width: u32, height: u32, method: Method) -> ThumbnailKey {
        normal(Wanted { width, height, method, animated: false }).unwrap()
    }

    #[test]
    fn sizes_are_rounded_up_to_a_few() {
        let size = |width, height, method| {
            let key = key(width, height, method);
            (key.width, key.height)
        };
        assert_eq!(size(320, 240, Method::Scale), (320, 240));
        assert_eq!(size(240, 320, Method::Scale), (640, 480));
        assert_eq!(size(1, 1, Method::Scale), (96, 96));
        assert_eq!(size(2_000, 1, Method::Scale), (ANY, ANY));
        assert_eq!(size(33, 33, Method::Crop), (96, 96));
        assert_eq!(size(300, 20, Method::Crop), (300, 20));
        assert_eq!(size(u32::MAX, 1, Method::Crop), (ANY, 1));
        assert!(is_usual(key(5, 5, Method::Crop)) && !is_usual(key(5, 6, Method::Crop)));
        assert!(normal(Wanted { width: 0, height: 1, method: Method::Crop, animated: false }).is_err());
    }

    #[test]
    fn pictures_shrink_and_never_grow() {
        let from = |size, width, height, method| {
            let Shrinking { shrunk, cut } = Shrinking::new(size, key(width, height, method));
            (shrunk, cut)
        };
        assert_eq!(from((1_600, 1_200), 320, 240, Method::Scale), ((320, 240), (320, 240)));
        assert_eq!(from((800, 200), 100, 100, Method::Scale), ((320, 80), (320, 80)));
        assert_eq!(from((20, 10), 640, 480, Method::Scale), ((20, 10), (20, 10)));
        assert_eq!(from((200, 20), 96, 96, Method::Scale), ((96, 10), (96, 10)));
        assert_eq!(from((2_000, 1), 96, 96, Method::Scale), ((96, 1), (96, 1)));
        assert_eq!(from((800, 400), 32, 32, Method::Crop), ((64, 32), (32, 32)));
        assert_eq!(from((400, 800), 32, 32, Method::Crop), ((32, 64), (32, 32)));
        assert_eq!(from((400, 400), 300, 20, Method::Crop), ((300, 300), (300, 20)));
        assert_eq!(from((200, 20), 96, 96, Method::Crop), ((200, 20), (96, 20)));
        assert_eq!(from((20, 10), 4_000, 4_000, Method::Crop), ((20, 10), (20, 10)));
        assert_eq!(from((1, 2_000), 32, 32, Method::Crop), ((1, 2_000), (1, 32)));
    }
}
