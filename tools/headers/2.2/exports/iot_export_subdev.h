#ifdef __cplusplus
extern "C" {
#endif

/** How often `IOT_Gateway_Yield` looks for what came. */
#define IOT_GATEWAY_YIELD_MAX_COUNT 100
/** The longest client id of a sub-device, in bytes. */
#define IOT_SUBDEVICE_CLIENT_ID_LEN 64
/** Room for a topic and for an answer, in bytes. */
#define GATEWAY_TOPIC_LEN_MAX 256
#define REPLY_MESSAGE_LEN_MAX 1024

/** The topics of sub-devices, as formats. */
#define TOPIC_SESSION_COMBINE_FMT "/ext/session/%s/%s/combine/%s"
#define TOPIC_SESSION_SUB_FMT "/sys/%s/%s/thing/sub/%s"
#define TOPIC_SESSION_TOPO_FMT "/sys/%s/%s/thing/topo/%s"
#define TOPIC_SESSION_CONFIG_FMT "/sys/%s/%s/thing/config/%s"
#define TOPIC_SESSION_LIST_FOUND_FMT "/sys/%s/%s/thing/list/%s"
#define TOPIC_SYS_RRPC_FMT "/sys/%s/%s/rrpc/%s/+"
#define TOPIC_SYS_DSL_TEMPLATE_FMT "/sys/%s/%s/thing/dsltemplate/%s"

/** How a sub-device signs. */
typedef enum IOTX_SUBDEV_SIGN_METHOD_TYPES {
    IOTX_SUBDEV_SIGN_METHOD_TYPE_SHA = 0,
    IOTX_SUBDEV_SIGN_METHOD_TYPE_MD5 = 1,
    IOTX_SUBDEV_SIGN_METHOD_TYPE_UNDEFINED = 2,
    IOTX_SUBDEV_SIGN_METHOD_TYPE_MAX = 3,
} iotx_subdev_sign_method_types_t;

/** Whether a sub-device begins without what the cloud kept for it. */
typedef enum IOTX_SUBDEV_CLEAN_SESSION_TYPES {
    IOTX_SUBDEV_CLEAN_SESSION_TRUE = 0,
    IOTX_SUBDEV_CLEAN_SESSION_FALSE = 1,
    IOTX_SUBDEV_CLEAN_SESSION_UNDEFINED = 2,
    IOTX_SUBDEV_CLEAN_SESSION_MAX = 3,
} iotx_subdev_clean_session_types_t;

/** Whether a sub-device has its secret or registers for it. */
typedef enum IOTX_SUBDEV_REGISTER_TYPES {
    IOTX_SUBDEV_REGISTER_TYPE_STATIC = 0,
    IOTX_SUBDEV_REGISTER_TYPE_DYNAMIC = 1,
    IOTX_SUBDEV_REGISTER_TYPE_MAX = 2,
} iotx_subdev_register_types_t;

/** Hears a call by RRPC. */
typedef void (*rrpc_request_callback)(void *gateway, const char *product_key,
                                      const char *deveice_name, const char *message_id,
                                      const char *payload);

/** Hears an event, or a message of a topic. */
typedef void (*iotx_subdev_event_handle_func_fpt)(void *pcontext, void *pclient, void *msg);

/** What `IOT_Gateway_Construct` takes. */
typedef struct {
    iotx_mqtt_param_pt mqtt;
    /** Handed to `event_handler`. */
    void *event_pcontext;
    iotx_subdev_event_handle_func_fpt event_handler;
} iotx_gateway_param_t, *iotx_gateway_param_pt;

/** Makes an id for a message. Not supported yet: returns 0. */
uint32_t IOT_Gateway_Generate_Message_ID(void);

/** Makes a gateway and its MQTT client. Not supported yet: returns NULL. */
void *IOT_Gateway_Construct(iotx_gateway_param_pt gateway_param);

/** Ends a gateway. Not supported yet: returns -1. */
int IOT_Gateway_Destroy(void **handle);

/** Adds a sub-device to the gateway. Not supported yet: returns -1. */
int IOT_Subdevice_Register(void *handle, iotx_subdev_register_types_t type,
                           const char *product_key, const char *device_name, char *timestamp,
                           char *client_id, char *sign, iotx_subdev_sign_method_types_t sign_type);

/** Removes a sub-device from the gateway. Not supported yet: returns -1. */
int IOT_Subdevice_Unregister(void *handle, const char *product_key, const char *device_name);

/** Logs a sub-device in. Not supported yet: returns -1. */
int IOT_Subdevice_Login(void *handle, const char *product_key, const char *device_name,
                        const char *timestamp, const char *client_id, const char *sign,
                        iotx_subdev_sign_method_types_t sign_method_type,
                        iotx_subdev_clean_session_types_t clean_session_type);

/** Logs a sub-device out. Not supported yet: returns -1. */
int IOT_Subdevice_Logout(void *handle, const char *product_key, const char *device_name);

/** Asks for the gateway's sub-devices. Not supported yet: returns -1. */
int IOT_Gateway_Get_TOPO(void *handle, char *get_topo_reply, uint32_t *length);

/** Asks for the gateway's configuration. Not supported yet: returns -1. */
int IOT_Gateway_Get_Config(void *handle, char *get_config_reply, uint32_t *length);

/** Tells the cloud of a sub-device that was found. Not supported yet: returns -1. */
int IOT_Gateway_Publish_Found_List(void *handle, const char *product_key,
                                   const char *device_name);

/** Receives for a while; waits for that long even so. Not supported yet: returns -1. */
int IOT_Gateway_Yield(void *handle, uint32_t timeout);

/** Subscribes. Not supported yet: returns -1. */
int IOT_Gateway_Subscribe(void *handle, const char *topic_filter, int qos,
                          iotx_subdev_event_handle_func_fpt topic_handle_func, void *pcontext);

/** Unsubscribes. Not supported yet: returns -1. */
int IOT_Gateway_Unsubscribe(void *handle, const char *topic_filter);

/** Publishes. Not supported yet: returns -1. */
int IOT_Gateway_Publish(void *handle, const char *topic_name, iotx_mqtt_topic_info_pt topic_msg);

/** Has the calls to a sub-device handled. Not supported yet: returns -1. */
int IOT_Gateway_RRPC_Register(void *handle, const char *product_key, const char *device_name,
                              rrpc_request_callback rrpc_callback);

/** Answers a call to a sub-device. Not supported yet: returns -1. */
int IOT_Gateway_RRPC_Response(void *handle, const char *product_key, const char *device_name,
                              const char *message_id, const char *response);

#ifdef __cplusplus
}
#endif
