/*
 * The HAL functions with a variable number of arguments, which stable Rust cannot define.
 * They are weak for the reason that hal_weak.c gives.
 */
#include <stdarg.h>
#include <stdio.h>

#define WEAK __attribute__((__weak__))

void HAL_Printf(const char *fmt, ...);
int HAL_Snprintf(char *str, const int len, const char *fmt, ...);
int HAL_Vsnprintf(char *str, const int len, const char *fmt, va_list ap);

WEAK void HAL_Printf(const char *fmt, ...)
{
    va_list ap;

    if (fmt == NULL) {
        return;
    }
    va_start(ap, fmt);
    (void)vprintf(fmt, ap);
    va_end(ap);
    /* A prompt or a half line must be on the console before the program waits or dies. */
    (void)fflush(stdout);
}

WEAK int HAL_Vsnprintf(char *str, const int len, const char *fmt, va_list ap)
{
    if (fmt == NULL) {
        return -1;
    }
    /* Without room only the length is told: a negative one would become a huge size_t. */
    if (str == NULL || len <= 0) {
        return vsnprintf(NULL, 0, fmt, ap);
    }
    return vsnprintf(str, (size_t)len, fmt, ap);
}

WEAK int HAL_Snprintf(char *str, const int len, const char *fmt, ...)
{
    va_list ap;
    int written;

    va_start(ap, fmt);
    written = HAL_Vsnprintf(str, len, fmt, ap);
    va_end(ap);
    return written;
}
