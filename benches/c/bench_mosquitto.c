/* The adapter for libmosquitto. */
#include "workload.h"

#include <mosquitto.h>
#include <stdbool.h>

const int run_ends_early = 1;

static struct mosquitto *client;
static int connected, granted;

static void on_connect(struct mosquitto *handle, void *context, int code)
{
    (void)handle, (void)context;
    if (code != 0) {
        fail("logging in", code);
    }
    connected = 1;
}

static void on_subscribe(struct mosquitto *handle, void *context, int id, int count,
                         const int *granted_qos)
{
    (void)handle, (void)context, (void)id, (void)count, (void)granted_qos;
    granted = 1;
}

/* How many messages of QoS 0 are taken and not written yet. The library calls back for them as well,
 * in the order of the stream. */
static int unwritten;

static void on_publish(struct mosquitto *handle, void *context, int id)
{
    (void)handle, (void)context, (void)id;
    if (unwritten > 0) {
        unwritten--;
    } else {
        acknowledged();
    }
}

static void on_message(struct mosquitto *handle, void *context,
                       const struct mosquitto_message *message)
{
    (void)handle, (void)context;
    received((size_t)message->payloadlen);
}

static void check(const char *what, int code)
{
    if (code != MOSQ_ERR_SUCCESS) {
        fail(what, code);
    }
}

void client_open(const struct target *target, int threaded)
{
    connected = 0;
    mosquitto_lib_init();
    /* The broker gives it a name: two of them run at a time. */
    client = mosquitto_new(NULL, true, NULL);
    mosquitto_connect_callback_set(client, on_connect);
    mosquitto_subscribe_callback_set(client, on_subscribe);
    mosquitto_publish_callback_set(client, on_publish);
    mosquitto_message_callback_set(client, on_message);
    check("mosquitto_username_pw_set", mosquitto_username_pw_set(client, "device", "password"));
    check("mosquitto_int_option", mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1));
    if (target->ca_file != NULL) {
        check("mosquitto_tls_set",
              mosquitto_tls_set(client, target->ca_file, NULL, NULL, NULL, NULL));
    }
    check("mosquitto_threaded_set", mosquitto_threaded_set(client, threaded != 0));
    check("mosquitto_connect", mosquitto_connect(client, target->host, target->port, 60));
    while (!connected) {
        client_run(1000);
    }
}

void client_subscribe(const char *filter, int qos)
{
    granted = 0;
    check("mosquitto_subscribe", mosquitto_subscribe(client, NULL, filter, qos));
    while (!granted) {
        client_run(1000);
    }
}

void client_publish(const char *topic, int qos, const void *payload, size_t len)
{
    unwritten += qos == 0;
    check("mosquitto_publish",
          mosquitto_publish(client, NULL, topic, (int)len, payload, qos, false));
}

void client_run(int ms)
{
    check("mosquitto_loop", mosquitto_loop(client, ms, 1));
}

void client_close(void)
{
    mosquitto_disconnect(client);
    mosquitto_destroy(client);
    mosquitto_lib_cleanup();
}
