/* The functions of release 2.2.1: a declaration that is missing or of another type does not compile. */

#include "iot_import.h"

#define FUNCTION(returns, name, parameters) returns(*const address_of_##name) parameters = name

FUNCTION(void, IOT_OpenLog, (const char *ident));
FUNCTION(void, IOT_CloseLog, (void));
FUNCTION(void, IOT_SetLogLevel, (IOT_LogLevel level));
FUNCTION(void, IOT_DumpMemoryStats, (IOT_LogLevel level));
FUNCTION(int, IOT_SetupConnInfo, (const char *product_key, const char *device_name, const char *device_secret, void **info_ptr));
FUNCTION(int, IOT_Ioctl, (int option, void *data));
FUNCTION(void *, IOT_MQTT_Construct, (iotx_mqtt_param_t *pInitParams));
FUNCTION(int, IOT_MQTT_Destroy, (void **phandle));
FUNCTION(int, IOT_MQTT_Yield, (void *handle, int timeout_ms));
FUNCTION(int, IOT_MQTT_LogPost, (void *pHandle, const char *level, const char *module, const char *msg));
FUNCTION(int, IOT_MQTT_CheckStateNormal, (void *handle));
FUNCTION(int, IOT_MQTT_Subscribe, (void *handle, const char *topic_filter, iotx_mqtt_qos_t qos, iotx_mqtt_event_handle_func_fpt topic_handle_func, void *pcontext));
FUNCTION(int, IOT_MQTT_Subscribe_Sync, (void *handle, const char *topic_filter, iotx_mqtt_qos_t qos, iotx_mqtt_event_handle_func_fpt topic_handle_func, void *pcontext, int timeout_ms, int do_yield));
FUNCTION(int, IOT_MQTT_Unsubscribe, (void *handle, const char *topic_filter));
FUNCTION(int, IOT_MQTT_Publish, (void *handle, const char *topic_name, iotx_mqtt_topic_info_pt topic_msg));
FUNCTION(int, HAL_GetPartnerID, (char pid_str[64]));
FUNCTION(int, HAL_GetModuleID, (char mid_str[64]));
FUNCTION(int, HAL_SetProductKey, (char *product_key));
FUNCTION(int, HAL_SetDeviceName, (char *device_name));
FUNCTION(int, HAL_SetDeviceSecret, (char *device_secret));
FUNCTION(int, HAL_SetProductSecret, (char *product_secret));
FUNCTION(int, HAL_GetProductKey, (char product_key[20]));
FUNCTION(int, HAL_GetDeviceName, (char device_name[32]));
FUNCTION(int, HAL_GetDeviceSecret, (char device_secret[64]));
FUNCTION(int, HAL_GetProductSecret, (char product_secret[64]));
FUNCTION(int, HAL_GetDeviceID, (char device_id[64]));
FUNCTION(int, HAL_GetFirmwareVesion, (char version[33]));
FUNCTION(char *, HAL_GetChipID, (char cid_str[65]));
FUNCTION(void *, HAL_MutexCreate, (void));
FUNCTION(void, HAL_MutexDestroy, (void *mutex));
FUNCTION(void, HAL_MutexLock, (void *mutex));
FUNCTION(void, HAL_MutexUnlock, (void *mutex));
FUNCTION(void *, HAL_Malloc, (uint32_t size));
FUNCTION(void, HAL_Free, (void *ptr));
FUNCTION(uint64_t, HAL_UptimeMs, (void));
FUNCTION(char *, HAL_GetTimeStr, (char *buf, int len));
FUNCTION(void, HAL_SleepMs, (uint32_t ms));
FUNCTION(void, HAL_Srandom, (uint32_t seed));
FUNCTION(uint32_t, HAL_Random, (uint32_t region));
FUNCTION(void, HAL_Printf, (const char *fmt, ...));
FUNCTION(int, HAL_Snprintf, (char *str, const int len, const char *fmt, ...));
FUNCTION(int, HAL_Vsnprintf, (char *str, const int len, const char *fmt, va_list ap));
FUNCTION(uintptr_t, HAL_TCP_Establish, (const char *host, uint16_t port));
FUNCTION(int32_t, HAL_TCP_Destroy, (uintptr_t fd));
FUNCTION(int32_t, HAL_TCP_Write, (uintptr_t fd, const char *buf, uint32_t len, uint32_t timeout_ms));
FUNCTION(int32_t, HAL_TCP_Read, (uintptr_t fd, char *buf, uint32_t len, uint32_t timeout_ms));
FUNCTION(uintptr_t, HAL_SSL_Establish, (const char *host, uint16_t port, const char *ca_crt, size_t ca_crt_len));
FUNCTION(int32_t, HAL_SSL_Destroy, (uintptr_t handle));
FUNCTION(int32_t, HAL_SSL_Write, (uintptr_t handle, const char *buf, int len, int timeout_ms));
FUNCTION(int32_t, HAL_SSL_Read, (uintptr_t handle, char *buf, int len, int timeout_ms));
FUNCTION(int, HAL_ThreadCreate, (void **thread_handle, void *(*work_routine)(void *), void *arg, hal_os_thread_param_t *hal_os_thread_param, int *stack_used));
FUNCTION(void, HAL_ThreadDetach, (void *thread_handle));
FUNCTION(void, HAL_ThreadDelete, (void *thread_handle));
FUNCTION(void *, HAL_SemaphoreCreate, (void));
FUNCTION(void, HAL_SemaphoreDestroy, (void *sem));
FUNCTION(int, HAL_SemaphoreWait, (void *sem, uint32_t timeout_ms));
FUNCTION(void, HAL_SemaphorePost, (void *sem));
FUNCTION(int, HAL_Kv_Set, (const char *key, const void *val, int len, int sync));
FUNCTION(int, HAL_Kv_Get, (const char *key, void *buffer, int *buffer_len));
FUNCTION(int, HAL_Kv_Del, (const char *key));
FUNCTION(void, HAL_UTC_Set, (long long ms));
FUNCTION(long long, HAL_UTC_Get, (void));
FUNCTION(int, HAL_GetFirmwareVersion, (char *version));
