/* A product's HAL, archived as libiot_hal.a: all but TCP, which is in product_tcp.c, and TLS. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "iot_import.h"
#include "iotx_utils.h"

#define ITEMS 8

static struct {
    char key[64], value[64];
} items[ITEMS];
static char secret[DEVICE_SECRET_LEN + 1];
static int sets, gets, secrets, prints, randoms;

int HAL_Kv_Set(const char *key, const void *val, int len, int sync)
{
    int i;

    (void)sync;
    sets++;
    for (i = 0; i < ITEMS; i++) {
        if ((items[i].key[0] == '\0' || strcmp(items[i].key, key) == 0)
            && strlen(key) < sizeof items[i].key && len < (int)sizeof items[i].value) {
            memset(&items[i], 0, sizeof items[i]);
            strcpy(items[i].key, key);
            memcpy(items[i].value, val, (size_t)len);
            /* As the HAL of release 2.2.1 speaks. */
            LITE_syslog("hal", __func__, __LINE__, 4, "product HAL stored %s in %d bytes", key, len);
            return 0;
        }
    }
    return -1;
}

int HAL_Kv_Get(const char *key, void *buffer, int *buffer_len)
{
    int i;

    gets++;
    for (i = 0; i < ITEMS; i++) {
        int len = (int)strlen(items[i].value);

        if (strcmp(items[i].key, key) == 0 && len <= *buffer_len) {
            memcpy(buffer, items[i].value, (size_t)len);
            *buffer_len = len;
            return 0;
        }
    }
    return -1;
}

int HAL_SetDeviceSecret(char *device_secret)
{
    secrets++;
    return snprintf(secret, sizeof secret, "%s", device_secret);
}

int HAL_GetDeviceSecret(char *device_secret)
{
    strcpy(device_secret, secret);
    return (int)strlen(secret);
}

uint32_t HAL_Random(uint32_t region)
{
    static uint32_t state = 1;

    randoms++;
    state = state * 1664525 + 1013904223;
    return region == 0 ? 0 : (state >> 8) % region;
}

void HAL_Printf(const char *fmt, ...)
{
    va_list ap;

    prints++;
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
}

static const char *whether(int count)
{
    return count > 0 ? "yes" : "no";
}

__attribute__((destructor)) static void report(void)
{
    printf("product HAL called: set %s, get %s, secret %s, print %s, random %s\n", whether(sets),
           whether(gets), whether(secrets), whether(prints), whether(randoms));
}
