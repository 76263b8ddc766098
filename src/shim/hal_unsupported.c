/*
 * The HAL functions of Wi-Fi provisioning and of DTLS, which the library itself does not need.
 *
 * Those of a firmware win, as in hal_weak.c. Without them each answers with its failure value and
 * says so in the log. The parameters are left out, because none is looked at; by the calling
 * conventions of C on Linux the caller cleans up what it passes.
 */
#include <stddef.h>

#define WEAK __attribute__((__weak__))

void linkkit_unsupported(const char *function);

/* A function that answers with `failure`. */
#define VALUE(type, failure, name)                                                                 \
    type name(void);                                                                               \
    WEAK type name(void)                                                                           \
    {                                                                                              \
        linkkit_unsupported(#name);                                                                \
        return failure;                                                                            \
    }

#define INT(name) VALUE(int, -1, name)
#define POINTER(name) VALUE(void *, NULL, name)
/* DTLS counts its errors upwards from success, which is 0. */
#define CODE(name) VALUE(unsigned int, (unsigned int)-1, name)

#define NOTHING(name)                                                                              \
    void name(void);                                                                               \
    WEAK void name(void) { linkkit_unsupported(#name); }

INT(HAL_Awss_Close_Ap)
NOTHING(HAL_Awss_Close_Monitor)
INT(HAL_Awss_Connect_Ap)
INT(HAL_Awss_Get_Channelscan_Interval_Ms)
INT(HAL_Awss_Get_Conn_Encrypt_Type)
INT(HAL_Awss_Get_Connect_Default_Ssid_Timeout_Interval_Ms)
INT(HAL_Awss_Get_Encrypt_Type)
INT(HAL_Awss_Get_Timeout_Interval_Ms)
INT(HAL_Awss_Open_Ap)
NOTHING(HAL_Awss_Open_Monitor)
NOTHING(HAL_Awss_Switch_Channel)
INT(HAL_DTLSHooks_set)
POINTER(HAL_DTLSSession_create)
CODE(HAL_DTLSSession_free)
CODE(HAL_DTLSSession_read)
CODE(HAL_DTLSSession_write)
INT(HAL_RF433_Get_Rssi_Dbm)
INT(HAL_Wifi_Enable_Mgmt_Frame_Filter)
INT(HAL_Wifi_Get_Ap_Info)
POINTER(HAL_Wifi_Get_Os_Version)
INT(HAL_Wifi_Get_Rssi_Dbm)
INT(HAL_Wifi_Low_Power)
INT(HAL_Wifi_Scan)
INT(HAL_Wifi_Send_80211_Raw_Frame)
