//! The MQTT side of the cloud: connections, the broker, and the sessions that it keeps.

#![forbid(unsafe_code)]

pub(crate) mod broker;
pub(crate) mod connection;
pub(crate) mod fault;
pub(crate) mod session;
pub(crate) mod topic;
