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

/** What `IOT_Linkkit_Ioctl` sets. */
typedef enum {
    IOTX_LINKKIT_CMD_OPTION_PROPERTY_POST_REPLY = 0,
    IOTX_LINKKIT_CMD_OPTION_EVENT_POST_REPLY = 1,
    IOTX_LINKKIT_CMD_OPTION_PROPERTY_SET_REPLY = 2,
    IOTX_LINKKIT_CMD_MAX = 3,
} iotx_linkkit_ioctl_cmd_t;

/** What `IOT_Linkkit_Post` posts. */
typedef enum {
    IOTX_LINKKIT_MSG_POST_PROPERTY = 0,
    IOTX_LINKKIT_MSG_DEVICEINFO_UPDATE = 1,
    IOTX_LINKKIT_MSG_DEVICEINFO_DELETE = 2,
    IOTX_LINKKIT_MSG_POST_RAW_DATA = 3,
    IOTX_LINKKIT_MSG_MAX = 4,
} iotx_linkkit_msg_type_t;

/** What a device hears of. */
typedef struct {
    int (*connected)(void);
    int (*disconnected)(void);
    int (*down_raw)(const int devid, const unsigned char *payload, const int payload_len);
    int (*up_raw_reply)(const int devid, const unsigned char *payload, const int payload_len);
    int (*async_service_request)(const int devid, const char *serviceid, const int serviceid_len,
                                 const char *request, const int request_len, char **response,
                                 int *response_len);
    int (*sync_service_request)(const int devid, const char *serviceid, const int serviceid_len,
                                const char *request, const int request_len, char **response,
                                int *response_len);
    int (*property_set)(const int devid, const char *request, const int request_len);
    int (*property_get)(const int devid, const char *request, const int request_len,
                        char **response, int *response_len);
    int (*post_reply)(const int devid, const int msgid, const int code, const char *reply,
                      const int reply_len);
    int (*ntp_response)(const char *utc);
    int (*permit_join)(void);
    int (*initialized)(const int devid);
} iotx_linkkit_event_handler_t;

/** Makes a device. Not supported yet: returns -1. */
int IOT_Linkkit_Open(iotx_linkkit_dev_type_t dev_type, iotx_linkkit_dev_meta_info_t *meta_info);

/** Sets an option of a device. Not supported yet: returns -1. */
int IOT_Linkkit_Ioctl(int devid, iotx_linkkit_ioctl_cmd_t cmd, void *arg);

/** Connects a device. Not supported yet: returns -1. */
int IOT_Linkkit_Connect(int devid, iotx_linkkit_event_handler_t *hdlrs);

/** Receives for a while; waits for that long even so. Not supported yet: does nothing. */
void IOT_Linkkit_Yield(int timeout_ms);

/** Ends a device. Not supported yet: returns -1. */
int IOT_Linkkit_Close(int devid);

/** Posts what `msg_type` says. Not supported yet: returns -1. */
int IOT_Linkkit_Post(int devid, iotx_linkkit_msg_type_t msg_type, unsigned char *payload,
                     int payload_len);

/** Posts an event. Not supported yet: returns -1. */
int IOT_Linkkit_TriggerEvent(int devid, char *eventid, int eventid_len, char *payload,
                             int payload_len);

#ifdef __cplusplus
}
#endif
