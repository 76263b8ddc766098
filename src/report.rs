//! What a device tells the cloud about itself right after it connected, before the firmware's
//! first message.

#![forbid(unsafe_code)]

use serde_json::json;

use crate::hal::Hal;
use crate::identity::Identity;
use crate::mqtt::QoS;

/// The release of the C SDK that the library reports itself as.
pub const SDK_VERSION: &str = "2.2.1.1";

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

/// The reports of release 2.2.1, in its order: module and partner id, SDK version, activation
/// record, firmware version. An id or version that the firmware does not have is left out.
pub fn after_connecting(hal: &dyn Hal, identity: &Identity) -> Vec<Report> {
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

    for (id, key, value) in [
        ("2", "SYS_LP_SDK_VERSION", SDK_VERSION.to_owned()),
        ("1", "SYS_ALIOS_ACTIVATION", activation_record(hal)),
    ] {
        reports.push(Report {
            topic: system("deviceinfo/update"),
            qos: QoS::AtLeastOnce,
            payload: json!({
                "id": id,
                // Spelt so in every release; the platform expects it.
                "versoin": "1.0",
                "params": [{ "attrKey": key, "attrValue": value, "domain": "SYSTEM" }],
                "method": "thing.deviceinfo.update",
            })
            .to_string(),
        });
    }

    let version = hal.firmware_version();
    if version.is_empty() {
        log::warn!(target: "iotx_mc_report_firmware_version", "firmware version does not implement: HAL_GetFirmwareVesion gives none, so none is reported");
    } else {
        reports.push(Report {
            topic: format!("/ota/device/inform/{product_key}/{device_name}"),
            qos: QoS::AtLeastOnce,
            payload: json!({ "id": "3", "params": { "version": version } }).to_string(),
        });
    }
    reports
}

/// What AliOS Things devices are told apart by, in hex: version, four random bytes, address with
/// the kind of device, chip code, and 40 digits that only AliOS fills. A device without AliOS
/// sends the placeholders of release 2.2.1.
fn activation_record(hal: &dyn Hal) -> String {
    const VERSION: &str = "02020100";
    const ADDRESS_AND_KIND: &str = "0102030405060100";
    const CHIP_CODE: &str = "01020304";
    const FILLER: &str = "1111111111222222222233333333334444444444";
    let random: String = (0..4).map(|_| format!("{:02X}", hal.random(0xFF) & 0xFF)).collect();
    format!("{VERSION}{random}{ADDRESS_AND_KIND}{CHIP_CODE}{FILLER}")
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
