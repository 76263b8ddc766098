/** What the gateway's `event_cb` hears of. */
enum {
    LINKKIT_EVENT_CLOUD_DISCONNECTED = 0,
    LINKKIT_EVENT_CLOUD_CONNECTED = 1,
    LINKKIT_EVENT_SUBDEV_DELETED = 2,
    LINKKIT_EVENT_SUBDEV_PERMITED = 3,
    LINKKIT_EVENT_SUBDEV_SETUP = 4,
};

/** What `linkkit_gateway_setopt` sets. */
enum {
    LINKKIT_OPT_MAX_MSG_SIZE = 1,
    LINKKIT_OPT_MAX_MSG_QUEUE_SIZE = 2,
    LINKKIT_OPT_THREAD_POOL_SIZE = 3,
    LINKKIT_OPT_THREAD_STACK_SIZE = 4,
    LINKKIT_OPT_PROPERTY_POST_REPLY = 5,
    LINKKIT_OPT_EVENT_POST_REPLY = 6,
    LINKKIT_OPT_PROPERTY_SET_REPLY = 7,
};

/** An event and its data. */
typedef struct {
    int event_type;
    union {
        struct {
            char *productKey;
            char *deviceName;
        } subdev_deleted;
        struct {
            char *productKey;
            int timeoutSec;
        } subdev_permited;
        struct {
            char *subdevList;
        } subdev_install;
    } event_data;
} linkkit_event_t;

/** How a gateway is made; sizes are in bytes. */
typedef struct linkkit_params_s {
    int maxMsgSize;
    int maxMsgQueueSize;
    int threadPoolSize;
    int threadStackSize;
    int (*event_cb)(linkkit_event_t *ev, void *ctx);
    void *ctx;
} linkkit_params_t;

/** What a device behind the gateway hears of. */
typedef struct {
    int (*register_complete)(void *ctx);
    int (*get_property)(char *in, char *out, int out_len, void *ctx);
    int (*set_property)(char *in, void *ctx);
    int (*call_service)(char *identifier, char *in, char *out, int out_len, void *ctx);
    ssize_t (*down_rawdata)(const void *in, int in_len, void *out, int out_len, void *ctx);
    int (*post_rawdata_reply)(const void *data, int len, void *ctx);
} linkkit_cbs_t;

/** How a device is. */
enum {
    LINKKIT_STATE_ENABLED = 0,
    LINKKIT_STATE_DISABLED = 1,
    LINKKIT_STATE_REMOVED = 2,
};

/** A device. */
typedef struct {
    char *productKey;
    char *deviceName;
    int devtype;
    int login;
    int state;
    int online;
} linkkit_devinfo_t;

/** What is told of new firmware. */
typedef enum {
    LINKKIT_OTA_EVENT_NEW_VERSION_DETECTED = 1,
} linkkit_ota_event_t;

/** A piece of a device's information. */
typedef struct {
    char *attrKey;
    char *attrValue;
} linkkit_extinfo_t;

#ifdef __cplusplus
extern "C" {
#endif

/** Good values for a gateway. Not supported yet: returns NULL. */
linkkit_params_t *linkkit_gateway_get_default_params(void);

/** Changes a value. Not supported yet: returns -1. */
int linkkit_gateway_setopt(linkkit_params_t *params, int option, void *value, int value_len);

/** Has events told. Not supported yet: returns -1. */
int linkkit_gateway_set_event_callback(linkkit_params_t *params,
                                       int (*event_cb)(linkkit_event_t *ev, void *ctx), void *ctx);

/** Makes a gateway. Not supported yet: returns -1. */
int linkkit_gateway_init(linkkit_params_t *initParams);

/** Ends a gateway. Not supported yet: returns -1. */
int linkkit_gateway_exit(void);

/** Connects a gateway. Not supported yet: returns -1. */
int linkkit_gateway_start(linkkit_cbs_t *cbs, void *ctx);

/** Disconnects a gateway. Not supported yet: returns -1. */
int linkkit_gateway_stop(int devid);

/** Adds a device to the gateway. Not supported yet: returns -1. */
int linkkit_gateway_subdev_register(char *productKey, char *deviceName, char *deviceSecret);

/** Removes a device from the gateway. Not supported yet: returns -1. */
int linkkit_gateway_subdev_unregister(char *productKey, char *deviceName);

/** Makes a device. Not supported yet: returns -1. */
int linkkit_gateway_subdev_create(char *productKey, char *deviceName, linkkit_cbs_t *cbs,
                                  void *ctx);

/** Ends a device. Not supported yet: returns -1. */
int linkkit_gateway_subdev_destroy(int devid);

/** Logs a device in. Not supported yet: returns -1. */
int linkkit_gateway_subdev_login(int devid);

/** Logs a device out. Not supported yet: returns -1. */
int linkkit_gateway_subdev_logout(int devid);

/** Tells how a device is. Not supported yet: returns -1. */
int linkkit_gateway_get_devinfo(int devid, linkkit_devinfo_t *devinfo);

/** Posts an event and waits for the answer. Not supported yet: returns -1. */
int linkkit_gateway_trigger_event_json_sync(int devid, char *identifier, char *event,
                                            int timeout_ms);

/** Posts an event and has `func` called with the answer. Not supported yet: returns -1. */
int linkkit_gateway_trigger_event_json(int devid, char *identifier, char *event, int timeout_ms,
                                       void (*func)(int retval, void *ctx), void *ctx);

/** Posts a property and waits for the answer. Not supported yet: returns -1. */
int linkkit_gateway_post_property_json_sync(int devid, char *property, int timeout_ms);

/** Posts a property and has `func` called with the answer. Not supported yet: returns -1. */
int linkkit_gateway_post_property_json(int devid, char *property, int timeout_ms,
                                       void (*func)(int retval, void *ctx), void *ctx);

/** Posts raw data. Not supported yet: returns -1. */
int linkkit_gateway_post_rawdata(int devid, void *data, int len);

/** Has new firmware told. Not supported yet: returns -1. */
int linkkit_gateway_fota_init(handle_service_fota_callback_fp_t callback_fp);

/** Fetches new firmware. Not supported yet: returns -1. */
int linkkit_gateway_invoke_fota_service(void *data_buf, int data_buf_length);

/** Posts a device's information. Not supported yet: returns -1. */
int linkkit_gateway_post_extinfos(int devid, linkkit_extinfo_t *extinfos, int nb_extinfos,
                                  int timeout_ms);

/** Removes a device's information. Not supported yet: returns -1. */
int linkkit_gateway_delete_extinfos(int devid, linkkit_extinfo_t *extinfos, int nb_extinfos,
                                    int timeout_ms);

/** How many devices there are. Not supported yet: returns -1. */
int linkkit_gateway_get_num_devices(void);

#ifdef __cplusplus
}
#endif
