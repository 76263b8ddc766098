/*
 * The device of the soak. One thread yields, another publishes numbered messages by QoS 1, which
 * the device has subscribed to as well.
 *
 * It prints a line for all that happens: "sent N", "acknowledged N", "received N", "lost the
 * connection", "reconnected". On standard input it obeys "clock MS", which moves the clock that the
 * library sees, and "stop", after which it waits for what is outstanding and ends.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "iot_export.h"
#include "iot_import.h"

#define PRODUCT_KEY     "a1ExpAkj9Hi"
#define DEVICE_NAME     "Example_dev1"
#define DEVICE_SECRET   "ik0qF60vcdvStygvKOTs3xEUbVj6BbSR"
#define TOPIC           "/" PRODUCT_KEY "/" DEVICE_NAME "/data"
/* Between two messages. */
#define PAUSE_MS        50
/* For what is outstanding at the end: more than the longest pause between two tries to connect. */
#define LAST_WAIT_MS    120000

static atomic_llong clock_offset_ms;
static atomic_bool stopping;

/* The number of each message that is on its way, by its packet id; 0 for none. */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static unsigned long outstanding[UINT16_MAX + 1];
static atomic_int outstanding_count;

/* The clock of a device whose owner, or whose NTP server, changes its mind. */
long long HAL_UTC_Get(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000 + clock_offset_ms;
}

/* The log goes where it does not mix with the report. */
void HAL_Printf(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
}

static void on_event(void *context, void *client, iotx_mqtt_event_msg_pt event)
{
    uint16_t id = (uint16_t)(uintptr_t)event->msg;

    (void)context, (void)client;
    switch (event->event_type) {
    case IOTX_MQTT_EVENT_PUBLISH_SUCCESS:
        pthread_mutex_lock(&turn);
        /* The library's own reports are acknowledged too. */
        if (outstanding[id] != 0) {
            printf("acknowledged %lu\n", outstanding[id]);
            outstanding[id] = 0;
            outstanding_count--;
        }
        pthread_mutex_unlock(&turn);
        break;
    case IOTX_MQTT_EVENT_DISCONNECT:
        printf("lost the connection\n");
        break;
    case IOTX_MQTT_EVENT_RECONNECT:
        printf("reconnected\n");
        break;
    default:
        break;
    }
}

static void on_message(void *context, void *client, iotx_mqtt_event_msg_pt event)
{
    iotx_mqtt_topic_info_pt message = event->msg;

    (void)context, (void)client;
    if (event->event_type == IOTX_MQTT_EVENT_PUBLISH_RECEIVED) {
        ((char *)(uintptr_t)message->payload)[message->payload_len] = '\0';
        printf("received %lu\n", strtoul(message->payload, NULL, 10));
    }
}

static void *obey(void *nothing)
{
    char line[64];

    while (fgets(line, sizeof(line), stdin) != NULL && strcmp(line, "stop\n") != 0) {
        clock_offset_ms = strtoll(line + strlen("clock "), NULL, 10);
    }
    stopping = true;
    return nothing;
}

static void *publish(void *client)
{
    unsigned long number = 1;
    char payload[600];

    while (!stopping) {
        iotx_mqtt_topic_info_t message;
        int rc;

        memset(&message, 0, sizeof(message));
        message.qos = IOTX_MQTT_QOS1;
        message.payload = payload;
        message.payload_len = (uint32_t)snprintf(payload, sizeof(payload), "%lu %0*d", number,
                                                 (int)(number * 7919 % 500) + 1, 0);
        pthread_mutex_lock(&turn);
        rc = IOT_MQTT_Publish(client, TOPIC, &message);
        if (rc > 0) {
            printf("sent %lu\n", number);
            outstanding[rc] = number;
            outstanding_count++;
            number++;
        }
        pthread_mutex_unlock(&turn);
        HAL_SleepMs(PAUSE_MS);
    }
    return NULL;
}

int main(void)
{
    static char write_buf[2048], read_buf[2048];
    iotx_mqtt_param_t params = {0};
    iotx_conn_info_pt login = NULL;
    pthread_t reader, publisher;
    uint64_t stopped_at;
    void *client;

    IOT_OpenLog("soak");
    IOT_SetLogLevel(IOT_LOG_INFO);
    if (IOT_SetupConnInfo(PRODUCT_KEY, DEVICE_NAME, DEVICE_SECRET, (void **)&login) != 0) {
        return 1;
    }
    params.host = login->host_name;
    params.port = login->port;
    params.client_id = login->client_id;
    params.username = login->username;
    params.password = login->password;
    params.pub_key = login->pub_key;
    params.request_timeout_ms = 2000;
    params.keepalive_interval_ms = 60000;
    params.pwrite_buf = write_buf;
    params.write_buf_size = sizeof(write_buf);
    params.pread_buf = read_buf;
    params.read_buf_size = sizeof(read_buf);
    params.handle_event.h_fp = on_event;
    client = IOT_MQTT_Construct(&params);
    if (client == NULL
        || IOT_MQTT_Subscribe_Sync(client, TOPIC, IOTX_MQTT_QOS1, on_message, NULL, 10000, 1) != 0
        || pthread_create(&reader, NULL, obey, NULL) != 0
        || pthread_create(&publisher, NULL, publish, client) != 0) {
        return 1;
    }
    while (!stopping) {
        IOT_MQTT_Yield(client, 200);
    }
    pthread_join(publisher, NULL);
    stopped_at = HAL_UptimeMs();
    while (outstanding_count > 0 && HAL_UptimeMs() - stopped_at < LAST_WAIT_MS) {
        IOT_MQTT_Yield(client, 200);
    }
    pthread_join(reader, NULL);
    return IOT_MQTT_Destroy(&client) == 0 ? 0 : 1;
}
