/*
 * The first function of a thread that HAL_ThreadCreate starts. It is C because a thread may be ended at
 * any time, which unwinds its stack, and no frame of Rust may be part of that.
 */
#include <stddef.h>

typedef void *(*routine)(void *);

void linkkit_thread_begins(void *start, routine *work, void **arg);
void *linkkit_thread_run(void *start);

void *linkkit_thread_run(void *start)
{
    routine work = NULL;
    void *arg = NULL;

    linkkit_thread_begins(start, &work, &arg);
    return work(arg);
}
