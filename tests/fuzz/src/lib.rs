//! What the targets share: how an input is read, and plain models that the project's quicker ways must agree with.

pub mod glob;
pub mod json;

/// An input of so many lines; the last takes the rest. Lines that are not there are empty. None where it is no text.
pub fn lines<const N: usize>(data: &[u8]) -> Option<[&str; N]> {
    let mut lines = std::str::from_utf8(data).ok()?.splitn(N, '\n');
    Some(std::array::from_fn(|_| lines.next().unwrap_or_default()))
}
