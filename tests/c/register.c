/*
 * Registers a device and says what was stored. With TEST_HOST and TEST_PORT in the environment the
 * library's own HAL_TCP_Establish connects, and to there.
 */
#include <stdlib.h>

#include "device.h"

uintptr_t linkkit_sim_connect(const char *host, uint16_t port);
uintptr_t linkkit_default_HAL_TCP_Establish(const char *host, uint16_t port);

uintptr_t HAL_TCP_Establish(const char *host, uint16_t port)
{
    const char *other_host = getenv("TEST_HOST");
    const char *other_port = getenv("TEST_PORT");

    if (other_host == NULL || other_port == NULL) {
        return linkkit_sim_connect(host, port);
    }
    return linkkit_default_HAL_TCP_Establish(other_host, (uint16_t)atoi(other_port));
}

/* Says what is stored, without showing it. */
static int report(const char *function, const void *secret, size_t len)
{
    const char *expected = getenv("TEST_SECRET");
    int as_expected = expected != NULL && strlen(expected) == len
                      && memcmp(expected, secret, len) == 0;

    printf("%s: %s\n", function, as_expected ? "the expected secret" : "something else");
    return 0;
}

int HAL_Kv_Set(const char *key, const void *value, int len, int sync)
{
    EXPECT(strcmp(key, "DyncRegDeviceSecret") == 0);
    EXPECT(sync == 1);
    return report("HAL_Kv_Set", value, (size_t)len);
}

int HAL_Kv_Get(const char *key, void *value, int *len)
{
    (void)key, (void)value, (void)len;
    return -1;
}

int HAL_SetDeviceSecret(char *secret)
{
    return report("HAL_SetDeviceSecret", secret, strlen(secret));
}

int main(void)
{
    static struct device device;

    open_log();
    HAL_SetProductSecret(PRODUCT_SECRET);
    if (set_up(&device, DYNAMIC_NAME, NULL) != 0) {
        return 1;
    }
    return failures == 0 ? 0 : 2;
}
