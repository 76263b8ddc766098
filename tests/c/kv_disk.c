/*
 * A device is to register itself while the file system refuses its store, and does once the cause has
 * been mended. The refusal is the kernel's own, unlike in kv_faults.c.
 *
 * kv_disk limit BYTES: no file may become longer than so many bytes; mended by lifting the limit.
 * kv_disk mode PATH:   as the caller has left the files; mended by giving PATH to its owner again.
 * kv_disk remove PATH: the same; mended by removing the file PATH.
 */
#define _GNU_SOURCE
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "device.h"

/* Root, too, is refused what the files' modes do not allow when it has no capabilities. */
static void drop_capabilities(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2];

    memset(none, 0, sizeof(none));
    EXPECT(syscall(SYS_capset, &header, none) == 0);
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;

    EXPECT(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    EXPECT(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

static void mend(const char *how, const char *path)
{
    if (strcmp(how, "limit") == 0) {
        limit_files(RLIM_INFINITY);
    } else if (strcmp(how, "mode") == 0) {
        EXPECT(chmod(path, 0700) == 0);
    } else {
        EXPECT(unlink(path) == 0);
    }
}

static int is_stored(void)
{
    char stored[DEVICE_SECRET_LEN];
    char used[DEVICE_SECRET_LEN + 1];
    int len = sizeof(stored);

    EXPECT(HAL_GetDeviceSecret(used) == 32);
    return HAL_Kv_Get("DyncRegDeviceSecret", stored, &len) == 0 && len == 32
           && memcmp(stored, used, 32) == 0;
}

int main(int argc, char **argv)
{
    static struct device device;
    void *client;

    if (argc != 3) {
        return 2;
    }
    drop_capabilities();
    /* Else the kernel ends the process instead of refusing the write. */
    signal(SIGXFSZ, SIG_IGN);
    if (strcmp(argv[1], "limit") == 0) {
        limit_files((rlim_t)atol(argv[2]));
    }
    open_log();
    HAL_SetProductSecret(PRODUCT_SECRET);
    EXPECT(set_up(&device, DYNAMIC_NAME, NULL) == -1);
    mend(argv[1], argv[2]);
    printf("the store works again\n");
    EXPECT(set_up(&device, DYNAMIC_NAME, NULL) == 0);
    EXPECT(is_stored());
    client = IOT_MQTT_Construct(&device.params);
    EXPECT(client != NULL && IOT_MQTT_Destroy(&client) == 0);
    return failures == 0 ? 0 : 1;
}
