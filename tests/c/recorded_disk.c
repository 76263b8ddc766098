/*
 * Records what a program does to the files below the folder DISK_ROOT, a line each in the file
 * DISK_RECORD. Overrides the C library's functions, which the library calls.
 *
 *   create NODE PATH | folder NODE PATH | write NODE HEX | sync NODE | rename FROM TO | remove PATH
 *   said: the program wrote to its standard output
 *
 * A node is a file or a folder whatever it is called: its inode number.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int is_recorded(const char *path)
{
    const char *root = getenv("DISK_ROOT");

    return root != NULL && strncmp(path, root, strlen(root)) == 0;
}

static int is_recorded_fd(int fd)
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
    return is_recorded(path);
}

static void record(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void record(const char *format, ...)
{
    const char *path = getenv("DISK_RECORD");
    char line[2048];
    va_list arguments;
    int len;
    int fd;

    if (path == NULL) {
        return;
    }
    va_start(arguments, format);
    len = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (syscall(SYS_write, fd, line, (size_t)len) != len) {
        abort();
    }
    close(fd);
}

static unsigned long node_of(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 ? (unsigned long)status.st_ino : 0;
}

static int open_file(const char *path, int flags, mode_t mode)
{
    struct stat status;
    int is_new = (flags & O_CREAT) != 0 && is_recorded(path) && stat(path, &status) != 0;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);

    if (is_new && fd >= 0) {
        record("create %lu %s\n", node_of(fd), path);
    }
    return fd;
}

#include "opens.h"

ssize_t write(int fd, const void *buf, size_t len)
{
    ssize_t written = syscall(SYS_write, fd, buf, len);
    ssize_t i;

    if (fd == STDOUT_FILENO) {
        record("said\n");
    } else if (written > 0 && is_recorded_fd(fd)) {
        record("write %lu ", node_of(fd));
        for (i = 0; i < written; i++) {
            record("%02x", ((const unsigned char *)buf)[i]);
        }
        record("\n");
    }
    return written;
}

int fsync(int fd)
{
    int result = (int)syscall(SYS_fsync, fd);

    if (result == 0 && is_recorded_fd(fd)) {
        record("sync %lu\n", node_of(fd));
    }
    return result;
}

int mkdir(const char *path, mode_t mode)
{
    int result = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    struct stat status;

    if (result == 0 && is_recorded(path) && stat(path, &status) == 0) {
        record("folder %lu %s\n", (unsigned long)status.st_ino, path);
    }
    return result;
}

int rename(const char *from, const char *to)
{
    int result = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);

    if (result == 0 && is_recorded(to)) {
        record("rename %s %s\n", from, to);
    }
    return result;
}

int unlink(const char *path)
{
    int result = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);

    if (result == 0 && is_recorded(path)) {
        record("remove %s\n", path);
    }
    return result;
}
