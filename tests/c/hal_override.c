/*
 * A firmware that may bring functions of the HAL: OWN_HAL the five that products replace most,
 * OWN_TCP the reading and writing besides. It registers at the cloud of linkkit-sim and checks that
 * the library called the functions that it should.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

/* By hand, so that the linker alone decides what is called. */
void IOT_OpenLog(const char *ident);
void IOT_SetLogLevel(int level);
int IOT_Ioctl(int option, void *data);
int IOT_SetupConnInfo(const char *product_key, const char *device_name, const char *device_secret,
                      void **info_ptr);
int HAL_SetProductSecret(char *product_secret);
int HAL_GetDeviceSecret(char *device_secret);
int HAL_SetDeviceSecret(char *device_secret);
int HAL_Kv_Set(const char *key, const void *val, int len, int sync);
int HAL_Kv_Get(const char *key, void *buffer, int *buffer_len);
int HAL_Kv_Del(const char *key);
void HAL_Printf(const char *fmt, ...);
uintptr_t HAL_TCP_Establish(const char *host, uint16_t port);
int32_t HAL_TCP_Write(uintptr_t fd, const char *buf, uint32_t len, uint32_t timeout_ms);
int32_t HAL_TCP_Read(uintptr_t fd, char *buf, uint32_t len, uint32_t timeout_ms);
int HAL_ThreadCreate(void **thread_handle, void *(*work_routine)(void *), void *arg, void *param,
                     int *stack_used);
void HAL_ThreadDelete(void *thread_handle);
void HAL_SleepMs(uint32_t ms);
void *HAL_SemaphoreCreate(void);
void HAL_SemaphoreDestroy(void *sem);
int HAL_SemaphoreWait(void *sem, uint32_t timeout_ms);

#define DEBUG_LEVEL 5
#define SET_DYNAMIC_REGISTER 2
#define KEY "DyncRegDeviceSecret"
#define SECRET_MAX 64

static int failures;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

#ifdef OWN_HAL
uintptr_t linkkit_sim_connect(const char *host, uint16_t port);

static struct {
    int kv_set, kv_get, set_device_secret, printed, establish;
} calls;
static char stored[SECRET_MAX + 1];
static char handed_over[SECRET_MAX + 1];

int HAL_Kv_Set(const char *key, const void *val, int len, int sync)
{
    calls.kv_set++;
    CHECK(strcmp(key, KEY) == 0 && len > 0 && len <= SECRET_MAX && sync == 1);
    memcpy(stored, val, (size_t)len);
    return 0;
}

int HAL_Kv_Get(const char *key, void *buffer, int *buffer_len)
{
    int len = (int)strlen(stored);

    calls.kv_get++;
    if (strcmp(key, KEY) != 0 || len == 0 || len > *buffer_len) {
        return -1;
    }
    memcpy(buffer, stored, (size_t)len);
    *buffer_len = len;
    return 0;
}

int HAL_SetDeviceSecret(char *device_secret)
{
    calls.set_device_secret++;
    snprintf(handed_over, sizeof handed_over, "%s", device_secret);
    return (int)strlen(device_secret);
}

void HAL_Printf(const char *fmt, ...)
{
    va_list ap;

    calls.printed++;
    fputs("<own>", stdout);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
}

/* The library's own HAL_TCP_Read, _Write and _Destroy take this descriptor. */
uintptr_t HAL_TCP_Establish(const char *host, uint16_t port)
{
    calls.establish++;
    return linkkit_sim_connect(host, port);
}
#endif

#ifdef OWN_TCP
static int reads, writes;

/* Blocks until the whole buffer is full or the time is up, as ports do. */
int32_t HAL_TCP_Read(uintptr_t fd, char *buf, uint32_t len, uint32_t timeout_ms)
{
    struct timeval timeout = {(time_t)(timeout_ms / 1000), (suseconds_t)(timeout_ms % 1000) * 1000};
    ssize_t count;

    reads++;
    /* The kernel takes zero as for ever. */
    if (timeout_ms == 0) {
        timeout.tv_usec = 1;
    }
    setsockopt((int)fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    count = recv((int)fd, buf, len, MSG_WAITALL);
    return count > 0 ? (int32_t)count : count == 0 ? -1 : 0;
}

int32_t HAL_TCP_Write(uintptr_t fd, const char *buf, uint32_t len, uint32_t timeout_ms)
{
    (void)timeout_ms;
    writes++;
    return (int32_t)send((int)fd, buf, len, MSG_NOSIGNAL);
}
#endif

static void register_device(void)
{
    char product_secret[] = "ffFnFlKQW3HYjjPR";
    int on = 1;
    void *info = NULL;

    IOT_OpenLog("hal_override");
    IOT_SetLogLevel(DEBUG_LEVEL);
    CHECK(IOT_Ioctl(SET_DYNAMIC_REGISTER, &on) == 0);
    CHECK(HAL_SetProductSecret(product_secret) == 16);
    CHECK(IOT_SetupConnInfo("a1ExpAkj9Hi", "Example_dyn1", "", &info) == 0);
    CHECK(info != NULL);
}

static void check_calls(void)
{
#ifdef OWN_HAL
    CHECK(calls.kv_get >= 1);
    CHECK(calls.establish == 1);
    CHECK(calls.kv_set == 1);
    CHECK(calls.set_device_secret == 1);
    CHECK(calls.printed > 0);
    CHECK(strlen(stored) > 0 && strcmp(stored, handed_over) == 0);
#else
    char secret[SECRET_MAX + 1] = {0};
    char value[SECRET_MAX] = {0};
    int len = sizeof value;
    int room;

    CHECK(HAL_GetDeviceSecret(secret) > 0);
    CHECK(HAL_Kv_Get(KEY, value, &len) == 0);
    CHECK(len == (int)strlen(secret) && memcmp(value, secret, (size_t)len) == 0);
    room = len - 1;
    CHECK(HAL_Kv_Get(KEY, value, &room) != 0);
    CHECK(HAL_Kv_Del(KEY) == 0);
    CHECK(HAL_Kv_Get(KEY, value, &len) != 0);
#endif
#ifdef OWN_TCP
    CHECK(reads > 0);
    CHECK(writes > 0);
#endif
}

static volatile int slept, waited;

static void *sleep_for_ever(void *arg)
{
    for (;;) {
        HAL_SleepMs(1);
        slept = 1;
    }
    return arg;
}

static void *wait_for_ever(void *sem)
{
    for (;;) {
        HAL_SemaphoreWait(sem, 1);
        waited = 1;
    }
    return sem;
}

static void *end_itself(void *arg)
{
    HAL_ThreadDelete(NULL);
    CHECK(!"a thread that ended itself went on");
    return arg;
}

/* A thread that lives in the library's functions can be ended all the same. */
static void delete_threads(void)
{
    void *sem = HAL_SemaphoreCreate();
    void *threads[3];
    int stack_used = -1;
    size_t i;

    CHECK(HAL_ThreadCreate(&threads[0], sleep_for_ever, NULL, NULL, &stack_used) == 0);
    CHECK(stack_used == 0);
    CHECK(HAL_ThreadCreate(&threads[1], wait_for_ever, sem, NULL, NULL) == 0);
    CHECK(HAL_ThreadCreate(&threads[2], end_itself, NULL, NULL, NULL) == 0);
    while (!slept || !waited) {
        HAL_SleepMs(1);
    }
    for (i = 0; i < sizeof threads / sizeof *threads; i++) {
        HAL_ThreadDelete(threads[i]);
    }
    HAL_SemaphoreDestroy(sem);
}

int main(void)
{
    register_device();
    check_calls();
    delete_threads();
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
