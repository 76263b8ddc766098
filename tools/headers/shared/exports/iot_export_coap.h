#ifdef __cplusplus
extern "C" {
#endif

/** The lengths in `iotx_deviceinfo_t`, in bytes without the NUL. */
#define IOTX_PRODUCT_KEY_LEN (20)
#define IOTX_DEVICE_NAME_LEN (32)
#define IOTX_DEVICE_ID_LEN (64)
#define IOTX_DEVICE_SECRET_LEN (64)

/** What a function of CoAP may return. */
typedef enum {
    IOTX_ERR_RECV_MSG_TIMEOUT = -9,
    IOTX_ERR_SEND_MSG_FAILED = -8,
    IOTX_ERR_MSG_TOO_LOOG = -7,
    IOTX_ERR_URI_TOO_LOOG = -6,
    IOTX_ERR_NOT_AUTHED = -5,
    IOTX_ERR_AUTH_FAILED = -4,
    IOTX_ERR_BUFF_TOO_SHORT = -3,
    IOTX_ERR_NO_MEM = -2,
    IOTX_ERR_INVALID_PARAM = -1,
    IOTX_SUCCESS = 0,
} iotx_ret_code_t;

/** How a payload is written. */
typedef enum {
    IOTX_CONTENT_TYPE_JSON = 0,
    IOTX_CONTENT_TYPE_CBOR = 1,
} iotx_content_type_t;

/** What a client's handler hears of. */
typedef enum {
    IOTX_COAP_EVENT_SEND_FAILED = 0,
    IOTX_COAP_EVENT_RECV_FAILED = 1,
    IOTX_COAP_EVENT_AUTH_FAILED = 2,
} iotx_coap_event_t;

/** What a message is answered with, as RFC 7252 numbers it. */
typedef enum {
    IOTX_COAP_RESP_CODE_CONTENT = 0x45,
    IOTX_COAP_RESP_CODE_BAD_REQUEST = 0x80,
    IOTX_COAP_RESP_CODE_UNAUTHORIZED = 0x81,
    IOTX_COAP_RESP_CODE_NOT_FOUND = 0x84,
    IOTX_COAP_RESP_CODE_URL_TOO_LONG = 0x8E,
    IOTX_COAP_RESP_CODE_INTERNAL_SERVER_ERROR = 0xA0,
} iotx_coap_resp_code_t;

/** A client's handler of events. */
typedef void (*iotx_event_handle_t)(void *context, iotx_coap_event_t event, void *p_data);

/** Who a device is. */
typedef struct {
    char product_key[IOTX_PRODUCT_KEY_LEN + 1];
    char device_name[IOTX_DEVICE_NAME_LEN + 1];
    char device_id[IOTX_DEVICE_ID_LEN + 1];
    char device_secret[IOTX_DEVICE_SECRET_LEN + 1];
} iotx_deviceinfo_t;

/** What `IOT_CoAP_Init` takes. */
typedef struct {
    /** The server. */
    char *p_url;
    /** How long `IOT_CoAP_Yield` waits, in milliseconds. */
    int wait_time_ms;
    /** Who the device is. */
    iotx_device_info_t *p_devinfo;
    /** Hears of events. */
    iotx_event_handle_t event_handle;
} iotx_coap_config_t;

/** Hears the answer to a message. */
typedef void (*iotx_response_callback_t)(void *p_arg, void *p_message);

/** A message to send. */
typedef struct {
    unsigned char *p_payload;
    /** In bytes. */
    unsigned short payload_len;
    iotx_content_type_t content_type;
    iotx_msg_type_t msg_type;
    /** Handed to `resp_callback`. */
    void *user_data;
    iotx_response_callback_t resp_callback;
} iotx_message_t;

/** A client; firmware only passes its address on. */
typedef void iotx_coap_context_t;

/** Makes a client. Not supported yet: returns NULL. */
iotx_coap_context_t *IOT_CoAP_Init(iotx_coap_config_t *p_config);

/** Ends a client. Not supported yet: does nothing. */
void IOT_CoAP_Deinit(iotx_coap_context_t **p_context);

/** Logs the device in. Not supported yet: returns -1. */
int IOT_CoAP_DeviceNameAuth(iotx_coap_context_t *p_context);

/** Receives for a while; waits for that long even so. Not supported yet: returns -1. */
int IOT_CoAP_Yield(iotx_coap_context_t *p_context);

/** Sends a message. Not supported yet: returns -1. */
int IOT_CoAP_SendMessage(iotx_coap_context_t *p_context, char *p_path, iotx_message_t *p_message);

/** Gets the payload of an answer. Not supported yet: returns -1. */
int IOT_CoAP_GetMessagePayload(void *p_message, unsigned char **pp_payload, int *p_len);

/** Gets the code of an answer. Not supported yet: returns -1. */
int IOT_CoAP_GetMessageCode(void *p_message, iotx_coap_resp_code_t *p_resp_code);

#ifdef __cplusplus
}
#endif
