/** What happens while a device is provisioned. */
enum awss_event_t {
    AWSS_START = 0x1000,
    AWSS_ENABLE = 0x1001,
    AWSS_LOCK_CHAN = 0x1002,
    AWSS_CS_ERR = 0x1003,
    AWSS_PASSWD_ERR = 0x1004,
    AWSS_GOT_SSID_PASSWD = 0x1005,
    AWSS_CONNECT_ADHA = 0x1006,
    AWSS_CONNECT_ADHA_FAIL = 0x1007,
    AWSS_CONNECT_AHA = 0x1008,
    AWSS_CONNECT_AHA_FAIL = 0x1009,
    AWSS_SETUP_NOTIFY = 0x100A,
    AWSS_CONNECT_ROUTER = 0x100B,
    AWSS_CONNECT_ROUTER_FAIL = 0x100C,
    AWSS_GOT_IP = 0x100D,
    AWSS_SUC_NOTIFY = 0x100E,
    AWSS_BIND_NOTIFY = 0x100F,
    AWSS_ENABLE_TIMEOUT = 0x1010,
    AWSS_RESET = 0x3000,
};

#ifdef __cplusplus
extern "C" {
#endif

/** Opens an access point for provisioning. Not supported yet: returns -1. */
int awss_dev_ap_start(void);

/** Closes that access point. Not supported yet: returns -1. */
int awss_dev_ap_stop(void);

#ifdef __cplusplus
}
#endif
