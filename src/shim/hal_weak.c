/*
 * The HAL functions that a firmware may override.
 *
 * Each is weak and forwards to its default in Rust. A firmware that defines the same function
 * wins, in an executable, against the archive as well as against the shared library. This works
 * only from C: a weak symbol made by Rust is either a second definition or ignored.
 *
 * The functions are documented where Rust declares them: src/hal/c.
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
typedef void (*action)(void *);

/* Memory */
VALUE(void *, HAL_Malloc, (uint32_t size), (size))
ACTION(HAL_Free, (void *ptr), (ptr))
VALUE(void *, HAL_Calloc, (uint32_t nmemb, uint32_t size), (nmemb, size))
VALUE(void *, HAL_Realloc, (void *ptr, uint32_t size), (ptr, size))

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
KNOWN(int, HAL_GetProductKey, (char *product_key), (product_key))
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
VALUE(int, HAL_Kv_Erase_All, (void), ())
VALUE(int, HAL_Config_Write, (const char *buffer, int length), (buffer, length))
VALUE(int, HAL_Config_Read, (char *buffer, int length), (buffer, length))

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

struct ssl_hooks;
VALUE(int, HAL_SSL_GetFd, (uintptr_t handle), (handle))
VALUE(int, HAL_SSLHooks_set, (struct ssl_hooks *hooks), (hooks))

/* Datagrams */
struct _network_addr_t;
VALUE(intptr_t, HAL_UDP_create, (char *host, unsigned short port), (host, port))
ACTION(HAL_UDP_close, (intptr_t p_socket), (p_socket))
VALUE(intptr_t, HAL_UDP_create_without_connect, (const char *host, unsigned short port),
      (host, port))
VALUE(int, HAL_UDP_connect, (intptr_t sockfd, const char *host, unsigned short port),
      (sockfd, host, port))
VALUE(int, HAL_UDP_close_without_connect, (intptr_t sockfd), (sockfd))
VALUE(int, HAL_UDP_bindtodevice, (intptr_t sockfd, const char *ifname), (sockfd, ifname))
VALUE(int, HAL_UDP_joinmulticast, (intptr_t sockfd, char *p_group), (sockfd, p_group))
VALUE(int, HAL_UDP_write,
      (intptr_t p_socket, const unsigned char *p_data, unsigned int datalen),
      (p_socket, p_data, datalen))
VALUE(int, HAL_UDP_read, (intptr_t p_socket, unsigned char *p_data, unsigned int datalen),
      (p_socket, p_data, datalen))
VALUE(int, HAL_UDP_readTimeout,
      (intptr_t p_socket, unsigned char *p_data, unsigned int datalen, unsigned int timeout_ms),
      (p_socket, p_data, datalen, timeout_ms))
VALUE(int, HAL_UDP_recv,
      (intptr_t sockfd, unsigned char *p_data, unsigned int datalen, unsigned int timeout_ms),
      (sockfd, p_data, datalen, timeout_ms))
VALUE(int, HAL_UDP_recvfrom,
      (intptr_t sockfd, struct _network_addr_t *p_remote, unsigned char *p_data,
       unsigned int datalen, unsigned int timeout_ms),
      (sockfd, p_remote, p_data, datalen, timeout_ms))
VALUE(int, HAL_UDP_send,
      (intptr_t sockfd, const unsigned char *p_data, unsigned int datalen,
       unsigned int timeout_ms),
      (sockfd, p_data, datalen, timeout_ms))
VALUE(int, HAL_UDP_sendto,
      (intptr_t sockfd, const struct _network_addr_t *p_remote, const unsigned char *p_data,
       unsigned int datalen, unsigned int timeout_ms),
      (sockfd, p_remote, p_data, datalen, timeout_ms))

/* Timers */
VALUE(void *, HAL_Timer_Create, (const char *name, action func, void *user_data),
      (name, func, user_data))
VALUE(int, HAL_Timer_Start, (void *t, int ms), (t, ms))
VALUE(int, HAL_Timer_Stop, (void *t), (t))
VALUE(int, HAL_Timer_Delete, (void *timer), (timer))

/* Files */
VALUE(void *, HAL_Fopen, (const char *path, const char *mode), (path, mode))
VALUE(uint32_t, HAL_Fread, (void *buff, uint32_t size, uint32_t count, void *stream),
      (buff, size, count, stream))
VALUE(uint32_t, HAL_Fwrite, (const void *ptr, uint32_t size, uint32_t count, void *stream),
      (ptr, size, count, stream))
VALUE(int, HAL_Fseek, (void *stream, long offset, int origin), (stream, offset, origin))
VALUE(int, HAL_Fclose, (void *stream), (stream))
VALUE(long, HAL_Ftell, (void *stream), (stream))

/* New firmware */
ACTION(HAL_Firmware_Persistence_Start, (void), ())
VALUE(int, HAL_Firmware_Persistence_Write, (char *buffer, uint32_t length), (buffer, length))
VALUE(int, HAL_Firmware_Persistence_Stop, (void), ())

/* AES-128 */
VALUE(void *, HAL_Aes128_Init, (const uint8_t *key, const uint8_t *iv, unsigned int dir),
      (key, iv, dir))
VALUE(int, HAL_Aes128_Destroy, (void *aes), (aes))
VALUE(int, HAL_Aes128_Cbc_Encrypt, (void *aes, const void *src, size_t blockNum, void *dst),
      (aes, src, blockNum, dst))
VALUE(int, HAL_Aes128_Cbc_Decrypt, (void *aes, const void *src, size_t blockNum, void *dst),
      (aes, src, blockNum, dst))
VALUE(int, HAL_Aes128_Cfb_Encrypt, (void *aes, const void *src, size_t length, void *dst),
      (aes, src, length, dst))
VALUE(int, HAL_Aes128_Cfb_Decrypt, (void *aes, const void *src, size_t length, void *dst),
      (aes, src, length, dst))

/* Network interfaces and the device */
VALUE(uint32_t, HAL_Wifi_Get_IP, (char *ip_str, const char *ifname), (ip_str, ifname))
VALUE(char *, HAL_Wifi_Get_Mac, (char *mac_str), (mac_str))
VALUE(int, HAL_Sys_Net_Is_Ready, (void), ())
VALUE(int, HAL_GetNetifInfo, (char *nif_str), (nif_str))
VALUE(int, HAL_GetUUID, (uint8_t *buf, int len), (buf, len))
ACTION(HAL_Reboot, (void), ())

/* Release 2.2 has both names, so a firmware may define either. */
WEAK void HAL_Sys_reboot(void)
{
    HAL_Reboot();
}
