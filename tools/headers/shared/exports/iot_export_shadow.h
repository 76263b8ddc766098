/** What the cloud answers a push with. */
typedef enum {
    IOTX_SHADOW_ACK_TIMEOUT = -1,
    IOTX_SHADOW_ACK_NONE = 0,
    IOTX_SHADOW_ACK_SUCCESS = 200,
    IOTX_SHADOW_ACK_ERR_JSON_FMT_IS_INVALID = 400,
    IOTX_SHADOW_ACK_ERR_METHOD_IS_NULL = 401,
    IOTX_SHADOW_ACK_ERR_STATE_IS_NULL = 402,
    IOTX_SHADOW_ACK_ERR_VERSION_IS_INVALID = 403,
    IOTX_SHADOW_ACK_ERR_REPORTED_IS_NULL = 404,
    IOTX_SHADOW_ACK_ERR_REPORTED_ATTRIBUTE_IS_NULL = 405,
    IOTX_SHADOW_ACK_ERR_METHOD_IS_INVALID = 406,
    IOTX_SHADOW_ACK_ERR_SHADOW_DOCUMENT_IS_NULL = 407,
    IOTX_SHADOW_ACK_ERR_ATTRIBUTE_EXCEEDED = 408,
    IOTX_SHADOW_ACK_ERR_SERVER_FAILED = 500,
} iotx_shadow_ack_code_t;

/** Who may change an attribute: the device, the cloud, both. */
typedef enum {
    IOTX_SHADOW_READONLY = 0,
    IOTX_SHADOW_WRITEONLY = 1,
    IOTX_SHADOW_RW = 2,
} iotx_shadow_datamode_t;

/** What an attribute is. */
typedef enum {
    IOTX_SHADOW_NULL = 0,
    IOTX_SHADOW_INT32 = 1,
    IOTX_SHADOW_STRING = 2,
} iotx_shadow_attr_datatype_t;

/** A document in the making. */
typedef struct {
    int flag_new;
    /** In bytes. */
    uint32_t buf_size;
    uint32_t offset;
    char *buf;
} format_data_t, *format_data_pt;

/** A time of the cloud's, and the device's at that moment. */
typedef struct {
    uint32_t base_system_time;
    uint32_t epoch_time;
} iotx_shadow_time_t, *iotx_shadow_time_pt;

struct iotx_shadow_attr_st;

/** Hears of an attribute that the cloud changed. */
typedef void (*iotx_shadow_attr_cb_t)(struct iotx_shadow_attr_st *pattr);

/** An attribute. */
typedef struct iotx_shadow_attr_st {
    iotx_shadow_datamode_t mode;
    const char *pattr_name;
    void *pattr_data;
    iotx_shadow_attr_datatype_t attr_type;
    uint32_t timestamp;
    iotx_shadow_attr_cb_t callback;
} iotx_shadow_attr_t, *iotx_shadow_attr_pt;

/** What `IOT_Shadow_Construct` takes. */
typedef struct {
    iotx_mqtt_param_t mqtt;
} iotx_shadow_para_t, *iotx_shadow_para_pt;

#ifdef __cplusplus
extern "C" {
#endif

/** Makes a shadow and its MQTT client. Not supported yet: returns NULL. */
void *IOT_Shadow_Construct(iotx_shadow_para_pt pparam);

/** Ends a shadow. Not supported yet: returns -1. */
iotx_err_t IOT_Shadow_Destroy(void *handle);

/** Receives for a while; waits for that long even so. Not supported yet: does nothing. */
void IOT_Shadow_Yield(void *handle, uint32_t timeout_ms);

/** Adds an attribute. Not supported yet: returns -1. */
iotx_err_t IOT_Shadow_RegisterAttribute(void *handle, iotx_shadow_attr_pt pattr);

/** Removes an attribute. Not supported yet: returns -1. */
iotx_err_t IOT_Shadow_DeleteAttribute(void *handle, iotx_shadow_attr_pt pattr);

/** Begins a document, in `size` bytes. Not supported yet: returns -1. */
iotx_err_t IOT_Shadow_PushFormat_Init(void *handle, format_data_pt pformat, char *buf,
                                      uint16_t size);

/** Adds an attribute to a document. Not supported yet: returns -1. */
iotx_err_t IOT_Shadow_PushFormat_Add(void *handle, format_data_pt pformat,
                                     iotx_shadow_attr_pt pattr);

/** Completes a document. Not supported yet: returns -1. */
iotx_err_t IOT_Shadow_PushFormat_Finalize(void *handle, format_data_pt pformat);

/** Sends a document and waits for the answer. Not supported yet: returns -1. */
iotx_err_t IOT_Shadow_Push(void *handle, char *data, uint32_t data_len, uint16_t timeout_s);

/** Gets what the cloud has. Not supported yet: returns -1. */
iotx_err_t IOT_Shadow_Pull(void *handle);

#ifdef __cplusplus
}
#endif
