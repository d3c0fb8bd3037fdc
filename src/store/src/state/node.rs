//! One node, and its form on disk.

use crate::{Error, Result};

/// How many children an inner node has.
pub(super) const CHILDREN: usize = 32;

/// A node of the trie. Never changed once it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// (key, event), keys rising.
    Leaf(Vec<(i64, i64)>),
    /// Numbers of the 32 children; 0 where there is none.
    Inner(Vec<i64>),
}

impl Node {
    /// The bytes to store. Equal nodes have equal bytes, other nodes have others.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::Leaf(entries) => {
                out.push(0);
                let mut last = 0;
                for (key, event) in entries {
                    write_number(key.wrapping_sub(last).cast_unsigned(), &mut out);
                    write_number(event.cast_unsigned(), &mut out);
                    last = *key;
                }
            }
            Self::Inner(children) => {
                out.push(1);
                // Children lie close together: the highest, then distances from it.
                let highest = children.iter().copied().max().unwrap_or(0);
                write_number(highest.cast_unsigned(), &mut out);
                for child in children {
                    write_number(if *child == 0 { 0 } else { child.abs_diff(highest) + 1 }, &mut out);
                }
            }
        }
        out
    }

    /// Reads stored bytes. Only what [`Node::encode`] writes is accepted.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where they are no node.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        decode(bytes).ok_or_else(|| Error::Corrupt("a node of the state trie".into()))
    }
}

fn decode(bytes: &[u8]) -> Option<Node> {
    let (kind, mut rest) = bytes.split_first()?;
    match kind {
        0 => {
            let mut entries: Vec<(i64, i64)> = Vec::with_capacity(rest.len() / 4);
            while !rest.is_empty() {
                let distance = read_number(&mut rest)?;
                let key = match entries.last() {
                    None => distance.cast_signed(),
                    Some(_) if distance == 0 => return None,
                    Some((last, _)) => last.checked_add_unsigned(distance)?,
                };
                entries.push((key, read_number(&mut rest)?.cast_signed()));
            }
            Some(Node::Leaf(entries))
        }
        1 => {
            let highest = i64::try_from(read_number(&mut rest)?).ok()?;
            let mut children = Vec::with_capacity(CHILDREN);
            for _ in 0..CHILDREN {
                children.push(match read_number(&mut rest)? {
                    0 => 0,
                    below => highest.checked_sub_unsigned(below - 1).filter(|child| *child > 0)?,
                });
            }
            (rest.is_empty() && children.iter().max() == Some(&highest)).then_some(Node::Inner(children))
        }
        _ => None,
    }
}

/// Seven bits a byte, the lowest first.
fn write_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn read_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7f);
        // Bits beyond 64, and a last byte that adds nothing, are not what was written.
        if bits << shift >> shift != bits || (*byte == 0 && shift > 0) {
            return None;
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}
