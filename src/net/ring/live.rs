//! What a driver does for those who watch events: lets the site ask when it is
//! time, and has watchers told a few at a time.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;

use super::driver::Driver;
use super::woken::{Alert, Woken};
use crate::limits::LIVE_WATCHERS_PER_TURN;

/// Stands for the site among the conversations to poll. No connection has this
/// number.
pub(super) const LIVE: u32 = u32::MAX;

/// The clock of those who watch.
pub(super) struct Live {
    alert: Arc<Alert>,
    waker: Waker,
    ticking: bool,
    goes_on: bool,
}

impl Live {
    pub(super) fn new(woken: &Arc<Woken>) -> Self {
        let alert = Alert::new(LIVE, woken);
        Self {
            waker: alert.waker(),
            alert,
            ticking: false,
            goes_on: false,
        }
    }

    /// Whether watchers are still to be told something.
    pub(super) fn goes_on(&self) -> bool {
        self.goes_on
    }

    /// It is time to ask.
    pub(super) fn on_tick(&mut self) {
        self.ticking = false;
        self.alert.raise();
    }
}

impl Driver {
    /// Asks what has changed about watched events, and takes what was answered.
    pub(super) fn poll_live(&mut self) {
        self.live.alert.lower();
        if let Some(site) = &self.site {
            site.poll_live(&self.live.waker);
            self.live.goes_on = true;
        }
    }

    /// Has some of those who watch told what is new, and sets the clock while
    /// anybody watches. `false`: there was nothing to tell.
    pub(super) fn tell_watchers(&mut self) -> io::Result<bool> {
        let Some(site) = self.site.as_ref().map(Rc::clone) else {
            return Ok(false);
        };
        if !self.live.ticking && site.is_watched() {
            self.ring.start_live_tick()?;
            self.live.ticking = true;
        }
        if !self.live.goes_on {
            return Ok(false);
        }
        self.live.goes_on = site.spread_live(LIVE_WATCHERS_PER_TURN);
        self.poll_woken();
        Ok(true)
    }
}
