/* What the test programs have in common: expectations, and a device that logs in. */
#ifndef DEVICE_H
#define DEVICE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iot_export.h"
#include "iot_import.h"

#define PRODUCT_KEY     "a1ExpAkj9Hi"
#define PRODUCT_SECRET  "ffFnFlKQW3HYjjPR"
/* Registers itself. */
#define DYNAMIC_NAME    "Example_dyn1"
/* Has a secret from the start. */
#define DEVICE_NAME     "Example_dev1"
#define DEVICE_SECRET   "ik0qF60vcdvStygvKOTs3xEUbVj6BbSR"
#define TOPIC(leaf)     "/" PRODUCT_KEY "/" DEVICE_NAME "/" leaf

/* How long to wait for what must come; a failing test alone waits so long. */
#define PATIENCE_MS     10000

static int failures;

/* Says what was not as expected, and goes on. */
#define EXPECT(condition) \
    do { \
        if (!(condition)) { \
            printf("%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
            failures++; \
        } \
    } while (0)

/* Yields until the condition is true, and fails when it does not become so. */
#define YIELD_UNTIL(client, condition) \
    do { \
        uint64_t start = HAL_UptimeMs(); \
        while (!(condition) && HAL_UptimeMs() - start < PATIENCE_MS \
               && IOT_MQTT_Yield((client), 20) == 0) { \
        } \
        EXPECT(condition); \
    } while (0)

struct device {
    iotx_conn_info_t login;
    char write_buf[4096];
    char read_buf[4096];
    iotx_mqtt_param_t params;
};

static inline void open_log(void)
{
    IOT_OpenLog("test");
    IOT_SetLogLevel(IOT_LOG_DEBUG);
}

/* Fills in what is alike for all. */
static inline void complete(struct device *device)
{
    device->params.request_timeout_ms = 5000;
    device->params.keepalive_interval_ms = 60000;
#ifndef RELEASE_2_3
    device->params.pwrite_buf = device->write_buf;
    device->params.pread_buf = device->read_buf;
#endif
    device->params.write_buf_size = sizeof(device->write_buf);
    device->params.read_buf_size = sizeof(device->read_buf);
}

/* Makes the login data of a device that has its secret, or registers itself when that is NULL.
 * Returns what IOT_SetupConnInfo does. */
static inline int set_up(struct device *device, const char *name, const char *secret)
{
    int dynamic_register = secret == NULL;
    iotx_conn_info_pt login = NULL;
    int rc;

    IOT_Ioctl(IOTX_IOCTL_SET_DYNAMIC_REGISTER, &dynamic_register);
    rc = IOT_SetupConnInfo(PRODUCT_KEY, name, secret, (void **)&login);
    if (rc != 0) {
        return rc;
    }
    memset(device, 0, sizeof(*device));
    device->login = *login;
    device->params.host = device->login.host_name;
    device->params.port = device->login.port;
    device->params.client_id = device->login.client_id;
    device->params.username = device->login.username;
    device->params.password = device->login.password;
    device->params.pub_key = device->login.pub_key;
    complete(device);
    return 0;
}

/* The whole file, which ends with a NUL that the array brings. */
static inline const char *read_file(const char *path)
{
    static char text[16 * 1024];
    FILE *file = fopen(path, "r");

    EXPECT(file != NULL && fread(text, 1, sizeof(text) - 1, file) > 0);
    if (file != NULL) {
        fclose(file);
    }
    return text;
}

/* Makes the login data for a broker on this machine that is not the platform's. With "-" in the
 * place of the file of its root certificate the connection is without TLS. */
static inline void set_up_for_broker(struct device *device, const char *client_id,
                                     const char *port, const char *ca_file)
{
    memset(device, 0, sizeof(*device));
    device->params.host = "localhost";
    device->params.port = (uint16_t)atoi(port);
    device->params.client_id = client_id;
    device->params.username = "device";
    device->params.password = "a password";
    device->params.pub_key = strcmp(ca_file, "-") == 0 ? NULL : read_file(ca_file);
    complete(device);
}

/* Publishes a text. Returns what IOT_MQTT_Publish does. */
static inline int publish(void *client, const char *topic, uint8_t qos, const char *text)
{
    iotx_mqtt_topic_info_t message;

    memset(&message, 0, sizeof(message));
    message.qos = qos;
    message.payload = text;
    message.payload_len = (uint32_t)strlen(text);
    return IOT_MQTT_Publish(client, topic, &message);
}

/* Whether a handler was called with a message of this text. */
static inline int is_text(iotx_mqtt_event_msg_pt event, const char *text)
{
    iotx_mqtt_topic_info_pt message = (iotx_mqtt_topic_info_pt)event->msg;

    return event->event_type == IOTX_MQTT_EVENT_PUBLISH_RECEIVED
           && message->payload_len == strlen(text)
           && memcmp(message->payload, text, message->payload_len) == 0;
}

#endif
