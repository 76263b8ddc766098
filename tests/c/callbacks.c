/* What firmware does around and inside its handlers, one scenario a run: callbacks SCENARIO. */
#include <pthread.h>

#include "device.h"

/* What one client's handlers saw. */
struct seen {
    void *client;
    int pings;
    int pongs;
    int strangers;
    int overflows;
    int unmatched;
    int empty;
    int last_unsubscribed;
};

static void on_event(void *context, void *client, iotx_mqtt_event_msg_pt event)
{
    struct seen *seen = context;

    if (client != seen->client) {
        seen->strangers++;
    }
    switch (event->event_type) {
        case IOTX_MQTT_EVENT_PUBLISH_RECEIVED:
            seen->unmatched += is_text(event, "ping");
            break;
        case IOTX_MQTT_EVENT_BUFFER_OVERFLOW:
            seen->overflows++;
            break;
        case IOTX_MQTT_EVENT_UNSUBCRIBE_SUCCESS:
            seen->last_unsubscribed = (int)(intptr_t)event->msg;
            break;
        default:
            break;
    }
}

static void on_message(void *context, void *client, iotx_mqtt_event_msg_pt event)
{
    struct seen *seen = context;

    if (client != seen->client) {
        seen->strangers++;
    }
    seen->pings += is_text(event, "ping");
    seen->pongs += is_text(event, "pong");
}

/* Connects a device whose handlers note what they see. */
static void *connect_as(const char *name, const char *secret, struct seen *seen,
                        uint32_t read_buf_size)
{
    static struct device device;

    EXPECT(set_up(&device, name, secret) == 0);
    device.params.handle_event.h_fp = on_event;
    device.params.handle_event.pcontext = seen;
    device.params.read_buf_size = read_buf_size;
    memset(seen, 0, sizeof(*seen));
    seen->client = IOT_MQTT_Construct(&device.params);
    EXPECT(seen->client != NULL);
    return seen->client;
}

static void *connect_device(struct seen *seen)
{
    return connect_as(DEVICE_NAME, DEVICE_SECRET, seen, 4096);
}

static void subscribe(void *client, const char *filter, iotx_mqtt_event_handle_func_fpt handler,
                      void *context)
{
    EXPECT(IOT_MQTT_Subscribe_Sync(client, filter, IOTX_MQTT_QOS1, handler, context,
                                   PATIENCE_MS, 1) == 0);
}

static void answer_ping(void *context, void *client, iotx_mqtt_event_msg_pt event)
{
    on_message(context, client, event);
    if (is_text(event, "ping")) {
        EXPECT(publish(client, TOPIC("data"), 1, "pong") > 0);
    }
}

static void publish_inside(void)
{
    struct seen seen;
    void *client = connect_device(&seen);

    subscribe(client, TOPIC("data"), answer_ping, &seen);
    EXPECT(publish(client, TOPIC("data"), 1, "ping") > 0);
    YIELD_UNTIL(client, seen.pongs > 0);
    EXPECT(seen.pings == 1 && seen.pongs == 1 && seen.strangers == 0);
    EXPECT(IOT_MQTT_Destroy(&client) == 0);
}

static void side_by_side(void)
{
    static const char dynamic_topic[] = "/" PRODUCT_KEY "/" DYNAMIC_NAME "/data";
    struct seen one, other;
    void *first, *second;

    HAL_SetProductSecret(PRODUCT_SECRET);
    first = connect_device(&one);
    second = connect_as(DYNAMIC_NAME, NULL, &other, 4096);
    EXPECT(first != second);
    subscribe(first, TOPIC("data"), on_message, &one);
    subscribe(second, dynamic_topic, on_message, &other);
    EXPECT(publish(first, TOPIC("data"), 1, "ping") > 0);
    EXPECT(publish(second, dynamic_topic, 1, "pong") > 0);
    YIELD_UNTIL(first, one.pings > 0);
    YIELD_UNTIL(second, other.pongs > 0);
    EXPECT(one.pings == 1 && one.pongs == 0 && one.strangers == 0);
    EXPECT(other.pings == 0 && other.pongs == 1 && other.strangers == 0);

    /* The end of one is not the other's. */
    EXPECT(IOT_MQTT_Destroy(&first) == 0);
    EXPECT(IOT_MQTT_CheckStateNormal(second) == 1);
    EXPECT(publish(second, dynamic_topic, 1, "pong") > 0);
    YIELD_UNTIL(second, other.pongs == 2);
    EXPECT(IOT_MQTT_Destroy(&second) == 0);
}

/* Yields until its client is gone. */
static void *yield(void *client)
{
    while (IOT_MQTT_Yield(client, 100) == 0) {
    }
    return NULL;
}

static void subscribe_sync(void)
{
    struct seen seen;
    void *client = connect_device(&seen);
    void *handle = client;
    uint64_t start = HAL_UptimeMs();
    pthread_t thread;

    /* Nobody yields, so no answer is seen. */
    EXPECT(IOT_MQTT_Subscribe_Sync(client, TOPIC("one"), 1, on_message, &seen, 300, 0) == -1);
    EXPECT(HAL_UptimeMs() - start >= 300);
    subscribe(client, TOPIC("two"), on_message, &seen);
    EXPECT(pthread_create(&thread, NULL, yield, client) == 0);
    EXPECT(IOT_MQTT_Subscribe_Sync(client, TOPIC("data"), 1, on_message, &seen, PATIENCE_MS, 0)
           == 0);
    /* Another device's topic is not granted, which is not waited out. */
    start = HAL_UptimeMs();
    EXPECT(IOT_MQTT_Subscribe_Sync(client, "/" PRODUCT_KEY "/other/data", 1, on_message, &seen,
                                   PATIENCE_MS, 0) == -1);
    EXPECT(HAL_UptimeMs() - start < PATIENCE_MS);
    EXPECT(IOT_MQTT_Destroy(&client) == 0);
    EXPECT(pthread_join(thread, NULL) == 0);
    EXPECT(IOT_MQTT_Yield(handle, 10) == -2);
}

static void unmatched(void)
{
    struct seen seen;
    void *client = connect_device(&seen);

    subscribe(client, TOPIC("data"), on_message, &seen);
    EXPECT(IOT_MQTT_Destroy(&client) == 0);
    /* The cloud remembers the subscription; the new client has no handler for it. */
    client = connect_device(&seen);
    EXPECT(publish(client, TOPIC("data"), 1, "ping") > 0);
    YIELD_UNTIL(client, seen.unmatched > 0);
    EXPECT(seen.unmatched == 1 && seen.pings == 0 && seen.strangers == 0);
    EXPECT(IOT_MQTT_Destroy(&client) == 0);
}

/* Makes a string of the payload, as firmware does although no NUL comes with it. */
static void terminate(void *context, void *client, iotx_mqtt_event_msg_pt event)
{
    struct seen *seen = context;
    iotx_mqtt_topic_info_pt message = event->msg;

    ((char *)message->payload)[message->payload_len] = '\0';
    EXPECT(strlen(message->payload) == message->payload_len);
    EXPECT(strncmp(message->ptopic, TOPIC("data"), message->topic_len) == 0);
    seen->empty += message->payload_len == 0;
    on_message(context, client, event);
}

static void write_behind(void)
{
    struct seen seen;
    void *client = connect_device(&seen);
    int i;

    subscribe(client, TOPIC("data"), terminate, &seen);
    for (i = 0; i < 5; i++) {
        EXPECT(publish(client, TOPIC("data"), 1, "ping") > 0);
        EXPECT(publish(client, TOPIC("data"), 1, "") > 0);
    }
    YIELD_UNTIL(client, seen.pings == 5 && seen.empty == 5);
    EXPECT(IOT_MQTT_Destroy(&client) == 0);
}

static void unsubscribe_unknown(void)
{
    struct seen seen;
    void *client = connect_device(&seen);
    int id = IOT_MQTT_Unsubscribe(client, TOPIC("never"));

    EXPECT(id > 0);
    YIELD_UNTIL(client, seen.last_unsubscribed == id);
    EXPECT(IOT_MQTT_Destroy(&client) == 0);
}

static void oversized(void)
{
    static char large[2000];
    struct seen seen;
    void *client = connect_as(DEVICE_NAME, DEVICE_SECRET, &seen, 256);

    memset(large, 'x', sizeof(large) - 1);
    subscribe(client, TOPIC("data"), on_message, &seen);
    EXPECT(publish(client, TOPIC("data"), 0, large) == 0);
    EXPECT(publish(client, TOPIC("data"), 1, "ping") > 0);
    YIELD_UNTIL(client, seen.pings > 0);
    EXPECT(seen.overflows == 1 && seen.pings == 1);
    EXPECT(IOT_MQTT_CheckStateNormal(client) == 1);
    EXPECT(IOT_MQTT_Destroy(&client) == 0);
}

static void destroy(void *context, void *client, iotx_mqtt_event_msg_pt event)
{
    void *handle = client;

    on_message(context, client, event);
    EXPECT(IOT_MQTT_Destroy(&handle) == 0);
    EXPECT(handle == NULL);
    EXPECT(IOT_MQTT_Publish(client, TOPIC("data"), event->msg) == -2);
}

static void destroy_inside(void)
{
    struct seen seen;
    void *client = connect_device(&seen);
    uint64_t start = HAL_UptimeMs();

    subscribe(client, TOPIC("data"), destroy, &seen);
    EXPECT(publish(client, TOPIC("data"), 1, "ping") > 0);
    EXPECT(publish(client, TOPIC("data"), 1, "ping") > 0);
    /* It ends before its time, with the client. */
    EXPECT(IOT_MQTT_Yield(client, PATIENCE_MS) == 0);
    EXPECT(HAL_UptimeMs() - start < PATIENCE_MS);
    EXPECT(seen.pings == 1);
    EXPECT(IOT_MQTT_Yield(client, 10) == -2);
    EXPECT(IOT_MQTT_Destroy(&client) == -2);
}

/* Each message comes to the handler that was there when it was sent, also when the subscription is
 * ended right behind it and another thread yields. */
static void unsubscribe_at_once(void)
{
    struct seen seen;
    void *client = connect_device(&seen);
    void *handle = client;
    pthread_t thread;
    int i, pings;

    EXPECT(pthread_create(&thread, NULL, yield, client) == 0);
    for (i = 1; i <= 50; i++) {
        EXPECT(IOT_MQTT_Subscribe_Sync(client, TOPIC("data"), 1, on_message, &seen, PATIENCE_MS, 0)
               == 0);
        for (pings = 0; pings < 5; pings++) {
            EXPECT(publish(client, TOPIC("data"), 0, "ping") == 0);
        }
        EXPECT(IOT_MQTT_Unsubscribe(client, TOPIC("data")) > 0);
        EXPECT(IOT_MQTT_Subscribe_Sync(client, TOPIC("two"), 1, on_message, &seen, PATIENCE_MS, 0)
               == 0);
        YIELD_UNTIL(client, seen.pings + seen.unmatched == i * 5);
    }
    EXPECT(seen.pings == 250 && seen.unmatched == 0);
    EXPECT(IOT_MQTT_Destroy(&client) == 0);
    EXPECT(pthread_join(thread, NULL) == 0);
    EXPECT(IOT_MQTT_Yield(handle, 10) == -2);
}

static void larger_than_write_buf(void)
{
    static char large[6000];
    struct seen seen;
    void *client = connect_as(DEVICE_NAME, DEVICE_SECRET, &seen, 256);

    /* The buffer has 4096 bytes; the other one has less, which tells that it has come. */
    memset(large, 'x', sizeof(large) - 1);
    subscribe(client, TOPIC("data"), on_message, &seen);
    EXPECT(publish(client, TOPIC("data"), 1, large) > 0);
    YIELD_UNTIL(client, seen.overflows == 1);
    EXPECT(IOT_MQTT_Destroy(&client) == 0);
}

#define FLOOD 300

static int depth, deepest, flood_started;

static void yield_inside(void *context, void *client, iotx_mqtt_event_msg_pt event)
{
    flood_started++;
    if (++depth > deepest) {
        deepest = depth;
    }
    if (flood_started == FLOOD / 2) {
        subscribe(client, TOPIC("two"), on_message, context);
    }
    EXPECT(IOT_MQTT_Yield(client, 1) == 0);
    depth--;
    on_message(context, client, event);
}

static void *receive_flood(void *unused)
{
    struct seen seen;
    void *client = connect_device(&seen);
    int i;

    (void)unused;
    subscribe(client, TOPIC("data"), yield_inside, &seen);
    for (i = 0; i < FLOOD; i++) {
        EXPECT(publish(client, TOPIC("data"), 0, "ping") == 0);
    }
    YIELD_UNTIL(client, seen.pings == FLOOD);
    EXPECT(flood_started == FLOOD && deepest > 1 && deepest <= 4);
    EXPECT(IOT_MQTT_Destroy(&client) == 0);
    return NULL;
}

/* On a stack as small devices have. */
static void flood(void)
{
    pthread_attr_t attributes;
    pthread_t thread;

    EXPECT(pthread_attr_init(&attributes) == 0);
    EXPECT(pthread_attr_setstacksize(&attributes, 256 * 1024) == 0);
    EXPECT(pthread_create(&thread, &attributes, receive_flood, NULL) == 0);
    EXPECT(pthread_join(thread, NULL) == 0);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } scenarios[] = {
        {"publish_inside", publish_inside},
        {"side_by_side", side_by_side},
        {"subscribe_sync", subscribe_sync},
        {"unmatched", unmatched},
        {"write_behind", write_behind},
        {"unsubscribe_unknown", unsubscribe_unknown},
        {"oversized", oversized},
        {"destroy_inside", destroy_inside},
        {"unsubscribe_at_once", unsubscribe_at_once},
        {"larger_than_write_buf", larger_than_write_buf},
        {"flood", flood},
    };
    size_t i;

    open_log();
    for (i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        if (argc == 2 && strcmp(argv[1], scenarios[i].name) == 0) {
            scenarios[i].run();
            return failures == 0 ? 0 : 1;
        }
    }
    fprintf(stderr, "usage: callbacks SCENARIO\n");
    return 2;
}
