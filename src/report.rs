//! What a device tells the cloud about itself right after it connected, before the firmware's
//! first message.

#![forbid(unsafe_code)]

use serde_json::{Value, json};

use crate::hal::Hal;
use crate::identity::Identity;
use crate::mqtt::QoS;
use crate::profile::Profile;

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

/// The reports in the order of the C SDK: module and partner id, SDK version, activation record,
/// firmware version. An id or version that the firmware does not have is left out.
pub fn after_connecting(hal: &dyn Hal, identity: &Identity, profile: &Profile) -> Vec<Report> {
    let (product_key, device_name) = (identity.product_key(), identity.device_name());
    let system = |rest: &str| format!("/sys/{product_key}/{device_name}/thing/{rest}");
    let mut reports = Vec::new();

    let (partner_id, module_id) = (hal.partner_id(), hal.module_id());
    if !partner_id.is_empty() && !module_id.is_empty() {
        reports.push(Report {
            topic: system("status/update"),
            qos: QoS::AtMostOnce,
            payload: json!({
                "id": format!("{product_key}_{device_name}_mid"),
                "params": { "_sys_device_mid": module_id, "_sys_device_pid": partner_id },
            })
            .to_string(),
        });
    }

    let information = if profile.reports_interfaces {
        together(hal, profile.sdk_version)
    } else {
        apart(hal, profile.sdk_version)
    };
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
            payload: json!({ "id": "3", "params": { "version": version } }).to_string(),
        });
    }
    reports
}

/// SDK version and activation record, each in a message of its own.
fn apart(hal: &dyn Hal, sdk_version: &str) -> Vec<Value> {
    [
        ("2", "SYS_LP_SDK_VERSION", sdk_version.to_owned()),
        ("1", "SYS_ALIOS_ACTIVATION", activation_record(hal, sdk_version)),
    ]
    .map(|(id, key, value)| {
        json!({
            "id": id,
            // Spelt so in the releases that send two messages; the platform expects it.
            "versoin": "1.0",
            "params": [attribute(key, &value)],
            "method": "thing.deviceinfo.update",
        })
    })
    .into()
}

/// Everything in one message.
fn together(hal: &dyn Hal, sdk_version: &str) -> Vec<Value> {
    vec![json!({
        "id": "1",
        "version": "1.0",
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

/// A line of the firmware's own log for the cloud's log service (`IOT_MQTT_LogPost`).
///
/// As in the C SDK the message is short: what is over [`LOG_CONTENT_MAX`] bytes is cut off and
/// `...` put in its place.
pub fn log_post(identity: &Identity, utc_ms: i64, level: &str, module: &str, text: &str) -> Report {
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
            "versoin": "1.0",
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
