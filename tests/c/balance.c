/*
 * A firmware's own HAL_Malloc and HAL_Free are the ones behind everything that the library hands out,
 * and what it takes from them it gives back.
 */
#include <stdlib.h>

#include "device.h"
#include "json_parser.h"
#include "lite-utils.h"

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
        const char *expected[] = { "data", "data.name", "data.list" };
        list_head_t *keys = LITE_json_keys_of(text, prefix);
        json_key_t *entry, *next;
        char *key = NULL;
        int count = 0;

        EXPECT(keys != NULL);
        list_for_each_entry(entry, keys, list, json_key_t) {
            EXPECT(count < 3 ? strcmp(entry->key, expected[count]) == 0 : entry->key == NULL);
            count++;
        }
        /* The last entry has no key. */
        EXPECT(count == 4);
        list_for_each_entry_safe(entry, next, keys, list, json_key_t) {
            EXPECT(next == list_entry(entry->list.next, json_key_t, list));
            count--;
        }
        EXPECT(count == 0);
        LITE_json_keys_release(keys);
        LITE_json_keys_release(NULL);

        foreach_json_keys_in(text, key, keys, entry) {
            EXPECT(count < 3 && strcmp(key, expected[count]) == 0);
            count++;
        }
        EXPECT(count == 3);
        LITE_json_keys_release(keys);
        foreach_json_keys_in(NULL, key, keys, entry) {
            EXPECT(!"a key of nothing");
        }
        EXPECT(keys == NULL);
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
