/* Firmware that does its work in the yields of what is not supported: they wait as they would, and the
 * log is not flooded. */
#include "device.h"
#ifdef RELEASE_2_2
#include "exports/linkkit_export.h"
#endif
#include "exports/iot_export_coap.h"
#include "exports/iot_export_linkkit.h"
#include "exports/iot_export_ota.h"
#include "exports/iot_export_shadow.h"

/* How often each is called: said are the first time, the second, and the fourth. */
#define TIMES 5
#define SHORT_MS 20

#define WAITS(ms, call) \
    do { \
        int i; \
        for (i = 0; i < TIMES; i++) { \
            uint64_t start = HAL_UptimeMs(); \
            call; \
            EXPECT(HAL_UptimeMs() - start >= (ms)-1); \
        } \
    } while (0)

int main(void)
{
    uint64_t start;

    open_log();
    WAITS(SHORT_MS, IOT_Shadow_Yield(NULL, SHORT_MS));
    WAITS(SHORT_MS, IOT_Linkkit_Yield(SHORT_MS));
    WAITS(SHORT_MS, EXPECT(IOT_CoAP_Yield(NULL) == -1));
#ifdef RELEASE_2_2
    WAITS(SHORT_MS, EXPECT(IOT_Gateway_Yield(NULL, SHORT_MS) == -1));
    WAITS(SHORT_MS, EXPECT(linkkit_yield(SHORT_MS) == -1));
#endif
    start = HAL_UptimeMs();
    EXPECT(IOT_OTA_FetchYield(NULL, NULL, 0, 1) == -1);
    EXPECT(HAL_UptimeMs() - start >= 999);
    /* No time is no time. */
    IOT_Linkkit_Yield(-1);
    IOT_Shadow_Yield(NULL, 0);
    return failures != 0;
}
