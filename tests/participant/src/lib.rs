//! A second implementation.
