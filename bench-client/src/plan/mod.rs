//! What to send, decided before anything is sent: everything here is a pure
//! function of numbers and a seed.

pub(crate) mod action;
pub(crate) mod arrivals;
pub(crate) mod broken;
pub(crate) mod choice;
pub(crate) mod curve;
pub(crate) mod cuts;
pub(crate) mod digits;
pub(crate) mod hall;
pub(crate) mod keys;
pub(crate) mod likes;
pub(crate) mod lines;
pub(crate) mod mix;
pub(crate) mod noise;
pub(crate) mod prefix;
pub(crate) mod purchase;
pub(crate) mod rate;
pub(crate) mod schedule;
pub(crate) mod script;
pub(crate) mod shuffle;
pub(crate) mod stream;
pub(crate) mod zipf;
