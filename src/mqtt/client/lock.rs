//! The lock around a client's state.

#![forbid(unsafe_code)]

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, MutexGuard};

use super::{Client, State};
use crate::base::log::{Held, hold};
use crate::base::sync::lock;
use crate::transport::Connection;

impl Client {
    pub(super) fn lock(&self) -> Locked<'_> {
        let held = hold();
        Locked { state: lock(&self.state), lost: None, _held: held }
    }
}

/// The state under its lock. What must not happen under the lock happens when it is let go, in this
/// order: unlock, close a lost connection, print.
pub(super) struct Locked<'a> {
    state: MutexGuard<'a, State>,
    lost: Option<Lost>,
    _held: Held,
}

impl Deref for Locked<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        self.lost = self.state.lost.take().map(Lost);
    }
}

/// A lost connection, closed when dropped, also if another thread still waits for its bytes.
struct Lost(Arc<dyn Connection>);

impl Drop for Lost {
    fn drop(&mut self) {
        self.0.close();
    }
}
