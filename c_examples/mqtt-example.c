/*
 * A device that has only its product's certificate registers itself, keeps its secret, logs in
 * over MQTT with TLS, publishes, subscribes, and receives what it published.
 *
 * Written for the interface of release 2.2.1 of the Link Kit C SDK; nothing in it knows which
 * library it is linked with.
 *
 * Usage: mqtt-example [loop]
 *   loop: publish for ever, every two seconds.
 */

#include <stdio.h>
#include <string.h>

#include "iot_import.h"
#include "iot_export.h"

#define PRODUCT_KEY     "a1ExpAkj9Hi"
#define PRODUCT_SECRET  "ffFnFlKQW3HYjjPR"
#define DEVICE_NAME     "Example_dyn1"
/* #define DEVICE_SECRET "the device registers, so it needs none" */

#define TOPIC_UPDATE    "/" PRODUCT_KEY "/" DEVICE_NAME "/update"
#define TOPIC_DATA      "/" PRODUCT_KEY "/" DEVICE_NAME "/data"

#define MSG_LEN_MAX     (1024)

#define EXAMPLE_TRACE(...) \
    do { \
        HAL_Printf("%s|%03d :: ", __func__, __LINE__); \
        HAL_Printf(__VA_ARGS__); \
        HAL_Printf("\r\n"); \
    } while (0)

static int    user_argc;
static char **user_argv;

/* Gets everything that is not a message of a subscribed topic. */
static void event_handle(void *pcontext, void *pclient, iotx_mqtt_event_msg_pt msg)
{
    unsigned int packet_id = (unsigned int)(uintptr_t)msg->msg;
    iotx_mqtt_topic_info_pt message = (iotx_mqtt_topic_info_pt)msg->msg;

    (void)pcontext;
    (void)pclient;

    switch (msg->event_type) {
        case IOTX_MQTT_EVENT_DISCONNECT:
            EXAMPLE_TRACE("MQTT disconnect.");
            break;
        case IOTX_MQTT_EVENT_RECONNECT:
            EXAMPLE_TRACE("MQTT reconnect.");
            break;
        case IOTX_MQTT_EVENT_SUBCRIBE_SUCCESS:
            EXAMPLE_TRACE("subscribe success, packet-id=%u", packet_id);
            break;
        case IOTX_MQTT_EVENT_SUBCRIBE_TIMEOUT:
            EXAMPLE_TRACE("subscribe wait ack timeout, packet-id=%u", packet_id);
            break;
        case IOTX_MQTT_EVENT_SUBCRIBE_NACK:
            EXAMPLE_TRACE("subscribe nack, packet-id=%u", packet_id);
            break;
        case IOTX_MQTT_EVENT_UNSUBCRIBE_SUCCESS:
            EXAMPLE_TRACE("unsubscribe success, packet-id=%u", packet_id);
            break;
        case IOTX_MQTT_EVENT_UNSUBCRIBE_TIMEOUT:
            EXAMPLE_TRACE("unsubscribe timeout, packet-id=%u", packet_id);
            break;
        case IOTX_MQTT_EVENT_PUBLISH_SUCCESS:
            EXAMPLE_TRACE("publish success, packet-id=%u", packet_id);
            break;
        case IOTX_MQTT_EVENT_PUBLISH_RECEIVED:
            EXAMPLE_TRACE("a message nobody subscribed to: topic=%.*s, payload=%.*s",
                          (int)message->topic_len, message->ptopic,
                          (int)message->payload_len, message->payload);
            break;
        case IOTX_MQTT_EVENT_BUFFER_OVERFLOW:
            EXAMPLE_TRACE("buffer overflow, %s", (const char *)msg->msg);
            break;
        default:
            EXAMPLE_TRACE("event %d", (int)msg->event_type);
            break;
    }
}

/* Gets the messages of the topic that this function was subscribed with. */
static void message_arrive(void *pcontext, void *pclient, iotx_mqtt_event_msg_pt msg)
{
    iotx_mqtt_topic_info_pt message = (iotx_mqtt_topic_info_pt)msg->msg;

    (void)pcontext;
    (void)pclient;

    EXAMPLE_TRACE("----");
    EXAMPLE_TRACE("packetId: %d", message->packet_id);
    EXAMPLE_TRACE("Topic: '%.*s' (Length: %d)",
                  (int)message->topic_len, message->ptopic, (int)message->topic_len);
    EXAMPLE_TRACE("Payload: '%.*s' (Length: %d)",
                  (int)message->payload_len, message->payload, (int)message->payload_len);
    EXAMPLE_TRACE("----");
}

/* Publishes a text by QoS 1. Returns the packet id, or a negative code. */
static int publish(void *pclient, const char *topic, const char *text)
{
    iotx_mqtt_topic_info_t message;
    int rc;

    memset(&message, 0, sizeof(message));
    message.qos = IOTX_MQTT_QOS1;
    message.payload = text;
    message.payload_len = (uint32_t)strlen(text);

    rc = IOT_MQTT_Publish(pclient, topic, &message);
    EXAMPLE_TRACE("publish topic: %s, payload: %s, rc = %d", topic, text, rc);
    return rc;
}

/* Everything between connecting and saying good-bye. Returns 0, or a negative code. */
static int talk(void *pclient)
{
    char text[128];
    int count = 0;
    int rc;

    rc = publish(pclient, TOPIC_UPDATE, "update: hello! start!");
    if (rc < 0) {
        return rc;
    }

    rc = IOT_MQTT_Subscribe(pclient, TOPIC_DATA, IOTX_MQTT_QOS1, message_arrive, NULL);
    if (rc < 0) {
        EXAMPLE_TRACE("IOT_MQTT_Subscribe() failed, rc = %d", rc);
        return rc;
    }
    IOT_MQTT_Yield(pclient, 200);
    HAL_SleepMs(2000);

    rc = publish(pclient, TOPIC_DATA, "data: hello! start!");
    if (rc < 0) {
        return rc;
    }
    IOT_MQTT_Yield(pclient, 200);

    do {
        count++;
        HAL_Snprintf(text, sizeof(text),
                     "{\"attr_name\":\"temperature\", \"attr_value\":\"%d\"}", count);
        rc = publish(pclient, TOPIC_DATA, text);
        if (rc < 0) {
            return rc;
        }
        IOT_MQTT_Yield(pclient, 200);

        if (user_argc >= 2 && strcmp(user_argv[1], "loop") == 0) {
            HAL_SleepMs(2000);
            count = 0;
        }
    } while (count < 1);

    IOT_MQTT_Yield(pclient, 200);
    IOT_MQTT_Unsubscribe(pclient, TOPIC_DATA);
    IOT_MQTT_Yield(pclient, 200);
    return 0;
}

static int mqtt_client(void)
{
    static char read_buf[MSG_LEN_MAX];
    static char write_buf[MSG_LEN_MAX];
    char product_key[PRODUCT_KEY_LEN + 1] = {0};
    char device_name[DEVICE_NAME_LEN + 1] = {0};
    char device_secret[DEVICE_SECRET_LEN + 1] = {0};
    iotx_conn_info_pt conn_info = NULL;
    iotx_mqtt_param_t params;
    void *pclient;
    int rc;

    HAL_GetProductKey(product_key);
    HAL_GetDeviceName(device_name);
    HAL_GetDeviceSecret(device_secret);

    /* The first time in the device's life this registers it; later the secret is in the store. */
    if (IOT_SetupConnInfo(product_key, device_name, device_secret, (void **)&conn_info) != 0) {
        EXAMPLE_TRACE("AUTH request failed!");
        return -1;
    }

    memset(&params, 0, sizeof(params));
    params.port = conn_info->port;
    params.host = conn_info->host_name;
    params.client_id = conn_info->client_id;
    params.username = conn_info->username;
    params.password = conn_info->password;
    params.pub_key = conn_info->pub_key;
    params.request_timeout_ms = 2000;
    params.clean_session = 0;
    params.keepalive_interval_ms = 60000;
    params.pread_buf = read_buf;
    params.read_buf_size = sizeof(read_buf);
    params.pwrite_buf = write_buf;
    params.write_buf_size = sizeof(write_buf);
    params.handle_event.h_fp = event_handle;
    params.handle_event.pcontext = NULL;

    pclient = IOT_MQTT_Construct(&params);
    if (pclient == NULL) {
        EXAMPLE_TRACE("MQTT construct failed");
        return -1;
    }

    rc = talk(pclient);
    IOT_MQTT_Destroy(&pclient);
    return rc;
}

int main(int argc, char **argv)
{
    int domain_type = IOTX_CLOUD_DOMAIN_SH;
    int dynamic_register = 1;
    int rc;

    IOT_OpenLog("mqtt");
    IOT_SetLogLevel(IOT_LOG_DEBUG);

    user_argc = argc;
    user_argv = argv;

    HAL_SetProductKey(PRODUCT_KEY);
    HAL_SetProductSecret(PRODUCT_SECRET);
    HAL_SetDeviceName(DEVICE_NAME);
    /* HAL_SetDeviceSecret(DEVICE_SECRET); */

    /* Choose Login Server */
    IOT_Ioctl(IOTX_IOCTL_SET_DOMAIN, (void *)&domain_type);

    /* Choose Login Method */
    IOT_Ioctl(IOTX_IOCTL_SET_DYNAMIC_REGISTER, (void *)&dynamic_register);

    rc = mqtt_client();

    IOT_DumpMemoryStats(IOT_LOG_DEBUG);
    IOT_CloseLog();
    EXAMPLE_TRACE("out of sample!");
    return rc == 0 ? 0 : 1;
}
