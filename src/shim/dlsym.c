/*
 * The Rust standard library looks a function of glibc up by dlsym and does without when there is
 * none. Before its release 2.34 glibc had dlsym in libdl, which the C SDK's link line does not
 * name, so the package redirects the call to here, where the reference is weak.
 */
#include <stddef.h>

void *dlsym(void *handle, const char *symbol) __attribute__((__weak__));
void *linkkit_dlsym(void *handle, const char *symbol);

void *linkkit_dlsym(void *handle, const char *symbol)
{
    return dlsym != NULL ? dlsym(handle, symbol) : NULL;
}
