/*
 * kv_faults CALL ERRNO: a device is to register itself while a system call on its store fails, and does
 * once that works again. Overrides the C library's functions, which the library calls.
 *
 * kv_faults none 0: nothing fails, and every such call is told.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "device.h"

static const char *failing = "";
static int error;
static int tells_calls;

/* Whether this call on this file is to fail. Files that are not the store's never do. */
static int fails(const char *call, const char *path)
{
    const char *name = strrchr(path, '/');

    if (name == NULL || strstr(path, "/state") == NULL) {
        return 0;
    }
    if (tells_calls) {
        printf("call: %s %s\n", call, name + 1);
    }
    if (strcmp(call, failing) != 0) {
        return 0;
    }
    errno = error;
    return 1;
}

static int fails_at(const char *call, int fd)
{
    char link[64];
    char path[512];
    ssize_t len;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    len = readlink(link, path, sizeof(path) - 1);
    if (len < 0) {
        return 0;
    }
    path[len] = '\0';
    return fails(call, path);
}

static int is_folder(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
}

static int open_file(const char *path, int flags, mode_t mode)
{
    if ((flags & O_CREAT) != 0 && fails((flags & O_EXCL) != 0 ? "create" : "open lock", path)) {
        return -1;
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

#include "opens.h"

ssize_t write(int fd, const void *buf, size_t len)
{
    if (fails_at("write", fd)) {
        return -1;
    }
    /* A disk that is full takes the first part. */
    if (strcmp(failing, "write rest") == 0 && fails_at("write rest", fd)) {
        failing = "write";
        len = len / 2;
    }
    return syscall(SYS_write, fd, buf, len);
}

int fsync(int fd)
{
    return fails_at(is_folder(fd) ? "fsync folder" : "fsync", fd) ? -1 : (int)syscall(SYS_fsync, fd);
}

int flock(int fd, int operation)
{
    return fails_at("flock", fd) ? -1 : (int)syscall(SYS_flock, fd, operation);
}

int mkdir(const char *path, mode_t mode)
{
    return fails("mkdir", path) ? -1 : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int rename(const char *from, const char *to)
{
    return fails("rename", to) ? -1
                               : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

static void secret_is_stored(int expected)
{
    char stored[DEVICE_SECRET_LEN];
    char used[DEVICE_SECRET_LEN + 1];
    int len = sizeof(stored);
    int found = HAL_Kv_Get("DyncRegDeviceSecret", stored, &len) == 0;

    EXPECT(found == expected);
    EXPECT(HAL_GetDeviceSecret(used) == 32);
    EXPECT(!found || (len == 32 && memcmp(stored, used, 32) == 0));
}

int main(int argc, char **argv)
{
    static struct device device;
    int nothing_fails;
    void *client;

    if (argc != 3) {
        return 2;
    }
    failing = argv[1];
    error = atoi(argv[2]);
    nothing_fails = error == 0;
    tells_calls = nothing_fails;
    open_log();
    HAL_SetProductSecret(PRODUCT_SECRET);
    if (nothing_fails) {
        EXPECT(set_up(&device, DYNAMIC_NAME, NULL) == 0);
        secret_is_stored(1);
        return failures == 0 ? 0 : 1;
    }
    EXPECT(set_up(&device, DYNAMIC_NAME, NULL) == -1);
    printf("the store works again\n");
    failing = "";
    EXPECT(set_up(&device, DYNAMIC_NAME, NULL) == 0);
    secret_is_stored(1);
    client = IOT_MQTT_Construct(&device.params);
    EXPECT(client != NULL && IOT_MQTT_Destroy(&client) == 0);
    return failures == 0 ? 0 : 1;
}
