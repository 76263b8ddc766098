//! A device that is connected: what every feature stands on.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Sdk;
use super::report::{self, Connected, Report};
use crate::hal::Hal;
use crate::mqtt::Error;
use crate::mqtt::client::{Client, Params};
use crate::transport::Security;

/// A device with its connection to the cloud. It lives from its login until [`Device::close`].
pub struct Device {
    sdk: &'static Sdk,
    hal: &'static dyn Hal,
    client: Arc<Client>,
}

impl Device {
    /// Logs in, calls `first` with the client before anything is published, and reports what the
    /// release's devices report at the start. A report that cannot be sent is said in the log.
    ///
    /// # Errors
    /// Those of [`Client::connect`].
    pub fn connect(
        sdk: &'static Sdk,
        hal: &'static dyn Hal,
        params: Params,
        first: impl FnOnce(&Client),
    ) -> Result<Self, Error> {
        sdk.save_again(hal);
        let by_tls = params.login.endpoint.security != Security::Plain;
        let start = Instant::now();
        let client = Client::connect(hal, params)?;
        let connected = Connected { uptime_ms: hal.uptime_ms(), by_tls, cost: start.elapsed() };
        first(&client);
        let device = Device { sdk, hal, client };
        device.report(connected);
        Ok(device)
    }

    fn report(&self, connected: Connected) {
        let Some(identity) = self.sdk.identity_of(self.client.client_id()) else { return };
        let dialect = self.sdk.dialect();
        let mut reports = report::after_connecting(self.hal, &identity, dialect);
        reports.extend(report::connection(&identity, dialect, self.hal.utc_ms(), connected));
        for report in reports {
            if let Err(error) = self.send(&report) {
                log::error!(
                    target: "IOT_MQTT_Construct",
                    "publish to {} failed: {error}",
                    report.topic
                );
            }
        }
    }

    fn send(&self, report: &Report) -> Result<u16, Error> {
        self.client.publish(&report.topic, report.qos, false, report.payload.as_bytes())
    }

    /// Its MQTT client.
    pub fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// Posts a line of the firmware's own log (`IOT_MQTT_LogPost`); `None`: whose device it is, is not
    /// known, because there was no set-up.
    pub fn log_post(&self, level: &str, module: &str, text: &str) -> Option<Result<u16, Error>> {
        let identity = self.sdk.identity_of(self.client.client_id())?;
        let (dialect, now) = (self.sdk.dialect(), self.hal.utc_ms());
        let post = report::log_post(&identity, dialect, now, level, module, text);
        Some(self.send(&post))
    }

    /// Receives and calls handlers for so long, as [`Client::yield_for`] does, and offers a secret
    /// that the store refused to the store again when that is due.
    pub fn yield_for(&self, timeout: Duration) {
        self.sdk.save_again_when_due(self.hal);
        self.client.yield_for(timeout);
    }

    /// Says good-bye to the broker, and offers a secret that the store refused a last time.
    pub fn close(&self) {
        self.client.close();
        self.sdk.save_again(self.hal);
    }
}
