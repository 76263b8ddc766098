/*
 * The HAL functions that a firmware may override.
 *
 * Each is weak and forwards to its default in Rust. A firmware that defines the same function
 * wins, in an executable, against the archive as well as against the shared library. This works
 * only from C: a weak symbol made by Rust is either a second definition or ignored.
 *
 * The functions are documented where Rust declares them: src/hal/import.rs.
 */
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#define WEAK __attribute__((__weak__))

/* A function that returns a value. */
#define VALUE(type, name, params, args)                                                            \
    type linkkit_default_##name params;                                                            \
    WEAK type name params { return linkkit_default_##name args; }

/* A function that returns nothing. */
#define ACTION(name, params, args)                                                                 \
    void linkkit_default_##name params;                                                            \
    WEAK void name params { linkkit_default_##name args; }

/*
 * A function of which the core must know whether it is ours. The weak name is an alias of a strong
 * one, so the two have the same address unless the firmware took the weak one over: see linked.c.
 */
#define KNOWN(type, name, params, args)                                                            \
    type linkkit_default_##name params;                                                            \
    __attribute__((__visibility__("hidden"))) type linkkit_own_##name params                       \
    {                                                                                              \
        return linkkit_default_##name args;                                                        \
    }                                                                                              \
    type name params __attribute__((__weak__, __alias__("linkkit_own_" #name)));

typedef void *(*routine)(void *);

/* Memory */
VALUE(void *, HAL_Malloc, (uint32_t size), (size))
ACTION(HAL_Free, (void *ptr), (ptr))

/* Mutexes and semaphores */
VALUE(void *, HAL_MutexCreate, (void), ())
ACTION(HAL_MutexDestroy, (void *mutex), (mutex))
ACTION(HAL_MutexLock, (void *mutex), (mutex))
ACTION(HAL_MutexUnlock, (void *mutex), (mutex))
VALUE(void *, HAL_SemaphoreCreate, (void), ())
ACTION(HAL_SemaphoreDestroy, (void *sem), (sem))
ACTION(HAL_SemaphorePost, (void *sem), (sem))
VALUE(int, HAL_SemaphoreWait, (void *sem, uint32_t timeout_ms), (sem, timeout_ms))

/* Threads */
struct _hal_os_thread;
VALUE(int, HAL_ThreadCreate,
      (void **thread_handle, routine work_routine, void *arg,
       struct _hal_os_thread *hal_os_thread_param, int *stack_used),
      (thread_handle, work_routine, arg, hal_os_thread_param, stack_used))
ACTION(HAL_ThreadDetach, (void *thread_handle), (thread_handle))

void linkkit_default_HAL_ThreadDelete(void *thread_handle);
WEAK void HAL_ThreadDelete(void *thread_handle)
{
    /* Ending the calling thread unwinds its stack, which no frame of Rust may be part of. */
    if (thread_handle == NULL) {
        pthread_exit(NULL);
    }
    linkkit_default_HAL_ThreadDelete(thread_handle);
}

/* Time */
ACTION(HAL_SleepMs, (uint32_t ms), (ms))
VALUE(uint64_t, HAL_UptimeMs, (void), ())
VALUE(char *, HAL_GetTimeStr, (char *buf, int len), (buf, len))
ACTION(HAL_UTC_Set, (long long ms), (ms))
VALUE(long long, HAL_UTC_Get, (void), ())

/* Random numbers */
ACTION(HAL_Srandom, (uint32_t seed), (seed))
VALUE(uint32_t, HAL_Random, (uint32_t region), (region))

/* Identity */
VALUE(int, HAL_SetProductKey, (char *product_key), (product_key))
VALUE(int, HAL_SetDeviceName, (char *device_name), (device_name))
VALUE(int, HAL_SetDeviceSecret, (char *device_secret), (device_secret))
VALUE(int, HAL_SetProductSecret, (char *product_secret), (product_secret))
VALUE(int, HAL_GetProductKey, (char *product_key), (product_key))
VALUE(int, HAL_GetDeviceName, (char *device_name), (device_name))
VALUE(int, HAL_GetDeviceSecret, (char *device_secret), (device_secret))
VALUE(int, HAL_GetProductSecret, (char *product_secret), (product_secret))
VALUE(int, HAL_GetPartnerID, (char *pid_str), (pid_str))
VALUE(int, HAL_GetModuleID, (char *mid_str), (mid_str))
VALUE(int, HAL_GetDeviceID, (char *device_id), (device_id))
VALUE(char *, HAL_GetChipID, (char *cid_str), (cid_str))
VALUE(int, HAL_GetFirmwareVersion, (char *version), (version))

/* The 2.2 spelling answers with the later one, so a firmware may define either. */
WEAK int HAL_GetFirmwareVesion(char *version)
{
    return HAL_GetFirmwareVersion(version);
}

/* Key-value store */
KNOWN(int, HAL_Kv_Set, (const char *key, const void *val, int len, int sync),
      (key, val, len, sync))
VALUE(int, HAL_Kv_Get, (const char *key, void *buffer, int *buffer_len),
      (key, buffer, buffer_len))
VALUE(int, HAL_Kv_Del, (const char *key), (key))

/* TCP */
VALUE(uintptr_t, HAL_TCP_Establish, (const char *host, uint16_t port), (host, port))
VALUE(int32_t, HAL_TCP_Destroy, (uintptr_t fd), (fd))
KNOWN(int32_t, HAL_TCP_Write, (uintptr_t fd, const char *buf, uint32_t len, uint32_t timeout_ms),
      (fd, buf, len, timeout_ms))
KNOWN(int32_t, HAL_TCP_Read, (uintptr_t fd, char *buf, uint32_t len, uint32_t timeout_ms),
      (fd, buf, len, timeout_ms))

/* TLS */
KNOWN(uintptr_t, HAL_SSL_Establish,
      (const char *host, uint16_t port, const char *ca_crt, size_t ca_crt_len),
      (host, port, ca_crt, ca_crt_len))
VALUE(int32_t, HAL_SSL_Destroy, (uintptr_t handle), (handle))
VALUE(int32_t, HAL_SSL_Write, (uintptr_t handle, const char *buf, int len, int timeout_ms),
      (handle, buf, len, timeout_ms))
VALUE(int32_t, HAL_SSL_Read, (uintptr_t handle, char *buf, int len, int timeout_ms),
      (handle, buf, len, timeout_ms))
