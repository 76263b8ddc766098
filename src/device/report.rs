//! What a device tells the cloud about itself right after it connected, before the firmware's
//! first message.

#![forbid(unsafe_code)]

use std::time::Duration;

use serde_json::{Value, json};

use crate::base::identity::Identity;
use crate::device::dialect::Dialect;
use crate::hal::Hal;
use crate::mqtt::QoS;

/// One message to publish.
#[derive(Debug, PartialEq, Eq)]
pub struct Report {
    /// The topic.
    pub topic: String,
    /// How it is sent.
    pub qos: QoS,
    /// JSON text.
    pub payload: String,
}

/// The reports in the order of the C SDK: module and partner id, SDK version and activation record,
/// firmware version. An id or version that the firmware does not have is left out.
pub fn after_connecting(hal: &dyn Hal, identity: &Identity, dialect: &Dialect) -> Vec<Report> {
    let (product_key, device_name) = (identity.product_key(), identity.device_name());
    let system = |rest: &str| format!("/sys/{product_key}/{device_name}/thing/{rest}");
    let manner = &dialect.reports;
    let mut reports = Vec::new();

    let (partner_id, module_id) = (hal.partner_id(), hal.module_id());
    if !partner_id.is_empty() && !module_id.is_empty() {
        let made = || format!("{product_key}_{device_name}_mid");
        reports.push(Report {
            topic: system("status/update"),
            qos: manner.status_qos,
            payload: json!({
                "id": manner.status_id.map_or_else(made, str::to_owned),
                "params": { "_sys_device_mid": module_id, "_sys_device_pid": partner_id },
            })
            .to_string(),
        });
    }

    let information = if manner.interfaces { together(hal, dialect) } else { apart(hal, dialect) };
    reports.extend(information.into_iter().map(|payload| Report {
        topic: system("deviceinfo/update"),
        qos: QoS::AtLeastOnce,
        payload: payload.to_string(),
    }));
    let version = hal.firmware_version();
    if version.is_empty() {
        log::warn!(target: "iotx_mc_report_firmware_version", "firmware version does not implement: HAL_GetFirmwareVersion (HAL_GetFirmwareVesion in release 2.2.1) gives none, so none is reported");
    } else {
        reports.push(Report {
            topic: format!("/ota/device/inform/{product_key}/{device_name}"),
            qos: QoS::AtLeastOnce,
            payload: json!({ "id": manner.firmware_id, "params": { "version": version } })
                .to_string(),
        });
    }
    reports
}

/// SDK version and activation record, each in a message of its own.
fn apart(hal: &dyn Hal, dialect: &Dialect) -> Vec<Value> {
    let sdk_version = dialect.sdk_version;
    [
        ("2", "SYS_LP_SDK_VERSION", sdk_version.to_owned()),
        ("1", "SYS_ALIOS_ACTIVATION", activation_record(hal, sdk_version)),
    ]
    .map(|(id, key, value)| {
        json!({
            "id": id,
            (dialect.reports.version_field): "1.0",
            "params": [attribute(key, &value)],
            "method": "thing.deviceinfo.update",
        })
    })
    .into()
}

/// Everything in one message.
fn together(hal: &dyn Hal, dialect: &Dialect) -> Vec<Value> {
    let sdk_version = dialect.sdk_version;
    vec![json!({
        "id": "1",
        (dialect.reports.version_field): "1.0",
        "params": [
            attribute("SYS_ALIOS_ACTIVATION", &activation_record(hal, sdk_version)),
            attribute("SYS_LP_SDK_VERSION", sdk_version),
            attribute("SYS_SDK_LANGUAGE", "C"),
            attribute("SYS_SDK_IF_INFO", &hal.network_interfaces()),
        ],
        "method": "thing.deviceinfo.update",
    })]
}

fn attribute(key: &str, value: &str) -> Value {
    json!({ "attrKey": key, "attrValue": value, "domain": "SYSTEM" })
}

/// What AliOS Things devices are told apart by, in hex: version, four random bytes, address with
/// the kind of device, chip code, and 40 digits that only AliOS fills. A device without AliOS
/// sends the placeholders of the C SDK.
fn activation_record(hal: &dyn Hal, sdk_version: &str) -> String {
    const ADDRESS_AND_KIND: &str = "0102030405060100";
    const CHIP_CODE: &str = "01020304";
    const FILLER: &str = "1111111111222222222233333333334444444444";
    let version: String = sdk_version
        .split('.')
        .map(|part| format!("{:02X}", part.parse::<u8>().unwrap_or(0)))
        .take(3)
        .collect();
    let random: String = (0..4).map(|_| format!("{:02X}", hal.random(0xFF) & 0xFF)).collect();
    format!("{version}00{random}{ADDRESS_AND_KIND}{CHIP_CODE}{FILLER}")
}

/// How connecting went.
#[derive(Clone, Copy, Debug)]
pub struct Connected {
    /// How long the device has been up then, in milliseconds.
    pub uptime_ms: u64,
    /// Whether the connection is protected.
    pub by_tls: bool,
    /// How long it took.
    pub cost: Duration,
}

/// What the log service is told of the connection, by releases that tell it.
pub fn connection(
    identity: &Identity,
    dialect: &Dialect,
    utc_ms: i64,
    connected: Connected,
) -> Option<Report> {
    let Connected { uptime_ms, by_tls, cost } = connected;
    let kind = if by_tls { "TLS" } else { "TCP" };
    let cost = cost.as_millis();
    let text = format!("time={uptime_ms}^conn_type={kind}^conn_cost={cost}^conn_ret=0");
    let post = || log_post(identity, dialect, utc_ms, "pclient", "net_conn", &text);
    dialect.reports.connection.then(post)
}

/// A line of the firmware's own log for the cloud's log service (`IOT_MQTT_LogPost`).
///
/// As in the C SDK the message is short: what is over [`LOG_CONTENT_MAX`] bytes is cut off and
/// `...` put in its place.
pub fn log_post(
    identity: &Identity,
    dialect: &Dialect,
    utc_ms: i64,
    level: &str,
    module: &str,
    text: &str,
) -> Report {
    let mut content = text.to_owned();
    if content.len() > LOG_CONTENT_MAX {
        content.truncate(content.floor_char_boundary(LOG_CONTENT_MAX));
        content.push_str("...");
    }
    Report {
        topic: format!("/sys/{}/{}/thing/log/post", identity.product_key(), identity.device_name()),
        qos: QoS::AtMostOnce,
        payload: json!({
            "id": "123",
            (dialect.reports.version_field): "1.0",
            "params": [{
                "timestamp": utc_ms,
                "logLevel": level,
                "module": module,
                "logContent": content,
            }],
            "method": "thing.log.post",
        })
        .to_string(),
    }
}

/// The longest log text that is posted, in bytes.
pub const LOG_CONTENT_MAX: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::dialect::Reports;
    use crate::hal::fake::FakeHal;

    /// What the transcript of an original says a device sent: topic, QoS and payload.
    fn sent(transcript: &str) -> Vec<Report> {
        let entries = transcript.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        entries
            .filter(|entry| entry["ev"] == "PUBLISH")
            .map(|entry| Report {
                topic: text(&entry["topic"]),
                qos: if entry["qos"] == 0 { QoS::AtMostOnce } else { QoS::AtLeastOnce },
                payload: text(&entry["payload"]),
            })
            .collect()
    }

    /// Payloads as JSON, without what is different each time.
    fn comparable(report: &Report) -> (String, QoS, Value) {
        let mut payload: Value = serde_json::from_str(&report.payload).unwrap();
        if let Some(activation) = payload.pointer_mut("/params/0/attrValue")
            && activation.as_str().unwrap().len() > 40
        {
            *activation = activation.as_str().unwrap()[..8].into();
        }
        if let Some(timestamp) = payload.pointer_mut("/params/0/timestamp") {
            *timestamp = 0.into();
        }
        (report.topic.clone(), report.qos, payload)
    }

    #[test]
    fn a_device_says_what_release_2_3_0_says() {
        let mut dialect = crate::device::dialect::TEST;
        dialect.sdk_version = "2.3.0";
        dialect.reports = Reports {
            status_id: Some("0"),
            status_qos: QoS::AtLeastOnce,
            interfaces: true,
            firmware_id: "2",
            connection: true,
            version_field: "version",
        };
        let hal = FakeHal::leak();
        hal.state().partner_id = "example.demo.partner-id".into();
        hal.state().module_id = "example.demo.module-id".into();
        hal.state().firmware_version = "app-1.0.0-20180101.1000".into();
        let identity = Identity::new("a1ExpAkj9Hi", "Example1").unwrap();
        let mut reports = after_connecting(hal, &identity, &dialect);
        let connected =
            Connected { uptime_ms: 3_375_520, by_tls: true, cost: Duration::from_micros(900) };
        reports.extend(connection(&identity, &dialect, 0, connected));
        let recorded = sent(include_str!("../../tests/data/2.3.0-start.jsonl"));
        assert_eq!(recorded.len(), 4);
        assert_eq!(
            reports.iter().map(comparable).collect::<Vec<_>>(),
            recorded.iter().map(comparable).collect::<Vec<_>>()
        );
    }
}
