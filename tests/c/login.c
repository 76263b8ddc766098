/* Logs a device in and waits to be reconnected: login REGION MQTT_DIRECT DYNAMIC_REGISTER RECONNECTIONS.
 * A negative MQTT_DIRECT leaves the build's choice alone. */
#include <stdlib.h>

#include "device.h"

static int reconnections;

static void on_event(void *context, void *client, iotx_mqtt_event_msg_pt event)
{
    (void)context;
    (void)client;
    reconnections += event->event_type == IOTX_MQTT_EVENT_RECONNECT;
}

int main(int argc, char **argv)
{
    static struct device device;
    int numbers[4] = {0};
    void *client;
    int i;

    for (i = 0; i < 4 && i + 1 < argc; i++) {
        numbers[i] = atoi(argv[i + 1]);
    }
    open_log();
    HAL_SetProductSecret(PRODUCT_SECRET);
    EXPECT(IOT_Ioctl(IOTX_IOCTL_SET_REGION, &numbers[0]) == 0);
    if (numbers[1] >= 0) {
        EXPECT(IOT_Ioctl(LINKKIT_IOCTL_SET_MQTT_DIRECT, &numbers[1]) == 0);
    }
    if (numbers[2]) {
        EXPECT(set_up(&device, DYNAMIC_NAME, NULL) == 0);
    } else {
        EXPECT(set_up(&device, DEVICE_NAME, DEVICE_SECRET) == 0);
    }
    if (failures == 0) {
        device.params.handle_event.h_fp = on_event;
        client = IOT_MQTT_Construct(&device.params);
        EXPECT(client != NULL);
        YIELD_UNTIL(client, reconnections >= numbers[3]);
        EXPECT(IOT_MQTT_Destroy(&client) == 0);
    }
    return failures == 0 ? 0 : 1;
}
