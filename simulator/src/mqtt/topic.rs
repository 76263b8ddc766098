//! Topic rules: what MQTT allows, and what the platform allows a device.

#![forbid(unsafe_code)]

use rumqttc::{valid_filter, valid_topic};

use crate::config::DeviceId;

/// The platform's limit, in bytes.
const TOPIC_MAX: usize = 128;

/// Why a device may not publish to this topic; `None`: it may.
pub(crate) fn publish_refusal(device: &DeviceId, topic: &str) -> Option<&'static str> {
    if !valid_topic(topic) || topic.contains('\0') {
        return Some("not a topic");
    }
    refusal(device, topic)
}

/// Why a device may not subscribe to this filter; `None`: it may.
pub(crate) fn subscribe_refusal(device: &DeviceId, filter: &str) -> Option<&'static str> {
    if !valid_filter(filter) || filter.contains('\0') {
        return Some("not a topic filter");
    }
    refusal(device, filter)
}

fn refusal(device: &DeviceId, topic: &str) -> Option<&'static str> {
    if topic.len() > TOPIC_MAX {
        Some("longer than 128 bytes")
    } else if !is_own(device, topic) {
        Some("not a topic of this device")
    } else {
        None
    }
}

/// Whether a topic or filter names this device where its family of topics has the name. A
/// wildcard there would reach other devices, so it does not count.
fn is_own(device: &DeviceId, topic: &str) -> bool {
    let name = [device.product_key.as_str(), device.device_name.as_str()];
    let levels: Vec<&str> = topic.split('/').collect();
    match levels.as_slice() {
        ["", "sys", rest @ ..]
        | ["", "ota", "device", _, rest @ ..]
        | ["", "shadow", _, rest @ ..] => rest.starts_with(&name),
        // The one family that a product's devices share.
        ["", "broadcast", product, ..] => *product == device.product_key,
        // A call has a number before the topic that it is for.
        ["", "ext", "rrpc", _, rest @ ..] | ["", "ext", _, rest @ ..] => rest.starts_with(&name),
        ["", rest @ ..] => rest.len() > 2 && rest.starts_with(&name),
        _ => false,
    }
}

/// Whether a topic that starts with `/`, as all of the platform's do, matches a filter.
pub(crate) fn matches(topic: &str, filter: &str) -> bool {
    // The codec's function slices the first byte off, which panics inside a wider character.
    topic.starts_with('/') && rumqttc::matches(topic, filter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_its_own_topics_only() {
        let device = DeviceId::new("pk", "dn");
        for own in [
            "/pk/dn/update",
            "/pk/dn/user/get",
            "/sys/pk/dn/thing/status/update",
            "/ota/device/inform/pk/dn",
            "/shadow/update/pk/dn",
            "/ext/ntp/pk/dn/request",
            "/ext/error/pk/dn",
            "/ext/session/pk/dn/combine/login",
            "/ext/rrpc/123/pk/dn/user/get",
            "/broadcast/pk/news",
        ] {
            assert_eq!(publish_refusal(&device, own), None, "{own}");
        }
        for foreign in [
            "",
            "/",
            "pk/dn/update",
            "/pk/dn",
            "/pk/dn2/update",
            "/pk2/dn/update",
            "/pk/other/update",
            "/sys/pk/other/thing",
            "/ota/device/inform/pk/other",
            "/shadow/update/pk/other",
            "/ext/ntp/pk/other/request",
            "/ext/ntp/other/pk/dn/request",
            "/ext/pk/dn/ntp",
            "/ext/rrpc/pk/dn",
            "/ext/rrpc/123/pk2/dn/pk/dn",
            "/ext/session/pk/other/combine/pk/dn",
            "/broadcast/pk2/news",
            "é/pk/dn",
        ] {
            assert!(publish_refusal(&device, foreign).is_some(), "{foreign}");
        }
        assert_eq!(publish_refusal(&device, "/pk/dn/+"), Some("not a topic"));
        let long = format!("/pk/dn/{}", "x".repeat(122));
        assert_eq!(publish_refusal(&device, &long), Some("longer than 128 bytes"));
    }

    #[test]
    fn a_wildcard_may_not_reach_another_device() {
        let device = DeviceId::new("pk", "dn");
        for own in ["/pk/dn/#", "/pk/dn/+/get", "/sys/pk/dn/#", "/ota/device/+/pk/dn"] {
            assert_eq!(subscribe_refusal(&device, own), None, "{own}");
        }
        for foreign in ["#", "/#", "/+/dn/x", "/pk/+/x", "/pk/#", "/sys/#", "/sys/pk/+/x"] {
            assert_eq!(
                subscribe_refusal(&device, foreign),
                Some("not a topic of this device"),
                "{foreign}"
            );
        }
        assert_eq!(subscribe_refusal(&device, "/pk/dn/#/x"), Some("not a topic filter"));
    }

    #[test]
    fn matching_takes_any_text() {
        assert!(matches("/a/b", "/a/+"));
        assert!(matches("/a/b/c", "/a/#"));
        assert!(matches("/a", "/a/#"));
        assert!(!matches("/a/b", "/a"));
        assert!(!matches("é", "#"));
    }
}
