//! A loopback cloud for firmware that talks to Alibaba Cloud IoT Platform.
//!
//! [`Cloud::start`] runs the authentication service (dynamic registration, and authentication over
//! HTTPS) and an MQTT broker over TLS on free ports, each region on a loopback address of its own,
//! with a CA of its own and the platform's checks. The [`trace`](Cloud::trace) shows what the cloud
//! saw; [`faults`](Cloud::faults) make it misbehave. [`toolchain`] builds C programs against the
//! library, and [`redirect`] leads them here.

#![forbid(unsafe_code)]

mod ca;
mod cloud;
mod config;
mod control;
mod error;
mod faults;
mod https;
mod listen;
mod mqtt;
pub mod redirect;
mod registry;
mod services;
pub mod toolchain;
pub mod trace;

pub use cloud::Cloud;
pub use config::{Activation, Config, Device, DeviceId, Listen, Product, Region};
pub use control::operator::{DeviceState, Refusal};
pub use control::{OPENAPI, ROUTES};
pub use error::Error;
pub use faults::{Certificate, Faults};
pub use https::fault::HttpsFault;
pub use mqtt::fault::{ActiveRule, Direction, FaultRule, MqttFault};
pub use registry::Standing;
pub use rumqttc::{ConnectReturnCode, QoS};
