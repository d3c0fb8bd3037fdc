//! Why something could not be told.

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something could not be told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 400 `M_INVALID_PARAM`.
    #[error("{0}")]
    InvalidParam(String),
    /// What the rooms say.
    #[error(transparent)]
    Rooms(#[from] rooms::Error),
    /// What the database says.
    #[error(transparent)]
    Store(#[from] store::Error),
}
