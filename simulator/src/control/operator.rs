//! What the operator of the cloud can see and do: the console's part, for tests and for the
//! control API alike.

#![forbid(unsafe_code)]

use std::sync::Arc;

use bytes::Bytes;
use rumqttc::{QoS, valid_filter, valid_topic};
use serde::Serialize;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::config::DeviceId;
use crate::error::Error;
use crate::faults::Faults;
use crate::mqtt::broker::{Broker, Seen};
use crate::registry::{Registry, Standing};
use crate::trace::Trace;

/// A device and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceState {
    /// The device.
    #[serde(flatten)]
    pub id: DeviceId,
    /// Whether it has a secret.
    pub standing: Standing,
    /// Whether it is connected over MQTT.
    pub online: bool,
}

/// Why the operator's wish was not done, in words for the person at the terminal.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no such thing.
    #[error("{0}")]
    Unknown(String),
    /// There is, but it is in no state for that.
    #[error("{0}")]
    NotNow(String),
    /// The wish makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// A file did not cooperate.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// A handle to a running cloud; clones are for the same one.
#[derive(Clone)]
pub(crate) struct Operator {
    pub(crate) registry: Arc<Registry>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) broker: Arc<Broker>,
    pub(crate) trace: Trace,
}

impl Operator {
    /// Every device that was created or has registered.
    pub(crate) fn devices(&self) -> Vec<DeviceState> {
        let devices = self.registry.devices().into_iter();
        devices
            .map(|(id, standing)| DeviceState { online: self.broker.is_online(&id), id, standing })
            .collect()
    }

    /// The device that a person means: its whole name, or the device name where only one has it.
    pub(crate) fn find(&self, name: &str) -> Result<DeviceId, Refusal> {
        let devices: Vec<DeviceId> = self
            .registry
            .devices()
            .into_keys()
            .filter(|id| id.to_string() == name || id.device_name == name)
            .collect();
        match devices.as_slice() {
            [one] => Ok(one.clone()),
            [] => Err(Refusal::Unknown(format!(
                "there is no device {name}; `linkkit-sim devices` lists them all"
            ))),
            several => Err(Refusal::Invalid(format!(
                "{} devices are called {name}; say which: PRODUCT_KEY.{name}",
                several.len()
            ))),
        }
    }

    /// Makes a device registrable again; its connection ends.
    pub(crate) fn reset(&self, device: &DeviceId) -> Result<(), Refusal> {
        if self.registry.reset(device)? {
            self.broker.kick(device);
            return Ok(());
        }
        let burned = self.registry.devices().get(device) == Some(&Standing::Burned);
        Err(Refusal::NotNow(if burned {
            format!("the secret of {device} is in the configuration; take it out there")
        } else {
            format!("{device} has not registered, so there is nothing to reset")
        }))
    }

    /// Drops a device's MQTT connection without a word.
    pub(crate) fn kick(&self, device: &DeviceId) -> Result<(), Refusal> {
        if self.broker.kick(device) {
            Ok(())
        } else {
            Err(Refusal::NotNow(format!("{device} is not connected")))
        }
    }

    /// Sends a device to the data node in another region; its connection ends.
    pub(crate) fn move_to(&self, device: &DeviceId, region: &str) -> Result<(), Refusal> {
        let Some(known) = self.registry.config.region(region) else {
            let names: Vec<_> =
                self.registry.config.regions.iter().map(|known| known.name.as_str()).collect();
            let names = names.join(", ");
            return Err(Refusal::Unknown(format!("there is no region {region}, but {names}")));
        };
        self.registry.move_to(device.clone(), known);
        self.broker.kick(device);
        Ok(())
    }

    /// Publishes to every device that subscribed; returns how many are reached or will be.
    pub(crate) fn publish(
        &self,
        topic: &str,
        payload: Bytes,
        qos: QoS,
        retain: bool,
    ) -> Result<usize, Refusal> {
        if !topic.starts_with('/') || !valid_topic(topic) {
            return Err(Refusal::Invalid(format!(
                "'{topic}' is not a topic: it starts with / and has no wildcards"
            )));
        }
        Ok(self.broker.publish(topic, payload, qos, retain))
    }

    /// Every message that matches from now on, once.
    pub(crate) fn watch(&self, filter: &str) -> Result<UnboundedReceiver<Seen>, Refusal> {
        if !valid_filter(filter) {
            return Err(Refusal::Invalid(format!("'{filter}' is not a topic filter")));
        }
        Ok(self.broker.watch(filter))
    }
}
