/* Many threads on one client, and on one that ends meanwhile: threads PORT CA_FILE, or - for no TLS. */
#include <pthread.h>
#include <stdlib.h>

#include "device.h"

#define ROUNDS          10
#define EACH            40
#define FILTER          "/threads/+/data"
#define NAME            "/threads/device/data"
#define LONG_YIELD_MS   60000

static const char *port, *ca_file;

/* What handlers and threads share. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int acknowledged, received, yield_ended;

static void count(int *counter)
{
    pthread_mutex_lock(&mutex);
    (*counter)++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

/* Waits until a counter has come this far, and fails when it does not. */
static void wait_for(const int *counter, int wanted)
{
    struct timespec end;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += PATIENCE_MS / 1000;
    pthread_mutex_lock(&mutex);
    while (*counter < wanted && pthread_cond_timedwait(&changed, &mutex, &end) == 0) {
    }
    EXPECT(*counter >= wanted);
    pthread_mutex_unlock(&mutex);
}

static void on_event(void *context, void *client, iotx_mqtt_event_msg_pt event)
{
    (void)context, (void)client;
    if (event->event_type == IOTX_MQTT_EVENT_PUBLISH_SUCCESS) {
        count(&acknowledged);
    }
}

/* Does inside of a handler what the other threads do outside. */
static void on_message(void *context, void *client, iotx_mqtt_event_msg_pt event)
{
    (void)context;
    count(&received);
    if (is_text(event, "answer me")) {
        publish(client, NAME, 1, "answer");
        IOT_MQTT_Subscribe(client, "/threads/inside", IOTX_MQTT_QOS1, on_message, NULL);
        IOT_MQTT_Unsubscribe(client, "/threads/inside");
        IOT_MQTT_CheckStateNormal(client);
    } else if (is_text(event, "end")) {
        IOT_MQTT_Destroy(&client);
    }
}

static void *construct(void)
{
    static struct device device;
    void *client;

    set_up_for_broker(&device, "linkkit-threads", port, ca_file);
    device.params.clean_session = 1;
    device.params.handle_event.h_fp = on_event;
    client = IOT_MQTT_Construct(&device.params);
    EXPECT(client != NULL);
    return client;
}

/* Each of these goes on until its work is done or the client has gone, whichever is first. */

static void *yield(void *client)
{
    while (IOT_MQTT_Yield(client, 5) == 0) {
    }
    return NULL;
}

static void *publish_much(void *client)
{
    int i;

    for (i = 0; i < EACH && IOT_MQTT_CheckStateNormal(client) != -2; i++) {
        publish(client, NAME, (uint8_t)(i & 1), i % 8 == 0 ? "answer me" : "message");
    }
    return NULL;
}

static void *subscribe_much(void *client)
{
    char filter[64];
    int i;

    for (i = 0; i < EACH && IOT_MQTT_CheckStateNormal(client) != -2; i++) {
        snprintf(filter, sizeof(filter), "/threads/%d/+", i % 4);
        IOT_MQTT_Subscribe(client, filter, IOTX_MQTT_QOS1, on_message, NULL);
    }
    return NULL;
}

static void *unsubscribe_much(void *client)
{
    char filter[64];
    int i;

    for (i = 0; i < EACH && IOT_MQTT_CheckStateNormal(client) != -2; i++) {
        snprintf(filter, sizeof(filter), "/threads/%d/+", i % 4);
        IOT_MQTT_Unsubscribe(client, filter);
    }
    return NULL;
}

static void *destroy(void *client)
{
    wait_for(&received, EACH / 4);
    IOT_MQTT_Destroy(&client);
    return NULL;
}

/* Ends the client from inside of a handler, unless somebody else was first. */
static void *destroy_inside(void *client)
{
    wait_for(&received, EACH / 4);
    publish(client, NAME, 0, "end");
    return NULL;
}

/* Everything at once, and in the middle of it the client ends. */
static void all_at_once(void *(*end)(void *))
{
    void *(*const work[])(void *) = {
        yield, yield, publish_much, publish_much, subscribe_much, unsubscribe_much, end,
    };
    pthread_t threads[sizeof(work) / sizeof(work[0])];
    void *client = construct(), *handle = client;
    size_t i;

    received = 0;
    EXPECT(IOT_MQTT_Subscribe_Sync(client, FILTER, IOTX_MQTT_QOS1, on_message, NULL, PATIENCE_MS, 1)
           == 0);
    for (i = 0; i < sizeof(work) / sizeof(work[0]); i++) {
        EXPECT(pthread_create(&threads[i], NULL, work[i], client) == 0);
    }
    for (i = 0; i < sizeof(work) / sizeof(work[0]); i++) {
        pthread_join(threads[i], NULL);
    }
    EXPECT(IOT_MQTT_Destroy(&handle) == -2);
}

static void *yield_once(void *client)
{
    IOT_MQTT_Yield(client, LONG_YIELD_MS);
    count(&yield_ended);
    return NULL;
}

/* All of this happens while another thread is inside of one single call to yield. */
static void beside_a_long_yield(void)
{
    void *client = construct();
    pthread_t thread;
    int i;

    acknowledged = received = yield_ended = 0;
    EXPECT(pthread_create(&thread, NULL, yield_once, client) == 0);
    EXPECT(IOT_MQTT_Subscribe_Sync(client, FILTER, IOTX_MQTT_QOS1, on_message, NULL, PATIENCE_MS, 0)
           == 0);
    for (i = 1; i <= EACH; i++) {
        EXPECT(publish(client, NAME, 1, "message") > 0);
        wait_for(&acknowledged, i);
        wait_for(&received, i);
    }
    EXPECT(yield_ended == 0);
    EXPECT(IOT_MQTT_Destroy(&client) == 0);
    pthread_join(thread, NULL);
    EXPECT(yield_ended == 1);
}

int main(int argc, char **argv)
{
    int i;

    if (argc != 3) {
        fprintf(stderr, "usage: threads PORT CA_FILE|-\n");
        return 2;
    }
    port = argv[1];
    ca_file = argv[2];
    beside_a_long_yield();
    for (i = 0; i < ROUNDS; i++) {
        all_at_once(i % 2 == 0 ? destroy : destroy_inside);
    }
    return failures == 0 ? 0 : 1;
}
