//! Whether something was made, or was there already.

/// What came of making something with a given id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made<T> {
    /// It is there now.
    New(T),
    /// It was there, with the same content; nothing has changed.
    Again(T),
}
