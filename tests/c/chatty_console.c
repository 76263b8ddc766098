/* A firmware whose console posts every line of the library's log to the cloud: its HAL_Printf
 * calls the library from inside of the library. */
#include <stdarg.h>

#include "device.h"

static void *client;
static int inside;
static int posted;
static int disconnected;
static int reconnected;

void HAL_Printf(const char *fmt, ...)
{
    char line[2048];
    va_list args;

    va_start(args, fmt);
    vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    fputs(line, stdout);

    if (client != NULL && !inside) {
        inside = 1;
        IOT_MQTT_CheckStateNormal(client);
        if (IOT_MQTT_LogPost(client, "debug", "console", line) == 0) {
            posted++;
        }
        inside = 0;
    }
}

static void handle_event(void *context, void *handle, iotx_mqtt_event_msg_pt event)
{
    (void)context;
    /* Other events may be older than a loss that the console has found by posting. */
    if (event->event_type == IOTX_MQTT_EVENT_DISCONNECT) {
        EXPECT(IOT_MQTT_CheckStateNormal(handle) == 0);
        disconnected++;
    } else if (event->event_type == IOTX_MQTT_EVENT_RECONNECT) {
        EXPECT(IOT_MQTT_CheckStateNormal(handle) == 1);
        reconnected++;
    }
}

static void handle_message(void *context, void *handle, iotx_mqtt_event_msg_pt event)
{
    (void)context;
    (void)handle;
    (void)event;
}

int main(void)
{
    static struct device device;

    open_log();
    EXPECT(set_up(&device, DEVICE_NAME, DEVICE_SECRET) == 0);
    device.params.handle_event.h_fp = handle_event;
    client = IOT_MQTT_Construct(&device.params);
    EXPECT(client != NULL);

    /* Each of these prints. */
    EXPECT(IOT_MQTT_Subscribe(client, TOPIC("user/get"), IOTX_MQTT_QOS1, handle_message, NULL) > 0);
    EXPECT(IOT_MQTT_Unsubscribe(client, TOPIC("user/get")) > 0);
    EXPECT(publish(client, "no slash", 0, "") < 0);
    EXPECT(posted >= 3);

    /* At this message the test cuts the connection, and losing it prints as well. */
    EXPECT(publish(client, TOPIC("user/update"), 0, "cut me off") == 0);
    YIELD_UNTIL(client, disconnected == 1);
    YIELD_UNTIL(client, reconnected == 1);
    EXPECT(disconnected == 1);

    IOT_MQTT_Destroy(&client);
    return failures != 0;
}
