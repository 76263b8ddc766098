#ifdef __cplusplus
extern "C" {
#endif

/** What a device is: a gateway or a device of its own, or one behind a gateway. */
typedef enum {
    IOTX_LINKKIT_DEV_TYPE_MASTER = 0,
    IOTX_LINKKIT_DEV_TYPE_SLAVE = 1,
    IOTX_LINKKIT_DEV_TYPE_MAX = 2,
} iotx_linkkit_dev_type_t;

/** Who a device is. */
typedef struct {
    char product_key[PRODUCT_KEY_MAXLEN];
    char product_secret[PRODUCT_SECRET_MAXLEN];
    char device_name[DEVICE_NAME_MAXLEN];
    char device_secret[DEVICE_SECRET_MAXLEN];
} iotx_linkkit_dev_meta_info_t;

/** What `IOT_Linkkit_Report` and `IOT_Linkkit_Query` are about. */
typedef enum {
    ITM_MSG_POST_PROPERTY = 0,
    ITM_MSG_DEVICEINFO_UPDATE = 1,
    ITM_MSG_DEVICEINFO_DELETE = 2,
    ITM_MSG_POST_RAW_DATA = 3,
    ITM_MSG_LOGIN = 4,
    ITM_MSG_LOGOUT = 5,
    ITM_MSG_DELETE_TOPO = 6,
    ITM_MSG_QUERY_TIMESTAMP = 7,
    ITM_MSG_QUERY_TOPOLIST = 8,
    ITM_MSG_QUERY_FOTA_DATA = 9,
    ITM_MSG_QUERY_COTA_DATA = 10,
    ITM_MSG_REQUEST_COTA = 11,
    ITM_MSG_REQUEST_FOTA_IMAGE = 12,
    IOTX_LINKKIT_MSG_MAX = 13,
} iotx_linkkit_msg_type_t;

/** Makes a device. Not supported yet: returns -1. */
int IOT_Linkkit_Open(iotx_linkkit_dev_type_t dev_type, iotx_linkkit_dev_meta_info_t *meta_info);

/** Connects a device. Not supported yet: returns -1. */
int IOT_Linkkit_Connect(int devid);

/** Receives for a while; waits for that long even so. Not supported yet: does nothing. */
void IOT_Linkkit_Yield(int timeout_ms);

/** Ends a device. Not supported yet: returns -1. */
int IOT_Linkkit_Close(int devid);

/** Reports what `msg_type` says. Not supported yet: returns -1. */
int IOT_Linkkit_Report(int devid, iotx_linkkit_msg_type_t msg_type, unsigned char *payload,
                       int payload_len);

/** Asks for what `msg_type` says. Not supported yet: returns -1. */
int IOT_Linkkit_Query(int devid, iotx_linkkit_msg_type_t msg_type, unsigned char *payload,
                      int payload_len);

/** Posts an event. Not supported yet: returns -1. */
int IOT_Linkkit_TriggerEvent(int devid, char *eventid, int eventid_len, char *payload,
                             int payload_len);

#ifdef __cplusplus
}
#endif
