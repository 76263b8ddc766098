//! Enumerations that all releases share. The integers that carry them are defined beside this file.

/// How surely a message is delivered.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum iotx_mqtt_qos_t {
    /// At most once.
    IOTX_MQTT_QOS0 = 0,
    /// At least once.
    IOTX_MQTT_QOS1 = 1,
    /// Exactly once, which the cloud does not offer: it is refused.
    IOTX_MQTT_QOS2 = 2,
}

/// What happened to an MQTT client.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum iotx_mqtt_event_type_t {
    /// No event: the library never reports it.
    IOTX_MQTT_EVENT_UNDEF = 0,
    /// The connection is lost.
    IOTX_MQTT_EVENT_DISCONNECT = 1,
    /// The connection is back.
    IOTX_MQTT_EVENT_RECONNECT = 2,
    /// The cloud granted a subscription.
    IOTX_MQTT_EVENT_SUBCRIBE_SUCCESS = 3,
    /// The cloud did not answer a subscription in time.
    IOTX_MQTT_EVENT_SUBCRIBE_TIMEOUT = 4,
    /// The cloud refused a subscription.
    IOTX_MQTT_EVENT_SUBCRIBE_NACK = 5,
    /// The cloud ended a subscription as asked.
    IOTX_MQTT_EVENT_UNSUBCRIBE_SUCCESS = 6,
    /// The cloud did not answer in time when asked to end a subscription.
    IOTX_MQTT_EVENT_UNSUBCRIBE_TIMEOUT = 7,
    /// The cloud refused to end a subscription.
    IOTX_MQTT_EVENT_UNSUBCRIBE_NACK = 8,
    /// The cloud acknowledged a message.
    IOTX_MQTT_EVENT_PUBLISH_SUCCESS = 9,
    /// The cloud did not acknowledge a message in time.
    IOTX_MQTT_EVENT_PUBLISH_TIMEOUT = 10,
    /// The cloud refused a message.
    IOTX_MQTT_EVENT_PUBLISH_NACK = 11,
    /// A message came.
    IOTX_MQTT_EVENT_PUBLISH_RECEIVED = 12,
    /// A message came that is larger than the read buffer; it was skipped.
    IOTX_MQTT_EVENT_BUFFER_OVERFLOW = 13,
}
