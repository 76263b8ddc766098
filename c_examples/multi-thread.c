/*
 * One client, four threads: two publish, one subscribes and waits for what comes, and one yields
 * for all of them. A publishing thread is never held up by the one that yields.
 */

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "iot_import.h"
#include "iot_export.h"

#define PRODUCT_KEY     "a1ExpAkj9Hi"
#define DEVICE_NAME     "Example_dev1"
#define DEVICE_SECRET   "ik0qF60vcdvStygvKOTs3xEUbVj6BbSR"

#define TOPIC_DATA      "/" PRODUCT_KEY "/" DEVICE_NAME "/data"

#define PUBLISHERS      2
#define MESSAGES        50
#define PATIENCE_MS     20000

static void *client;

/* What several threads read and write, and the mutex that guards it. */
static void *mutex;
static int last_seen[PUBLISHERS];
static int failed;
static int done;

/* Posted once for each publisher when it may start, and once when every message has come. */
static void *subscribed;
static void *all_seen;

static int is_set(const int *flag)
{
    int value;

    HAL_MutexLock(mutex);
    value = *flag;
    HAL_MutexUnlock(mutex);
    return value;
}

static void set(int *flag)
{
    HAL_MutexLock(mutex);
    *flag = 1;
    HAL_MutexUnlock(mutex);
}

/* Runs on the thread that yields, so it should be quick: while it runs nothing else is received. */
static void on_message(void *pcontext, void *pclient, iotx_mqtt_event_msg_pt msg)
{
    iotx_mqtt_topic_info_pt message = (iotx_mqtt_topic_info_pt)msg->msg;
    char text[32];
    int publisher, number;

    (void)pcontext;
    (void)pclient;

    /* The payload does not end in a NUL, which sscanf needs. */
    HAL_Snprintf(text, sizeof(text), "%.*s", (int)message->payload_len, message->payload);
    if (sscanf(text, "%d %d", &publisher, &number) != 2 || publisher < 0
        || publisher >= PUBLISHERS) {
        return;
    }

    HAL_MutexLock(mutex);
    /* By QoS 1 a message may come twice. Each publisher's come in order, so the last one counts. */
    if (number == last_seen[publisher] + 1) {
        last_seen[publisher] = number;
        if (last_seen[0] == MESSAGES && last_seen[1] == MESSAGES) {
            HAL_SemaphorePost(all_seen);
        }
    }
    HAL_MutexUnlock(mutex);
}

static void *yield(void *arg)
{
    while (!is_set(&done)) {
        IOT_MQTT_Yield(client, 100);
    }
    return arg;
}

static void *subscribe(void *arg)
{
    int i;

    /* The last argument is 0: another thread yields, this one only waits. */
    if (IOT_MQTT_Subscribe_Sync(client, TOPIC_DATA, IOTX_MQTT_QOS1, on_message, NULL,
                                PATIENCE_MS, 0) != 0) {
        set(&failed);
    }
    for (i = 0; i < PUBLISHERS; i++) {
        HAL_SemaphorePost(subscribed);
    }
    if (!is_set(&failed) && HAL_SemaphoreWait(all_seen, PATIENCE_MS) != 0) {
        set(&failed);
    }
    return arg;
}

static void *publish(void *arg)
{
    int publisher = *(int *)arg;
    iotx_mqtt_topic_info_t message;
    char text[32];
    int number, rc;

    HAL_SemaphoreWait(subscribed, PATIENCE_MS);
    for (number = 1; number <= MESSAGES && !is_set(&failed); number++) {
        HAL_Snprintf(text, sizeof(text), "%d %d", publisher, number);
        memset(&message, 0, sizeof(message));
        message.qos = IOTX_MQTT_QOS1;
        message.payload = text;
        message.payload_len = (uint32_t)strlen(text);

        /* At most 20 messages wait for their acknowledgement; one more has to be tried again. */
        while ((rc = IOT_MQTT_Publish(client, TOPIC_DATA, &message)) == MQTT_PUSH_TO_LIST_ERROR
               && !is_set(&failed)) {
            HAL_SleepMs(5);
        }
        if (rc < 0) {
            HAL_Printf("publisher %d failed at message %d: %d\n", publisher, number, rc);
            set(&failed);
        }
    }
    return arg;
}

static void *connect_device(void)
{
    static char write_buf[1024];
    static char read_buf[1024];
    iotx_conn_info_pt conn_info = NULL;
    iotx_mqtt_param_t params;

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
    return IOT_MQTT_Construct(&params);
}

static void run_threads(void)
{
    static int numbers[PUBLISHERS] = {0, 1};
    pthread_t yielder, subscriber, publishers[PUBLISHERS];
    int i;

    pthread_create(&yielder, NULL, yield, NULL);
    pthread_create(&subscriber, NULL, subscribe, NULL);
    for (i = 0; i < PUBLISHERS; i++) {
        pthread_create(&publishers[i], NULL, publish, &numbers[i]);
    }

    pthread_join(subscriber, NULL);
    for (i = 0; i < PUBLISHERS; i++) {
        pthread_join(publishers[i], NULL);
    }
    /* Last of all: the others need it to the end. */
    set(&done);
    pthread_join(yielder, NULL);
}

int main(void)
{
    IOT_OpenLog("threads");
    IOT_SetLogLevel(IOT_LOG_INFO);

    mutex = HAL_MutexCreate();
    subscribed = HAL_SemaphoreCreate();
    all_seen = HAL_SemaphoreCreate();
    client = connect_device();
    if (mutex == NULL || subscribed == NULL || all_seen == NULL || client == NULL) {
        HAL_Printf("the device could not log in; the log says why\n");
        return 1;
    }

    run_threads();
    HAL_Printf("seen of the publishers: %d and %d messages\n", last_seen[0], last_seen[1]);

    IOT_MQTT_Destroy(&client);
    HAL_SemaphoreDestroy(all_seen);
    HAL_SemaphoreDestroy(subscribed);
    HAL_MutexDestroy(mutex);
    IOT_CloseLog();
    return failed ? 1 : 0;
}
