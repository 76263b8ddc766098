/*
 * A product that brings functions of the HAL itself. To define them is all that is needed: each
 * takes the place of the library's own, wherever the library or the product calls it.
 *
 * Here the key-value store is in memory, as it might be in a flash chip of the product's, and the
 * console puts the time before each line. The device registers itself twice: the first time the
 * platform gives it its secret, the second time the secret is in the store.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "iot_import.h"
#include "iot_export.h"

#define PRODUCT_KEY     "a1ExpAkj9Hi"
#define PRODUCT_SECRET  "ffFnFlKQW3HYjjPR"
#define DEVICE_NAME     "Example_dyn1"

#define ITEMS           8
#define KEY_MAX         63
#define VALUE_MAX       128

/* The store. A free item has an empty key. */
static struct item {
    char key[KEY_MAX + 1];
    unsigned char value[VALUE_MAX];
    int len;
} items[ITEMS];

/* The item with this key, or NULL. The empty key finds a free one. */
static struct item *find(const char *key)
{
    int i;

    for (i = 0; i < ITEMS; i++) {
        if (strcmp(items[i].key, key) == 0) {
            return &items[i];
        }
    }
    return NULL;
}

/*
 * The library calls this when the platform has handed out the device's secret, which happens once
 * in the device's life. A real store returns 0 only when the value would survive a power failure.
 */
int HAL_Kv_Set(const char *key, const void *val, int len, int sync)
{
    struct item *item;

    (void)sync;

    if (key == NULL || key[0] == '\0' || strlen(key) > KEY_MAX || val == NULL || len <= 0
        || len > VALUE_MAX) {
        return -1;
    }
    item = find(key);
    if (item == NULL) {
        item = find("");
    }
    if (item == NULL) {
        return -1;
    }
    strcpy(item->key, key);
    memcpy(item->value, val, (size_t)len);
    item->len = len;
    HAL_Printf("stored %d bytes under '%s'\n", len, key);
    return 0;
}

/* On entry *buffer_len is the room, on return the value's length. */
int HAL_Kv_Get(const char *key, void *buffer, int *buffer_len)
{
    const struct item *item;

    if (key == NULL || key[0] == '\0' || buffer == NULL || buffer_len == NULL) {
        return -1;
    }
    item = find(key);
    if (item == NULL || item->len > *buffer_len) {
        return -1;
    }
    memcpy(buffer, item->value, (size_t)item->len);
    *buffer_len = item->len;
    HAL_Printf("found %d bytes under '%s'\n", item->len, key);
    return 0;
}

int HAL_Kv_Del(const char *key)
{
    struct item *item = key == NULL || key[0] == '\0' ? NULL : find(key);

    if (item == NULL) {
        return -1;
    }
    memset(item, 0, sizeof(*item));
    return 0;
}

/* The library's log comes this way too, a line a call. */
void HAL_Printf(const char *fmt, ...)
{
    va_list ap;

    printf("%8u ms | ", (unsigned int)HAL_UptimeMs());
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    fflush(stdout);
}

/* What firmware does each time it starts. Returns what IOT_SetupConnInfo() does. */
static int start_up(void)
{
    iotx_conn_info_pt conn_info = NULL;
    int dynamic_register = 1;

    IOT_Ioctl(IOTX_IOCTL_SET_DYNAMIC_REGISTER, &dynamic_register);
    HAL_SetProductSecret(PRODUCT_SECRET);
    return IOT_SetupConnInfo(PRODUCT_KEY, DEVICE_NAME, "", (void **)&conn_info);
}

int main(void)
{
    int first, second;

    IOT_OpenLog("custom-hal");
    IOT_SetLogLevel(IOT_LOG_INFO);

    first = start_up();
    second = start_up();
    HAL_Printf("registering returned %d, starting again %d\n", first, second);

    IOT_CloseLog();
    return first == 0 && second == 0 ? 0 : 1;
}
