/*
 * The trust anchor, which a firmware may override as it may a function of the HAL.
 *
 * It is not in hal_weak.c, because in the C SDK it belongs to libiot_sdk.a: a product whose HAL
 * takes the place of libiot_hal.a need not have it.
 */

const char *linkkit_default_iotx_ca_get(void);
__attribute__((__visibility__("hidden"))) const char *linkkit_own_iotx_ca_get(void);
const char *iotx_ca_get(void);

/* The strong twin of the weak name: see linked.c. */
const char *linkkit_own_iotx_ca_get(void)
{
    return linkkit_default_iotx_ca_get();
}

__attribute__((__weak__, __alias__("linkkit_own_iotx_ca_get"))) const char *iotx_ca_get(void);
