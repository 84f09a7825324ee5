//! What a driver does for match runs: carries their bytes and batches.

use std::os::fd::OwnedFd;

use super::buffers::Group;
use super::connection::{Connection, Ending, Role};
use super::driver::Driver;
use super::settings::DriverError;
use crate::clock;
use crate::mesh::Parcel;
use crate::net::matches::{After, RunKey, Side};

impl Driver {
    /// A peer of a match run has come.
    pub(super) fn admit_peer(&mut self, socket: OwnedFd, side: Side) {
        let Some(index) = self.admit(socket, |_| Role::Leaving(Vec::new())) else {
            return;
        };
        match self.matches.add(side, index) {
            Some(run) => self.give_part(index, run, side),
            None => self.refuse_run(index),
        }
    }

    /// Takes over the pairs that were connected from here.
    pub(super) fn adopt_pairs(&mut self) {
        while let Some(pair) = self.settings.matches.adoptions.take() {
            if self.draining {
                continue;
            }
            let source = self.admit(pair.source, |_| Role::Leaving(Vec::new()));
            let listener = self.admit(pair.listener, |_| Role::Leaving(Vec::new()));
            let (Some(source), Some(listener)) = (source, listener) else {
                // There was room for one of them at most.
                for index in source.into_iter().chain(listener) {
                    self.let_go(index, Vec::new());
                }
                continue;
            };
            if let Some(run) = self.matches.add_pair(source, listener) {
                self.give_part(source, run, Side::Source);
                self.give_part(listener, run, Side::Listener);
            } else {
                self.refuse_run(source);
                self.refuse_run(listener);
            }
        }
    }

    /// Makes a connection, from which nothing was received yet, a peer of a run.
    fn give_part(&mut self, index: u32, run: RunKey, side: Side) {
        let connection = &mut self.connections[index as usize];
        connection.role = Role::Match(run, side);
        connection.buffers = match side {
            Side::Source => Group::Large,
            Side::Listener => Group::Small,
        };
    }

    fn refuse_run(&mut self, index: u32) {
        tracing::warn!("match run refused: there are as many as there may be (--match-runs)");
        self.let_go(index, b"ERROR: too many match runs\n".to_vec());
    }

    /// Has a connection close after its last bytes were sent.
    fn let_go(&mut self, index: u32, farewell: Vec<u8>) {
        let lingers = !farewell.is_empty() && !self.draining;
        let connection = &mut self.connections[index as usize];
        connection.role = Role::Leaving(farewell);
        if connection.ending == Ending::Open {
            connection.ending = if lingers {
                Ending::Lingering
            } else {
                Ending::Finishing
            };
            self.lingers |= lingers;
        }
        self.touch(index);
    }

    /// A connection has closed or broken: its run, if any, does without it.
    pub(super) fn lose_peer(&mut self, index: u32) {
        self.end_client(index);
        let connection: &mut Connection = &mut self.connections[index as usize];
        if let Role::Match(run, side) = connection.role {
            connection.role = Role::Leaving(Vec::new());
            self.matches.on_closed(run, side);
        }
    }

    /// Goes on with every run to which something has happened.
    pub(super) fn settle_matches(&mut self) -> Result<(), DriverError> {
        while let Some(run) = self.matches.next_touched() {
            let mut parcels = std::mem::take(&mut self.like_parcels);
            let now = clock::now();
            let after = self.matches.settle(run, now, |to, batch| {
                parcels.push((to, batch));
            });
            for (to, batch) in parcels.drain(..) {
                self.send(to, Parcel::Likes(batch))?;
            }
            self.like_parcels = parcels;
            match after {
                After::Goes => {
                    for connection in self.matches.connections(run).into_iter().flatten() {
                        self.touch(connection);
                    }
                }
                After::Ended {
                    report,
                    farewell,
                    connections,
                } => {
                    tracing::info!("{report}");
                    if let Some(reports) = &self.settings.matches.reports {
                        // Whoever wanted it may be gone.
                        let _ = reports.send(*report);
                    }
                    for connection in connections.into_iter().flatten() {
                        self.let_go(connection, farewell.clone());
                    }
                }
            }
        }
        Ok(())
    }
}
