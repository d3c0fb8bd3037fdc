//! The social layer (`federation-spec/feed.md`): the home feed and the list of friends, and the pages that anybody may read.

mod feed;
mod friends;
mod page;

use http::Method;
use vocabulary::names;

use crate::{Error, bridge::Routes};

pub(crate) fn routes() -> Routes {
    Routes::default()
        .raw(Method::GET, &[names::FEED_PATH], feed::feed)
        .raw(Method::GET, &[names::FRIENDS_PATH], friends::friends)
        .raw(Method::GET, &["/thoughts/{name}"], page::page)
        .raw(Method::GET, &["/thoughts/{name}/atom.xml"], page::atom)
        .raw(Method::GET, &["/thoughts/{name}/media/{mediaId}"], page::media)
}

impl From<thoughts::Error> for Error {
    fn from(error: thoughts::Error) -> Self {
        match error {
            thoughts::Error::InvalidParam(text) => Self::invalid_param(text),
            thoughts::Error::Rooms(error) => error.into(),
            thoughts::Error::Store(error) => error.into(),
        }
    }
}
