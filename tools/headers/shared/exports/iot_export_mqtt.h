/* The name that releases up to 2.1.0 give to the same event. */
#define IOTX_MQTT_EVENT_PUBLISH_RECVEIVED IOTX_MQTT_EVENT_PUBLISH_RECEIVED
