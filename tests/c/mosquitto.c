/* Talks to a broker that is not the platform's: mosquitto PORT CA_FILE. */
#include <stdlib.h>

#include "device.h"

#define FILTER "/linkkit/+/data"
#define NAME   "/linkkit/device/data"

static int received;
static int acknowledged;
static int unsubscribed;

static void on_event(void *context, void *client, iotx_mqtt_event_msg_pt event)
{
    (void)context, (void)client;
    acknowledged += event->event_type == IOTX_MQTT_EVENT_PUBLISH_SUCCESS;
    unsubscribed += event->event_type == IOTX_MQTT_EVENT_UNSUBCRIBE_SUCCESS;
    EXPECT(event->event_type != IOTX_MQTT_EVENT_PUBLISH_RECEIVED);
}

static void on_message(void *context, void *client, iotx_mqtt_event_msg_pt event)
{
    iotx_mqtt_topic_info_pt message = event->msg;

    (void)context, (void)client;
    EXPECT(message->topic_len == strlen(NAME));
    EXPECT(memcmp(message->ptopic, NAME, message->topic_len) == 0);
    received += is_text(event, message->qos == 0 ? "by QoS 0" : "by QoS 1");
}

/* The whole file, which ends with a NUL that the array brings. */
static const char *read_file(const char *path)
{
    static char text[16 * 1024];
    FILE *file = fopen(path, "r");

    EXPECT(file != NULL);
    EXPECT(file != NULL && fread(text, 1, sizeof(text) - 1, file) > 0);
    if (file != NULL) {
        fclose(file);
    }
    return text;
}

int main(int argc, char **argv)
{
    static char write_buf[1024], read_buf[1024];
    iotx_mqtt_param_t params = {0};
    void *client;

    if (argc != 3) {
        fprintf(stderr, "usage: mosquitto PORT CA_FILE\n");
        return 2;
    }
    open_log();
    params.host = "localhost";
    params.port = (uint16_t)atoi(argv[1]);
    params.client_id = "linkkit-test";
    params.username = "device";
    params.password = "a password";
    params.pub_key = read_file(argv[2]);
    params.request_timeout_ms = 5000;
    params.keepalive_interval_ms = 60000;
    params.pwrite_buf = write_buf;
    params.write_buf_size = sizeof(write_buf);
    params.pread_buf = read_buf;
    params.read_buf_size = sizeof(read_buf);
    params.handle_event.h_fp = on_event;

    client = IOT_MQTT_Construct(&params);
    EXPECT(client != NULL);
    EXPECT(IOT_MQTT_Subscribe_Sync(client, FILTER, IOTX_MQTT_QOS1, on_message, NULL, PATIENCE_MS, 1)
           == 0);
    EXPECT(publish(client, NAME, 0, "by QoS 0") == 0);
    EXPECT(publish(client, NAME, 1, "by QoS 1") > 0);
    YIELD_UNTIL(client, received == 2 && acknowledged == 1);
    EXPECT(IOT_MQTT_Unsubscribe(client, FILTER) > 0);
    YIELD_UNTIL(client, unsubscribed == 1);

    /* What is published now comes back no more, although there is time for it. */
    EXPECT(publish(client, NAME, 1, "by QoS 1") > 0);
    YIELD_UNTIL(client, acknowledged == 2);
    EXPECT(received == 2);
    EXPECT(IOT_MQTT_Destroy(&client) == 0);
    return failures == 0 ? 0 : 1;
}
