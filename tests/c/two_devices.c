/* Sets two devices up, one after the other, logs both in, and waits until the first has been
 * reconnected. */
#include "device.h"

static int reconnections;

static void on_event(void *context, void *client, iotx_mqtt_event_msg_pt event)
{
    (void)client;
    *(int *)context += event->event_type == IOTX_MQTT_EVENT_RECONNECT;
}

int main(void)
{
    static struct device first, second;
    void *first_client, *second_client;
    int direct = 0;

    open_log();
    HAL_SetProductSecret(PRODUCT_SECRET);
    EXPECT(IOT_Ioctl(LINKKIT_IOCTL_SET_MQTT_DIRECT, &direct) == 0);
    EXPECT(set_up(&first, DYNAMIC_NAME, NULL) == 0);
    EXPECT(set_up(&second, DEVICE_NAME, DEVICE_SECRET) == 0);
    first.params.handle_event.h_fp = on_event;
    first.params.handle_event.pcontext = &reconnections;
    first_client = IOT_MQTT_Construct(&first.params);
    second_client = IOT_MQTT_Construct(&second.params);
    EXPECT(first_client != NULL && second_client != NULL);
    if (failures == 0) {
        YIELD_UNTIL(first_client, reconnections == 1);
        EXPECT(IOT_MQTT_Destroy(&first_client) == 0);
        EXPECT(IOT_MQTT_Destroy(&second_client) == 0);
    }
    return failures == 0 ? 0 : 1;
}
