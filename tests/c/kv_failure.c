/* A firmware whose store fails twice before it works. */
#include "device.h"

static int attempts;
static char handed_over[DEVICE_SECRET_LEN + 1];

int HAL_Kv_Set(const char *key, const void *value, int len, int sync)
{
    attempts++;
    EXPECT(strcmp(key, "DyncRegDeviceSecret") == 0);
    EXPECT(sync == 1);
    EXPECT(len == 32);
    /* The firmware gets the secret even if it is never stored. */
    EXPECT(attempts == 1 || memcmp(value, handed_over, (size_t)len) == 0);
    printf("attempt %d %s\n", attempts, attempts <= 2 ? "fails" : "works");
    return attempts <= 2 ? -1 : 0;
}

int HAL_Kv_Get(const char *key, void *value, int *len)
{
    (void)key, (void)value, (void)len;
    return -1;
}

int HAL_SetDeviceSecret(char *secret)
{
    EXPECT(attempts == 1);
    strncpy(handed_over, secret, sizeof(handed_over) - 1);
    return (int)strlen(secret);
}

int main(void)
{
    static struct device device;
    void *client;

    open_log();
    HAL_SetProductSecret(PRODUCT_SECRET);
    EXPECT(set_up(&device, DYNAMIC_NAME, NULL) == 0);
    EXPECT(strlen(handed_over) == 32);
    client = IOT_MQTT_Construct(&device.params);
    EXPECT(client != NULL && IOT_MQTT_CheckStateNormal(client) == 1);
    EXPECT(attempts == 2);
    EXPECT(IOT_MQTT_Destroy(&client) == 0);
    EXPECT(attempts == 3);

    /* What is stored is not stored again. */
    client = IOT_MQTT_Construct(&device.params);
    EXPECT(client != NULL && IOT_MQTT_Destroy(&client) == 0);
    EXPECT(attempts == 3);
    return failures == 0 ? 0 : 1;
}
