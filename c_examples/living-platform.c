/*
 * A device abroad on the Living Platform: it registers and authenticates at the activation centre
 * in Singapore over HTTPS, and the platform sends it to the nearest data node, to which it then
 * connects over MQTT. Whenever it reconnects it authenticates again, and may be sent elsewhere.
 *
 * The C SDK has this mode when it is built with FEATURE_MQTT_DIRECT=n. This library has it when it
 * is built with the feature https-auth, and in every build when the program asks for it as below.
 *
 * Usage: living-platform [domain|region] [loop]
 *   domain: set the site by the names of release 2.2.1 (the default).
 *   region: set it by the names of release 2.3.0.
 *   loop:   publish for ever, every two seconds.
 */

#include <stdio.h>
#include <string.h>

#include "iot_import.h"
#include "iot_export.h"

#define PRODUCT_KEY     "a1ExpAkj9Hi"
#define PRODUCT_SECRET  "ffFnFlKQW3HYjjPR"
#define DEVICE_NAME     "Example_dyn1"

#define TOPIC_UPDATE    "/" PRODUCT_KEY "/" DEVICE_NAME "/update"
#define TOPIC_DATA      "/" PRODUCT_KEY "/" DEVICE_NAME "/data"

#define MSG_LEN_MAX     (1024)

#define EXAMPLE_TRACE(...) \
    do { \
        HAL_Printf("%s|%03d :: ", __func__, __LINE__); \
        HAL_Printf(__VA_ARGS__); \
        HAL_Printf("\r\n"); \
    } while (0)

static int has_argument(int argc, char **argv, const char *wanted)
{
    int i;

    for (i = 1; i < argc; i++) {
        if (strcmp(argv[i], wanted) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Singapore is the activation centre of all devices abroad. */
static int choose_site(int by_region)
{
    if (by_region) {
        int domain_type = IOTX_CLOUD_REGION_SINGAPORE;

        return IOT_Ioctl(IOTX_IOCTL_SET_REGION, (void *)&domain_type);
    } else {
        int domain_type = IOTX_CLOUD_DOMAIN_SG;

        return IOT_Ioctl(IOTX_IOCTL_SET_DOMAIN, (void *)&domain_type);
    }
}

/* With the C SDK the build decides, and its headers do not have this option. */
static int choose_https_authentication(void)
{
#ifdef LINKKIT_IOCTL_SET_MQTT_DIRECT
    int mqtt_direct = 0;

    return IOT_Ioctl(LINKKIT_IOCTL_SET_MQTT_DIRECT, (void *)&mqtt_direct);
#else
    return 0;
#endif
}

static void event_handle(void *pcontext, void *pclient, iotx_mqtt_event_msg_pt msg)
{
    (void)pcontext;
    (void)pclient;

    switch (msg->event_type) {
        case IOTX_MQTT_EVENT_DISCONNECT:
            EXAMPLE_TRACE("MQTT disconnect.");
            break;
        case IOTX_MQTT_EVENT_RECONNECT:
            EXAMPLE_TRACE("MQTT reconnect.");
            break;
        default:
            EXAMPLE_TRACE("event %d", (int)msg->event_type);
            break;
    }
}

static void message_arrive(void *pcontext, void *pclient, iotx_mqtt_event_msg_pt msg)
{
    iotx_mqtt_topic_info_pt message = (iotx_mqtt_topic_info_pt)msg->msg;

    (void)pcontext;
    (void)pclient;

    EXAMPLE_TRACE("Topic: '%.*s'", (int)message->topic_len, message->ptopic);
    EXAMPLE_TRACE("Payload: '%.*s'", (int)message->payload_len, message->payload);
}

/* Publishes a text by QoS 1. Returns the packet id, or a negative code. */
static int publish(void *pclient, const char *topic, const char *text)
{
    iotx_mqtt_topic_info_t message;

    memset(&message, 0, sizeof(message));
    message.qos = IOTX_MQTT_QOS1;
    message.payload = text;
    message.payload_len = (uint32_t)strlen(text);
    return IOT_MQTT_Publish(pclient, topic, &message);
}

static int talk(void *pclient, int loop)
{
    static const char temperature[] = "{\"attr_name\":\"temperature\", \"attr_value\":\"1\"}";
    int rc;

    rc = publish(pclient, TOPIC_UPDATE, "update: hello! start!");
    if (rc < 0) {
        return rc;
    }
    rc = IOT_MQTT_Subscribe(pclient, TOPIC_DATA, IOTX_MQTT_QOS1, message_arrive, NULL);
    if (rc < 0) {
        return rc;
    }
    IOT_MQTT_Yield(pclient, 200);
    rc = publish(pclient, TOPIC_DATA, "data: hello! start!");
    if (rc < 0) {
        return rc;
    }
    IOT_MQTT_Yield(pclient, 200);
    rc = publish(pclient, TOPIC_DATA, temperature);
    if (rc < 0) {
        return rc;
    }
    IOT_MQTT_Yield(pclient, 400);

    while (loop) {
        /* Fails while the connection is down; the library brings it back. */
        rc = publish(pclient, TOPIC_DATA, temperature);
        EXAMPLE_TRACE("publish, rc = %d", rc);
        IOT_MQTT_Yield(pclient, 2000);
    }

    IOT_MQTT_Unsubscribe(pclient, TOPIC_DATA);
    IOT_MQTT_Yield(pclient, 200);
    return 0;
}

static int mqtt_client(int loop)
{
    static char read_buf[MSG_LEN_MAX];
    static char write_buf[MSG_LEN_MAX];
    iotx_conn_info_pt conn_info = NULL;
    iotx_mqtt_param_t params;
    void *pclient;
    int rc;

    /* Registers the device the first time in its life, and authenticates it every time. */
    if (IOT_SetupConnInfo(PRODUCT_KEY, DEVICE_NAME, "", (void **)&conn_info) != 0) {
        EXAMPLE_TRACE("AUTH request failed!");
        return -1;
    }
    EXAMPLE_TRACE("the data node is %s:%d", conn_info->host_name, conn_info->port);

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

    pclient = IOT_MQTT_Construct(&params);
    if (pclient == NULL) {
        EXAMPLE_TRACE("MQTT construct failed");
        return -1;
    }
    rc = talk(pclient, loop);
    IOT_MQTT_Destroy(&pclient);
    return rc;
}

int main(int argc, char **argv)
{
    int dynamic_register = 1;
    int rc;

    IOT_OpenLog("living");
    IOT_SetLogLevel(IOT_LOG_DEBUG);

    HAL_SetProductKey(PRODUCT_KEY);
    HAL_SetProductSecret(PRODUCT_SECRET);
    HAL_SetDeviceName(DEVICE_NAME);

    /* Choose Login Server */
    rc = choose_site(has_argument(argc, argv, "region"));
    /* Choose Login Method */
    if (rc == 0) {
        rc = choose_https_authentication();
    }
    if (rc == 0) {
        rc = IOT_Ioctl(IOTX_IOCTL_SET_DYNAMIC_REGISTER, (void *)&dynamic_register);
    }
    if (rc == 0) {
        rc = mqtt_client(has_argument(argc, argv, "loop"));
    }

    IOT_CloseLog();
    EXAMPLE_TRACE("out of sample!");
    return rc == 0 ? 0 : 1;
}
