/* A product's HAL, archived as libiot_hal.a: all but TCP, which is in product_tcp.c, and TLS. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "iot_import.h"

static char key[64], value[64], secret[DEVICE_SECRET_LEN + 1];
static int sets, gets, secrets, prints, randoms;

int HAL_Kv_Set(const char *name, const void *val, int len, int sync)
{
    (void)sync;
    sets++;
    if (strlen(name) >= sizeof key || len > (int)sizeof value) {
        return -1;
    }
    strcpy(key, name);
    memset(value, 0, sizeof value);
    memcpy(value, val, (size_t)len);
    return 0;
}

int HAL_Kv_Get(const char *name, void *buffer, int *buffer_len)
{
    int len = (int)strlen(value);

    gets++;
    if (strcmp(name, key) != 0 || len > *buffer_len) {
        return -1;
    }
    memcpy(buffer, value, (size_t)len);
    *buffer_len = len;
    return 0;
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

__attribute__((destructor)) static void report(void)
{
    printf("product HAL: %d set, %d got, %d secret, %s, %s\n", sets, gets, secrets,
           prints > 0 ? "printed" : "silent", randoms > 0 ? "random" : "never random");
}
