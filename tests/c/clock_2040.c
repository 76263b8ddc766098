/*
 * Sets the clock of the program that it is linked into: it starts on 2040-06-15 at 12:00 UTC, which
 * a time_t of 32 bits cannot tell. The library asks for one of 64 bits.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define START INT64_C(2223374400)

/* What the kernel fills in. */
struct long_timespec {
    int64_t seconds;
    int64_t nanoseconds;
};

#ifdef SYS_clock_gettime64
#define SYS_long_clock_gettime SYS_clock_gettime64
#else
#define SYS_long_clock_gettime SYS_clock_gettime
#endif

static int get(clockid_t clock, struct long_timespec *now)
{
    static int64_t offset;

    if (syscall(SYS_long_clock_gettime, clock, now) != 0) {
        return -1;
    }
    if (clock == CLOCK_REALTIME) {
        if (offset == 0) {
            offset = START - now->seconds;
        }
        now->seconds += offset;
    }
    return 0;
}

int __clock_gettime64(clockid_t clock, struct long_timespec *now);
int __clock_gettime64(clockid_t clock, struct long_timespec *now)
{
    return get(clock, now);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    struct long_timespec told;

    if (get(clock, &told) != 0) {
        return -1;
    }
    now->tv_sec = (time_t)told.seconds;
    now->tv_nsec = (long)told.nanoseconds;
    if (now->tv_sec != told.seconds) {
        errno = EOVERFLOW;
        return -1;
    }
    return 0;
}
