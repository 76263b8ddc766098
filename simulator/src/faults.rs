//! Switches that make the cloud misbehave, for tests of the device's side.

#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rumqttc::ConnectReturnCode;

use crate::https::fault::{HttpsFault, Spoilt};

/// Which certificate the cloud presents to new connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Certificate {
    /// The right names, from the cloud's CA.
    #[default]
    Valid,
    /// From the cloud's CA, for another host.
    WrongName,
    /// From the cloud's CA, no longer valid.
    Expired,
    /// The right names, from a CA that nobody trusts.
    UnknownCa,
}

/// The switches of one cloud. All of them may be set from any thread at any time.
#[derive(Default)]
pub struct Faults {
    certificate: Mutex<Certificate>,
    https: Mutex<VecDeque<Spoilt>>,
    logins: Mutex<VecDeque<ConnectReturnCode>>,
}

impl Faults {
    /// Presents this certificate on both ports from now on.
    pub fn present(&self, certificate: Certificate) {
        *lock(&self.certificate) = certificate;
    }

    /// Answers the next HTTPS request like this; several calls are for several requests.
    pub fn next_https(&self, fault: HttpsFault) {
        self.spoil_next_https(Duration::ZERO, Some(fault));
    }

    /// Answers the next HTTPS request this much later, and like this or, with `None`, truly; several
    /// calls are for several requests.
    pub fn spoil_next_https(&self, delay: Duration, fault: Option<HttpsFault>) {
        lock(&self.https).push_back(Spoilt { delay, fault });
    }

    /// Refuses the next MQTT login with this code; several calls are for several logins.
    pub fn refuse_next_login(&self, code: ConnectReturnCode) {
        lock(&self.logins).push_back(code);
    }

    pub(crate) fn certificate(&self) -> Certificate {
        *lock(&self.certificate)
    }

    /// How the answer to the request that has come is spoilt; not at all by default.
    pub(crate) fn take_https(&self) -> Spoilt {
        lock(&self.https).pop_front().unwrap_or_default()
    }

    pub(crate) fn take_login_refusal(&self) -> Option<ConnectReturnCode> {
        lock(&self.logins).pop_front()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
