//! What the operator of the cloud can see and do: the console's part, for tests and for the
//! control API alike.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rumqttc::{QoS, valid_filter, valid_topic};
use serde::Serialize;
use tokio::sync::mpsc::Receiver;

use crate::config::{DeviceId, Listen, Region};
use crate::error::Error;
use crate::faults::Faults;
use crate::mqtt::broker::{Broker, Deliveries, Presence, Seen};
use crate::redirect;
use crate::registry::{Registry, Standing};
use crate::trace::{Trace, mask, milliseconds};

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
    /// The code with which everything that it asks for is refused.
    pub refused: Option<u32>,
    /// The first and last letters of its secret.
    pub secret: Option<String>,
    /// When its last message passed, in milliseconds since 1970.
    pub last_message: Option<u64>,
    /// How many messages came from it.
    pub up: u64,
    /// How many messages were sent to it.
    pub down: u64,
    #[serde(flatten)]
    pub(crate) presence: Presence,
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
    /// Who asks must not.
    #[error("{0}")]
    Forbidden(String),
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
    pub(crate) place: Arc<Place>,
}

/// Where the cloud is.
pub(crate) struct Place {
    pub(crate) https_port: u16,
    pub(crate) mqtt_port: u16,
    pub(crate) mqtt_tcp_port: u16,
    /// Its CA's certificate.
    pub(crate) ca_pem: String,
}

impl Place {
    /// Its ports, for a start at the same ones.
    pub(crate) fn listen(&self) -> Listen {
        let Place { https_port, mqtt_port, mqtt_tcp_port, .. } = *self;
        Listen { https: https_port, mqtt: mqtt_port, mqtt_tcp: mqtt_tcp_port }
    }

    /// The environment that makes a program linked with [`redirect::SOURCE`](crate::redirect::SOURCE) find this cloud.
    pub(crate) fn redirect_env(&self, regions: &[Region]) -> [(&'static str, String); 4] {
        let regions: Vec<_> =
            regions.iter().map(|region| format!("{}={}", region.name, region.address)).collect();
        [
            (redirect::REGIONS, regions.join(",")),
            (redirect::HTTPS_PORT, self.https_port.to_string()),
            (redirect::MQTT_PORT, self.mqtt_port.to_string()),
            (redirect::CA_PEM, self.ca_pem.clone()),
        ]
    }
}

impl Operator {
    /// Every device that was created or has registered.
    pub(crate) fn devices(&self) -> Vec<DeviceState> {
        let devices = self.registry.devices().into_iter();
        devices.map(|(id, standing)| self.device(id, standing)).collect()
    }

    fn device(&self, id: DeviceId, standing: Standing) -> DeviceState {
        let presence = self.broker.presence(&id);
        let activity = self.trace.activity(&id.to_string());
        let at = |t| milliseconds(self.trace.started() + Duration::from_secs_f64(t));
        DeviceState {
            standing,
            online: presence.link.is_some(),
            refused: self.registry.refusal(&id),
            secret: self.registry.secret(&id).map(|secret| mask(&secret)),
            last_message: activity.last.map(at),
            up: activity.up,
            down: activity.down,
            presence,
            id,
        }
    }

    /// Refuses everything that a device asks for, and ends its connection; or ends that.
    pub(crate) fn set_disabled(&self, device: &DeviceId, disabled: bool) {
        self.registry.set_disabled(device, disabled);
        if disabled {
            self.broker.kick(device, "the device is disabled");
        }
    }

    /// The device that a person means: its whole name, or the device name where only one has it.
    pub(crate) fn find(&self, name: &str) -> Result<DeviceId, Refusal> {
        let devices: Vec<DeviceId> =
            self.registry.devices().into_keys().filter(|id| id.is_called(name)).collect();
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
            self.broker.kick(device, "the device is reset");
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
        if self.broker.kick(device, "kicked") {
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
        self.broker.kick(device, "the device is moved");
        Ok(())
    }

    /// Publishes to every device that subscribed.
    pub(crate) fn publish(
        &self,
        topic: &str,
        payload: Bytes,
        qos: QoS,
        retain: bool,
    ) -> Result<Deliveries, Refusal> {
        if !topic.starts_with('/') || !valid_topic(topic) {
            return Err(Refusal::Invalid(format!(
                "'{topic}' is not a topic: it starts with / and has no wildcards"
            )));
        }
        Ok(self.broker.publish(topic, payload, qos, retain))
    }

    /// Every message that matches from now on, once.
    pub(crate) fn watch(&self, filter: &str) -> Result<Receiver<Seen>, Refusal> {
        if !valid_filter(filter) {
            return Err(Refusal::Invalid(format!("'{filter}' is not a topic filter")));
        }
        Ok(self.broker.watch(filter))
    }
}
