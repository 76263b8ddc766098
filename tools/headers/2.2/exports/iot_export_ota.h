/** What `IOT_OTA_Ioctl` gets. */
typedef enum {
    IOT_OTAG_COTA_CONFIG_ID = 0,
    IOT_OTAG_COTA_CONFIG_SIZE = 1,
    IOT_OTAG_COTA_SIGN = 2,
    IOT_OTAG_COTA_SIGN_METHOD = 3,
    IOT_OTAG_COTA_URL = 4,
    IOT_OTAG_COTA_GETTYPE = 5,
    IOT_OTAG_OTA_TYPE = 6,
    IOT_OTAG_FETCHED_SIZE = 7,
    IOT_OTAG_FILE_SIZE = 8,
    IOT_OTAG_MD5SUM = 9,
    IOT_OTAG_VERSION = 10,
    IOT_OTAG_CHECK_FIRMWARE = 11,
    IOT_OTAG_CHECK_CONFIG = 12,
} IOT_OTA_CmdType_t;

#ifdef __cplusplus
extern "C" {
#endif

/** Asks for a version. Not supported yet: returns -1. */
int IOT_OTA_RequestImage(void *handle, const char *version);

/** Asks for a configuration. Not supported yet: returns -1. */
int IOT_OTA_GetConfig(void *handle, const char *configScope, const char *getType,
                      const char *attributeKeys);

#ifdef __cplusplus
}
#endif
