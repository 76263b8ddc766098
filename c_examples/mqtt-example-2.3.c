/*
 * The same device as in mqtt-example.c, written as release 2.3.0 lets a firmware write it: there is
 * one client a process, IOT_MQTT_Construct(NULL) asks the HAL who the device is, and NULL stands for
 * that client ever after. It registers itself at the first start and finds its secret later.
 */

#include <stdio.h>
#include <string.h>

#include "iot_import.h"
#include "iot_export.h"

#define PRODUCT_KEY     "a1ExpAkj9Hi"
#define PRODUCT_SECRET  "ffFnFlKQW3HYjjPR"
#define DEVICE_NAME     "Example_dyn1"

#define TOPIC_DATA      "/" PRODUCT_KEY "/" DEVICE_NAME "/data"
#define TEXT            "data: hello! start!"

/* How long each of the few things that must happen may take. */
#define PATIENCE_MS     (10000)

static int connected;
static int received;

/* Called each time that the client has connected, before anything is published. */
static int on_connected(void)
{
    connected++;
    HAL_Printf("connected\r\n");
    return 0;
}

static void on_message(void *pcontext, void *pclient, iotx_mqtt_event_msg_pt msg)
{
    iotx_mqtt_topic_info_pt message = (iotx_mqtt_topic_info_pt)msg->msg;

    (void)pcontext;
    (void)pclient;
    received++;
    HAL_Printf("received: %.*s\r\n", (int)message->payload_len, message->payload);
}

/* Subscribes, publishes to itself, and waits until the message is back. */
static int talk(void)
{
    char text[] = TEXT;
    uint64_t start;

    if (IOT_MQTT_Subscribe_Sync(NULL, TOPIC_DATA, IOTX_MQTT_QOS1, on_message, NULL, PATIENCE_MS) < 0) {
        HAL_Printf("the subscription was not granted\r\n");
        return -1;
    }
    if (IOT_MQTT_Publish_Simple(NULL, TOPIC_DATA, IOTX_MQTT_QOS1, text, (int)strlen(text)) < 0) {
        HAL_Printf("the message was not sent\r\n");
        return -1;
    }
    start = HAL_UptimeMs();
    while (received == 0 && HAL_UptimeMs() - start < PATIENCE_MS) {
        IOT_MQTT_Yield(NULL, 200);
    }
    return received == 0 ? -1 : 0;
}

int main(void)
{
    int dynamic_register = 1;
    int rc;

    IOT_SetLogLevel(IOT_LOG_INFO);
    HAL_SetProductKey(PRODUCT_KEY);
    HAL_SetProductSecret(PRODUCT_SECRET);
    HAL_SetDeviceName(DEVICE_NAME);
    IOT_Ioctl(IOTX_IOCTL_SET_DYNAMIC_REGISTER, &dynamic_register);
    /* The macro brings its own semicolon. */
    IOT_RegisterCallback(ITE_MQTT_CONNECT_SUCC, on_connected)

    if (IOT_MQTT_Construct(NULL) == NULL) {
        HAL_Printf("no connection; the log says why\r\n");
        return 1;
    }
    rc = talk();
    IOT_MQTT_Destroy(NULL);
    HAL_Printf("connected %d times, received %d messages\r\n", connected, received);
    return rc == 0 ? 0 : 1;
}
