/*
 * A firmware's own HAL_Malloc and HAL_Free are the ones behind everything that the library hands out,
 * and what it takes from them it gives back.
 */
#include <stdlib.h>

#include "device.h"
#include "iotx_utils.h"

static int allocated, freed;

void *HAL_Malloc(uint32_t size)
{
    allocated++;
    return malloc(size);
}

void HAL_Free(void *ptr)
{
    freed += ptr != NULL;
    free(ptr);
}

static void use_json(void)
{
    char text[] = "{\"data\":{\"name\":\"value\",\"list\":[1,2]}}";
    char path[] = "data.name", absent[] = "data.none";
    char *value = LITE_json_value_of(path, text, 1, "further arguments are not looked at");

    EXPECT(value != NULL && strcmp(value, "value") == 0);
    HAL_Free(value);
    EXPECT(LITE_json_value_of(absent, text) == NULL);
    EXPECT(LITE_json_value_of(NULL, text) == NULL);
    EXPECT(LITE_json_value_of(path, NULL) == NULL);
#ifdef RELEASE_2_2
    {
        char prefix[] = "";
        list_head_t *keys = LITE_json_keys_of(text, prefix), *link;
        int count = 0;

        EXPECT(keys != NULL);
        for (link = keys->next; link != keys; link = link->next) {
            count++;
        }
        /* data, data.name, data.list, and the end. */
        EXPECT(count == 4);
        LITE_json_keys_release(keys);
        LITE_json_keys_release(NULL);
    }
#endif
}

int main(void)
{
    char product_secret[] = PRODUCT_SECRET;
    struct device device;
    int on = 1;
    void *info = NULL, *client;

    open_log();
    EXPECT(HAL_SetProductSecret(product_secret) > 0);
    EXPECT(IOT_Ioctl(IOTX_IOCTL_SET_DYNAMIC_REGISTER, &on) == 0);
    EXPECT(IOT_SetupConnInfo(PRODUCT_KEY, DYNAMIC_NAME, "", &info) == 0);
    on = 0;
    EXPECT(IOT_Ioctl(IOTX_IOCTL_SET_DYNAMIC_REGISTER, &on) == 0);
    EXPECT(set_up(&device, DEVICE_NAME, DEVICE_SECRET) == 0);
    client = IOT_MQTT_Construct(&device.params);
    EXPECT(client != NULL);
    EXPECT(publish(client, TOPIC("update"), 1, "text") > 0);
    EXPECT(IOT_MQTT_Yield(client, 200) == 0);
    use_json();
    EXPECT(IOT_MQTT_Destroy(&client) == 0);
    EXPECT(allocated > 0);
    printf("allocated %d, freed %d\n", allocated, freed);
    EXPECT(allocated == freed);
    return failures == 0 ? 0 : 1;
}
