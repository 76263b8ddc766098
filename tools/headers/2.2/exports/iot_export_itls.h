/*
 * For firmware that is built for ID2, the platform's authentication by a closed key store
 * (FEATURE_SUPPORT_ITLS = y, which defines SUPPORT_ITLS): its set-up fails and says why.
 */
#if defined(SUPPORT_ITLS)
#ifdef __cplusplus
extern "C" {
#endif
void LITE_syslog(char *m, const char *f, const int l, const int level, const char *fmt, ...);
#ifdef __cplusplus
}
#endif

/** Takes the place of `IOT_SetupConnInfo` in firmware that is built for ID2. Returns -1; `*info_ptr`
 * becomes NULL. */
static inline int linkkit_setup_by_itls(const char *product_key, const char *device_name,
                                        const char *device_secret, void **info_ptr)
{
    char module[] = "sdk";

    (void)product_key, (void)device_name, (void)device_secret;
    if (info_ptr != NULL) {
        *info_ptr = NULL;
    }
    LITE_syslog(module, "IOT_SetupConnInfo", __LINE__, 2,
                "iTLS and ID2 need the vendor's closed key store, which this library has not: build "
                "without SUPPORT_ITLS and authenticate by a certificate per device, or per product "
                "with dynamic registration, over TLS");
    return -1;
}

#define IOT_SetupConnInfo linkkit_setup_by_itls
#endif
