#ifdef __cplusplus
extern "C" {
#endif

/** What `IOT_HTTP_Init` takes. */
typedef struct {
    /** Who the device is. */
    iotx_device_info_t *device_info;
    /** Whether a connection is kept: 1 or 0. */
    int keep_alive;
    /** How long a request may take, in milliseconds. */
    int timeout_ms;
} iotx_http_param_t;

/** A client, as the C SDK lays it out; firmware only passes its address on. */
typedef struct {
    char *p_auth_token;
    uint32_t auth_token_len;
    char is_authed;
    const char *version;
    const char *signmethod;
    const char *sign;
    iotx_device_info_t *p_devinfo;
    const char *timestamp;
    void *httpc;
    int keep_alive;
    int timeout_ms;
} iotx_http_t, *iotx_http_pt;

/** A message and the room for the answer to it. */
typedef struct {
    /** Where it goes: a topic, after `/topic`. */
    char *topic_path;
    /** Its length in bytes. */
    uint32_t request_payload_len;
    /** The message. */
    char *request_payload;
    /** The room for the answer, in bytes. */
    uint32_t response_payload_len;
    /** Where the answer goes. */
    char *response_payload;
    /** How long the request may take, in milliseconds. */
    uint32_t timeout_ms;
} iotx_http_message_param_t;

/** What the cloud answers a request with. */
typedef enum {
    IOTX_HTTP_SUCCESS = 0,
    IOTX_HTTP_COMMON_ERROR = 10000,
    IOTX_HTTP_PARAM_ERROR = 10001,
    IOTX_HTTP_AUTH_CHECK_ERROR = 20000,
    IOTX_HTTP_TOKEN_EXPIRED_ERROR = 20001,
    IOTX_HTTP_TOKEN_NULL_ERROR = 20002,
    IOTX_HTTP_TOKEN_CHECK_ERROR = 20003,
    IOTX_HTTP_UPDATE_SESSION_ERROR = 20004,
    IOTX_HTTP_PUBLISH_MESSAGE_ERROR = 30001,
    IOTX_HTTP_REQUEST_TOO_MANY_ERROR = 40000,
} iotx_http_upstream_response_t;

/** Makes a client. Not supported yet: returns NULL. */
void *IOT_HTTP_Init(iotx_http_param_t *pInitParams);

/** Ends a client. Not supported yet: does nothing. */
void IOT_HTTP_DeInit(void **handle);

/** Logs the device in. Not supported yet: returns -1. */
int IOT_HTTP_DeviceNameAuth(void *handle);

/** Sends a message. Not supported yet: returns -1. */
int IOT_HTTP_SendMessage(void *handle, iotx_http_message_param_t *msg_param);

/** Closes the connection. Not supported yet: does nothing. */
void IOT_HTTP_Disconnect(void *handle);

#ifdef __cplusplus
}
#endif
