/*
 * LITE_syslog, by which release 2.2.1 prints its log. A product's HAL that is made from that release's
 * own one calls it, so it has to be there when such a HAL is linked.
 *
 * The level, by its number, decides as for the library's own lines whether anything is printed.
 */
#include <stdarg.h>
#include <stdio.h>

/* More than is printed of a line, so that it is seen to have been longer. */
#define TEXT_ROOM 1024

void linkkit_log_line(const char *function, int line, int level, const char *text);
void LITE_syslog(char *m, const char *f, const int l, const int level, const char *fmt, ...);

void LITE_syslog(char *m, const char *f, const int l, const int level, const char *fmt, ...)
{
    char text[TEXT_ROOM];
    va_list ap;
    int length;

    (void)m;
    if (fmt == NULL) {
        return;
    }
    va_start(ap, fmt);
    length = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (length >= 0) {
        linkkit_log_line(f, l, level, text);
    }
}
