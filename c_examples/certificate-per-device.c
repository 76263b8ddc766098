/*
 * A device with a certificate of its own: its product key, device name and device secret were put
 * into it when it was made. It logs in, publishes one message, waits until the platform has
 * acknowledged it, and says good-bye.
 */

#include <stdio.h>
#include <string.h>

#include "iot_import.h"
#include "iot_export.h"

#define PRODUCT_KEY     "a1ExpAkj9Hi"
#define DEVICE_NAME     "Example_dev1"
#define DEVICE_SECRET   "ik0qF60vcdvStygvKOTs3xEUbVj6BbSR"

#define TOPIC_UPDATE    "/" PRODUCT_KEY "/" DEVICE_NAME "/update"

#define PATIENCE_MS     10000

/* The packet id of the last message that the platform acknowledged. */
static int acknowledged;

static void event_handle(void *pcontext, void *pclient, iotx_mqtt_event_msg_pt msg)
{
    (void)pcontext;
    (void)pclient;

    /* Of an acknowledgement msg is the packet id itself, not a pointer to it. */
    if (msg->event_type == IOTX_MQTT_EVENT_PUBLISH_SUCCESS) {
        acknowledged = (int)(intptr_t)msg->msg;
    }
}

static void *connect_device(void)
{
    /* The buffers are the client's as long as it lives. Their sizes limit what fits into a message. */
    static char write_buf[1024];
    static char read_buf[1024];
    iotx_conn_info_pt conn_info = NULL;
    iotx_mqtt_param_t params;
    int dynamic_register = 0;

    /* 0: the secret is here already; mqtt-example.c has a device that asks the platform for it. */
    IOT_Ioctl(IOTX_IOCTL_SET_DYNAMIC_REGISTER, &dynamic_register);
    if (IOT_SetupConnInfo(PRODUCT_KEY, DEVICE_NAME, DEVICE_SECRET, (void **)&conn_info) != 0) {
        return NULL;
    }

    memset(&params, 0, sizeof(params));
    params.host = conn_info->host_name;
    params.port = conn_info->port;
    params.client_id = conn_info->client_id;
    params.username = conn_info->username;
    params.password = conn_info->password;
    params.pub_key = conn_info->pub_key;
    params.request_timeout_ms = 2000;
    params.keepalive_interval_ms = 60000;
    params.pwrite_buf = write_buf;
    params.write_buf_size = sizeof(write_buf);
    params.pread_buf = read_buf;
    params.read_buf_size = sizeof(read_buf);
    params.handle_event.h_fp = event_handle;
    return IOT_MQTT_Construct(&params);
}

/* Returns 0 once the platform has the message. */
static int publish_and_wait(void *pclient)
{
    static const char text[] = "{\"temperature\":21}";
    iotx_mqtt_topic_info_t message;
    uint64_t start = HAL_UptimeMs();
    int packet_id;

    memset(&message, 0, sizeof(message));
    message.qos = IOTX_MQTT_QOS1;
    message.payload = text;
    message.payload_len = (uint32_t)strlen(text);
    packet_id = IOT_MQTT_Publish(pclient, TOPIC_UPDATE, &message);
    if (packet_id < 0) {
        HAL_Printf("publishing failed: %d\n", packet_id);
        return -1;
    }

    /* Nothing is received, and no handler is called, but inside of IOT_MQTT_Yield(). */
    while (acknowledged != packet_id && HAL_UptimeMs() - start < PATIENCE_MS) {
        IOT_MQTT_Yield(pclient, 100);
    }
    return acknowledged == packet_id ? 0 : -1;
}

int main(void)
{
    void *pclient;
    int rc;

    IOT_OpenLog("certificate");
    IOT_SetLogLevel(IOT_LOG_INFO);

    pclient = connect_device();
    if (pclient == NULL) {
        HAL_Printf("the device could not log in; the log says why\n");
        return 1;
    }
    rc = publish_and_wait(pclient);
    HAL_Printf(rc == 0 ? "the platform has the message\n" : "no acknowledgement came\n");
    IOT_MQTT_Destroy(&pclient);
    IOT_CloseLog();
    return rc == 0 ? 0 : 1;
}
