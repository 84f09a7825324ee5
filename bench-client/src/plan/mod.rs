//! What to send, decided before anything is sent: everything here is a pure
//! function of numbers and a seed.

pub(crate) mod broken;
pub(crate) mod hall;
pub(crate) mod lines;
pub(crate) mod mix;
pub(crate) mod prefix;
pub(crate) mod stream;

mod digits;
