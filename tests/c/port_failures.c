/* A port whose store and whose memory fail: the firmware hears of both by ITE_STATE_SYS_DEPEND. */
#include <stdlib.h>

#include "device.h"
#include "iotx_utils.h"

static int states, last_code, has_memory = 1;
static char last_message[64 + 1];

int HAL_Kv_Set(const char *key, const void *value, int len, int sync)
{
    (void)key, (void)value, (void)len, (void)sync;
    return -1;
}

void *HAL_Malloc(uint32_t size)
{
    return has_memory ? malloc(size) : NULL;
}

void HAL_Free(void *ptr)
{
    free(ptr);
}

static int on_state(const int code, const char *message)
{
    states++;
    last_code = code;
    snprintf(last_message, sizeof last_message, "%s", message);
    if (code == STATE_SYS_DEPEND_KV_SET) {
        /* From inside of a set-up another one is refused, and does not wait for the first. */
        EXPECT(IOT_SetupConnInfo(PRODUCT_KEY, DEVICE_NAME, DEVICE_SECRET, NULL) == -1);
    }
    return 0;
}

int main(void)
{
    char product_secret[] = PRODUCT_SECRET, key[] = "name", text[] = "{\"name\":\"value\"}";
    struct device device;

    open_log();
    IOT_RegisterCallback(ITE_STATE_SYS_DEPEND, on_state);
    EXPECT(HAL_SetProductSecret(product_secret) > 0);
    EXPECT(set_up(&device, DYNAMIC_NAME, NULL) == 0);
    EXPECT(states == 1 && last_code == STATE_SYS_DEPEND_KV_SET);
    EXPECT(strcmp(last_message, "DyncRegDeviceSecret") == 0);

    has_memory = 0;
    EXPECT(LITE_json_value_of(key, text) == NULL);
    EXPECT(states == 2 && last_code == STATE_SYS_DEPEND_MALLOC);
    EXPECT(strcmp(last_message, "LITE_json_value_of") == 0);
    return failures == 0 ? 0 : 1;
}
