/*
 * Leads the library to another file than /tmp/kvfile.db, which all programs of a machine share, by
 * overriding the C library's open().
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_file(const char *path, int flags, mode_t mode)
{
    const char *elsewhere = getenv("TEST_OLD_KV");

    if (elsewhere != NULL && strcmp(path, "/tmp/kvfile.db") == 0) {
        path = elsewhere;
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

/* The C library's headers may make the second name a macro for the first. */
#undef open64

int open(const char *path, int flags, ...)
{
    va_list arguments;
    mode_t mode;

    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
    return open_file(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list arguments;
    mode_t mode;

    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
    return open_file(path, flags, mode);
}
