//! Ctrl-C: the first asks a run to stop and to tell what it has, the second
//! ends the program.

use std::{
    io,
    sync::{Arc, OnceLock, atomic::AtomicBool},
};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};

static ASKED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Set once somebody has asked to stop; the first call begins to listen for it.
///
/// # Errors
/// If the system takes no signal handlers.
pub(crate) fn asked() -> io::Result<&'static AtomicBool> {
    if let Some(asked) = ASKED.get() {
        return Ok(asked);
    }
    let asked = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // In this order: the default action only takes place if the flag was
        // set before this signal.
        flag::register_conditional_default(signal, Arc::clone(&asked))?;
        flag::register(signal, Arc::clone(&asked))?;
    }
    Ok(ASKED.get_or_init(|| asked))
}
