//! The `Authorization` headers with which servers sign their requests (server-server §request-authentication).
//!
//! ruma reads them, too, but not those with colons outside of quotes, which older servers send.

use http::{HeaderMap, header::AUTHORIZATION};
use ruma::{OwnedServerName, OwnedServerSigningKeyId, ServerName, ServerSigningKeyId};

use crate::{Error, Result};

/// A request may be signed with several keys, each in a header of its own; more than these are not looked at.
const MAX_HEADERS: usize = 4;

/// What one header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XMatrix {
    /// Who says to have sent the request.
    pub origin: OwnedServerName,
    /// Whom it was meant for. Old servers do not say it.
    pub destination: Option<String>,
    /// The key of the origin that it is signed with.
    pub key: OwnedServerSigningKeyId,
    /// The signature, in base64.
    pub signature: String,
}

/// All headers of a request that are of the scheme `X-Matrix`: at least one, and all of one origin.
///
/// # Errors
/// 401 `M_UNAUTHORIZED`.
pub fn read(headers: &HeaderMap) -> Result<Vec<XMatrix>> {
    let mut found: Vec<XMatrix> = Vec::new();
    for header in headers.get_all(AUTHORIZATION) {
        let Some(parameters) = header.to_str().ok().and_then(parameters) else { continue };
        found.push(parse(parameters).ok_or_else(|| unauthorized("The X-Matrix header is malformed"))?);
        if found.len() == MAX_HEADERS {
            break;
        }
    }
    match found.as_slice() {
        [] => Err(unauthorized("The request is not signed")),
        [first, others @ ..] if others.iter().any(|other| other.origin != first.origin) => {
            Err(unauthorized("The request is signed by several servers"))
        }
        _ => Ok(found),
    }
}

/// 401 `M_UNAUTHORIZED`.
pub(super) fn unauthorized(message: impl Into<String>) -> Error {
    Error::new(401, "M_UNAUTHORIZED", message)
}

/// What stands behind the name of the scheme, if it is this one.
fn parameters(header: &str) -> Option<&str> {
    let (scheme, rest) = header.split_once([' ', '\t'])?;
    scheme.eq_ignore_ascii_case("X-Matrix").then_some(rest)
}

fn parse(mut rest: &str) -> Option<XMatrix> {
    let [mut origin, mut destination, mut key, mut signature] = [const { None }; 4];
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            break;
        }
        let (name, value, behind) = parameter(rest)?;
        rest = behind;
        let place = match name.to_ascii_lowercase().as_str() {
            "origin" => &mut origin,
            "destination" => &mut destination,
            "key" => &mut key,
            // The specification once calls it by the long name.
            "sig" | "signature" => &mut signature,
            _ => continue,
        };
        if place.replace(value).is_some() {
            return None;
        }
    }
    Some(XMatrix {
        origin: ServerName::parse(origin?).ok()?,
        destination,
        key: ServerSigningKeyId::parse(key?).ok()?,
        signature: signature?,
    })
}

/// Splits off the first parameter, up to the comma that ends it: name, value, and what is left.
fn parameter(text: &str) -> Option<(&str, String, &str)> {
    let (name, rest) = text.split_once('=')?;
    let name = name.trim_end_matches([' ', '\t']);
    let rest = rest.trim_start_matches([' ', '\t']);
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return None;
    }
    let (value, rest) = match rest.strip_prefix('"') {
        Some(rest) => quoted(rest)?,
        None => {
            let (value, rest) = rest.split_at_checked(rest.find(',').unwrap_or(rest.len()))?;
            let value = value.trim_end_matches([' ', '\t']);
            // Colons, and beyond the specification what base64 and addresses have.
            let allowed = |byte: u8| is_token(byte) || b":/=[]".contains(&byte);
            (value.bytes().all(allowed).then(|| value.to_owned())?, rest)
        }
    };
    let rest = rest.trim_start_matches([' ', '\t']);
    (rest.is_empty() || rest.starts_with(',')).then_some((name, value, rest))
}

/// Reads a value up to the quote that ends it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.chars();
    loop {
        match characters.next()? {
            '"' => return Some((value, characters.as_str())),
            '\\' => value.push(characters.next()?),
            character => value.push(character),
        }
    }
}

#[cfg(test)]
mod tests;
