/* The C library's functions that open files, led to the `open_file` of who includes this behind it. */
#ifndef OPENS_H
#define OPENS_H

#include <fcntl.h>
#include <stdarg.h>

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

#endif
