//! A loopback cloud for firmware that talks to Alibaba Cloud IoT Platform.
//!
//! [`Cloud::start`] runs the authentication service (dynamic registration, and authentication over
//! HTTPS) and an MQTT broker over TLS on free ports, each region on a loopback address of its own,
//! with a CA of its own and the platform's checks. The [`trace`](Cloud::trace) shows what the cloud
//! saw; [`faults`](Cloud::faults) make it misbehave. [`toolchain`] builds C programs against the
//! library, and [`redirect`] leads them here.

#![forbid(unsafe_code)]

mod auth;
mod broker;
mod ca;
mod cloud;
mod config;
mod connection;
mod control;
mod error;
mod faults;
mod https;
mod login;
mod operator;
pub mod redirect;
mod session;
mod signature;
mod state;
pub mod toolchain;
mod topic;
pub mod trace;

pub use cloud::Cloud;
pub use config::{Activation, Config, Device, DeviceId, Listen, Product, Region};
pub use error::Error;
pub use faults::{Certificate, Faults, HttpsFault};
pub use operator::{DeviceState, Refusal};
pub use rumqttc::{ConnectReturnCode, QoS};
pub use state::Standing;
