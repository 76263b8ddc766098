/* The adapter for any library that has the C interface of Link Kit release 2.2.1. */
#include "workload.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "iot_export.h"
#include "iot_import.h"

#define PATIENCE_MS 5000

const int run_ends_early = 0;

static void *client;
static char write_buf[8 * 1024], read_buf[8 * 1024];
static int granted;

static void on_event(void *context, void *handle, iotx_mqtt_event_msg_pt event)
{
    (void)context, (void)handle;
    switch (event->event_type) {
        case IOTX_MQTT_EVENT_PUBLISH_SUCCESS:
            acknowledged();
            break;
        case IOTX_MQTT_EVENT_SUBCRIBE_SUCCESS:
            granted = 1;
            break;
        case IOTX_MQTT_EVENT_DISCONNECT:
            fail("the connection", event->event_type);
            break;
        default:
            break;
    }
}

static void on_message(void *context, void *handle, iotx_mqtt_event_msg_pt event)
{
    (void)context, (void)handle;
    received(((iotx_mqtt_topic_info_pt)event->msg)->payload_len);
}

static const char *read_file(const char *path)
{
    static char text[16 * 1024];
    FILE *file = fopen(path, "r");

    if (file == NULL || fread(text, 1, sizeof(text) - 1, file) == 0) {
        fail("reading the root certificate", -1);
    }
    fclose(file);
    return text;
}

void client_open(const struct target *target, int threaded)
{
    iotx_mqtt_param_t params;

    (void)threaded;
    memset(&params, 0, sizeof(params));
    params.host = target->host;
    params.port = (uint16_t)target->port;
    params.client_id = "bench-sdk";
    params.username = "device";
    params.password = "password";
    params.pub_key = target->ca_file == NULL ? NULL : read_file(target->ca_file);
    params.clean_session = 1;
    params.request_timeout_ms = 5000;
    params.keepalive_interval_ms = 60000;
    params.pwrite_buf = write_buf;
    params.write_buf_size = sizeof(write_buf);
    params.pread_buf = read_buf;
    params.read_buf_size = sizeof(read_buf);
    params.handle_event.h_fp = on_event;
    client = IOT_MQTT_Construct(&params);
    if (client == NULL) {
        fail("IOT_MQTT_Construct", -1);
    }
}

void client_subscribe(const char *filter, int qos)
{
    int waited = 0;
    int rc;

    granted = 0;
    rc = IOT_MQTT_Subscribe(client, filter, (iotx_mqtt_qos_t)qos, on_message, NULL);
    if (rc < 0) {
        fail("IOT_MQTT_Subscribe", rc);
    }
    while (!granted && waited++ < PATIENCE_MS) {
        IOT_MQTT_Yield(client, 1);
    }
    if (!granted) {
        fail("the subscription", -1);
    }
}

void client_publish(const char *topic, int qos, const void *payload, size_t len)
{
    iotx_mqtt_topic_info_t message;
    int rc;

    memset(&message, 0, sizeof(message));
    message.qos = (uint8_t)qos;
    message.payload = payload;
    message.payload_len = (uint32_t)len;
    rc = IOT_MQTT_Publish(client, topic, &message);
    if (rc < 0) {
        fail("IOT_MQTT_Publish", rc);
    }
}

void client_run(int ms)
{
    IOT_MQTT_Yield(client, ms);
}

void client_close(void)
{
    IOT_MQTT_Destroy(&client);
}
