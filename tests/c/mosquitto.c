/* Talks to a broker that is not the platform's: mosquitto PORT CA_FILE, or - for no TLS. */
#include <stdlib.h>

#include "device.h"

#define FILTER "/linkkit/+/data"
#define NAME   "/linkkit/device/data"

static int received;
static int acknowledged;
static int unsubscribed;
static int kept;

static void on_event(void *context, void *client, iotx_mqtt_event_msg_pt event)
{
    (void)context, (void)client;
    acknowledged += event->event_type == IOTX_MQTT_EVENT_PUBLISH_SUCCESS;
    unsubscribed += event->event_type == IOTX_MQTT_EVENT_UNSUBCRIBE_SUCCESS;
    /* What no handler wants. */
    kept += is_text(event, "kept");
    EXPECT(event->event_type != IOTX_MQTT_EVENT_PUBLISH_RECEIVED || kept > 0);
}

static void on_message(void *context, void *client, iotx_mqtt_event_msg_pt event)
{
    iotx_mqtt_topic_info_pt message = event->msg;

    (void)context, (void)client;
    EXPECT(message->topic_len == strlen(NAME));
    EXPECT(memcmp(message->ptopic, NAME, message->topic_len) == 0);
    received += is_text(event, message->qos == 0 ? "by QoS 0" : "by QoS 1");
}

static void *construct(const char *client_id, const char *port, const char *ca_file)
{
    static struct device device;
    void *client;

    set_up_for_broker(&device, client_id, port, ca_file);
    device.params.handle_event.h_fp = on_event;
    client = IOT_MQTT_Construct(&device.params);
    EXPECT(client != NULL);
    return client;
}

static void subscribe(void *client)
{
    EXPECT(IOT_MQTT_Subscribe_Sync(client, FILTER, IOTX_MQTT_QOS1, on_message, NULL, PATIENCE_MS, 1)
           == 0);
}

static void talk(void *client)
{
    subscribe(client);
    EXPECT(publish(client, NAME, 0, "by QoS 0") == 0);
    EXPECT(publish(client, NAME, 1, "by QoS 1") > 0);
    YIELD_UNTIL(client, received == 2 && acknowledged == 1);
    EXPECT(IOT_MQTT_Unsubscribe(client, FILTER) > 0);
    YIELD_UNTIL(client, unsubscribed == 1);

    /* What is published now comes back no more, although there is time for it. */
    EXPECT(publish(client, NAME, 1, "by QoS 1") > 0);
    YIELD_UNTIL(client, acknowledged == 2);
    EXPECT(received == 2);
    EXPECT(IOT_MQTT_CheckStateNormal(client) == 1);
}

int main(int argc, char **argv)
{
    void *client, *other;

    if (argc != 3) {
        fprintf(stderr, "usage: mosquitto PORT CA_FILE|-\n");
        return 2;
    }
    open_log();
    client = construct("linkkit-test", argv[1], argv[2]);
    talk(client);

    /* The broker keeps for a client what comes while it is away. */
    subscribe(client);
    EXPECT(IOT_MQTT_Destroy(&client) == 0);
    other = construct("linkkit-other", argv[1], argv[2]);
    EXPECT(publish(other, NAME, 1, "kept") > 0);
    YIELD_UNTIL(other, acknowledged == 3);
    EXPECT(IOT_MQTT_Destroy(&other) == 0);
    client = construct("linkkit-test", argv[1], argv[2]);
    YIELD_UNTIL(client, kept == 1);
    EXPECT(IOT_MQTT_Destroy(&client) == 0);
    return failures == 0 ? 0 : 1;
}
