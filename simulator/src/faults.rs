//! Switches that make the cloud misbehave, for tests of the device's side.

#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rumqttc::ConnectReturnCode;
use serde::{Deserialize, Serialize};

use crate::https::fault::{HttpsFault, Spoilt};
use crate::mqtt::fault::{ActiveRule, FaultRule, MqttFaults};

/// Which certificate the cloud presents to new connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
pub struct Faults {
    certificate: Mutex<Certificate>,
    https: Mutex<VecDeque<Spoilt>>,
    logins: Mutex<VecDeque<ConnectReturnCode>>,
    pub(crate) mqtt: MqttFaults,
}

impl Faults {
    /// Switched off, but for these rules.
    pub(crate) fn new(seed: u64, rules: &[FaultRule]) -> Result<Self, String> {
        let mqtt = MqttFaults::new(seed);
        for rule in rules {
            mqtt.add(rule.clone())?;
        }
        let (certificate, https, logins) = Default::default();
        Ok(Faults { certificate, https, logins, mqtt })
    }

    /// Makes MQTT packets meet a fault from now on; returns the rule's number, or what is wrong with
    /// it.
    pub fn add(&self, rule: FaultRule) -> Result<u64, String> {
        self.mqtt.add(rule)
    }

    /// The rules that [`add`](Self::add) put in force.
    pub fn rules(&self) -> Vec<ActiveRule> {
        self.mqtt.list()
    }

    /// Takes back a rule by its number, or all of them; returns how many.
    pub fn clear(&self, rule: Option<u64>) -> usize {
        self.mqtt.clear(rule)
    }

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

    /// How many answers are to be spoilt.
    pub(crate) fn https_waiting(&self) -> usize {
        lock(&self.https).len()
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
