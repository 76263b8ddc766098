/*
 * Tells which of the linked HAL functions are ours.
 *
 * The strong twins are referred to weakly: a product that links a HAL of its own in the place of
 * hal_weak.c does not have them, and then nothing is ours. An executable that is not position
 * independent and takes a function's address can hide that the function is ours; the core then
 * calls it as it calls a firmware's, which it is made for as well.
 */
#include <stddef.h>
#include <stdint.h>

typedef void (*function)(void);

/* Volatile, so that no compiler concludes from the alias that the two are the same. */
static int same(function linked, function own)
{
    volatile function a = linked;
    volatile function b = own;
    return b != NULL && a == b;
}

#define OURS(type, name, params)                                                                   \
    type name params;                                                                              \
    type linkkit_own_##name params                                                                 \
        __attribute__((__weak__, __visibility__("hidden")));                                       \
    int linkkit_ours_##name(void);                                                                 \
    int linkkit_ours_##name(void)                                                                  \
    {                                                                                              \
        return same((function)name, (function)linkkit_own_##name);                                 \
    }

OURS(int, HAL_GetProductKey, (char *))
OURS(int, HAL_Kv_Set, (const char *, const void *, int, int))
OURS(uintptr_t, HAL_TCP_Establish, (const char *, uint16_t))
OURS(int32_t, HAL_TCP_Read, (uintptr_t, char *, uint32_t, uint32_t))
OURS(int32_t, HAL_TCP_Write, (uintptr_t, const char *, uint32_t, uint32_t))
OURS(uintptr_t, HAL_SSL_Establish, (const char *, uint16_t, const char *, size_t))
OURS(const char *, iotx_ca_get, (void))
