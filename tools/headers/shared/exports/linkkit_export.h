#ifdef __cplusplus
extern "C" {
#endif

/** Hears the answer to what was posted. */
typedef void (*handle_post_cb_fp_t)(const void *thing_id, int respons_id, int code,
                                    const char *response_message, void *ctx);

/** Hears the answer to what was asked for a sub-device. */
typedef void (*handle_subdev_cb_fp_t)(const void *thing_id, int code,
                                      const char *response_message, int success, void *ctx);

/** What the device model calls. */
typedef struct _linkkit_ops {
#ifdef LOCAL_CONN_ENABLE
    int (*on_connect)(void *ctx, int cloud);
    int (*on_disconnect)(void *ctx, int cloud);
#else
    int (*on_connect)(void *ctx);
    int (*on_disconnect)(void *ctx);
#endif
    int (*raw_data_arrived)(const void *thing_id, const void *data, int len, void *ctx);
    int (*thing_create)(const void *thing_id, void *ctx);
    int (*thing_enable)(const void *thing_id, void *ctx);
    int (*thing_disable)(const void *thing_id, void *ctx);
    int (*thing_call_service)(const void *thing_id, const char *service, int request_id, void *ctx);
    int (*thing_prop_changed)(const void *thing_id, const char *property, void *ctx);
    int (*linkit_data_arrived)(const void *thing_id, const void *data, int len, void *ctx);
} linkkit_ops_t;

/** How urgent a log line is. */
typedef enum _linkkit_loglevel {
    linkkit_loglevel_emerg = 0,
    linkkit_loglevel_crit = 1,
    linkkit_loglevel_error = 2,
    linkkit_loglevel_warning = 3,
    linkkit_loglevel_info = 4,
    linkkit_loglevel_debug = 5,
} linkkit_loglevel_t;

/** The cloud's sites. */
typedef enum {
    linkkit_cloud_domain_shanghai = 0,
    linkkit_cloud_domain_singapore = 1,
    linkkit_cloud_domain_japan = 2,
    linkkit_cloud_domain_america = 3,
    linkkit_cloud_domain_germany = 4,
    linkkit_cloud_domain_max = 5,
} linkkit_cloud_domain_type_t;

/** What is done to a device's information. */
typedef enum {
    linkkit_extended_info_operate_update = 0,
    linkkit_extended_info_operate_delete = 1,
    linkkit_deviceinfo_operate_max = 2,
} linkkit_extended_info_operate_t;

/** What `linkkit_set_opt` sets. */
typedef enum {
    linkkit_opt_property_post_reply = 0,
    linkkit_opt_event_post_reply = 1,
    linkkit_opt_property_set_reply = 2,
} linkkit_opt_t;

/** What `linkkit_set_value` sets. */
typedef enum {
    linkkit_method_set_property_value = 0,
    linkkit_method_set_event_output_value = 1,
    linkkit_method_set_service_output_value = 2,
    linkkit_method_set_number = 3,
} linkkit_method_set_t;

/** What `linkkit_get_value` gets. */
typedef enum {
    linkkit_method_get_property_value = 0,
    linkkit_method_get_event_output_value = 1,
    linkkit_method_get_service_input_value = 2,
    linkkit_method_get_service_output_value = 3,
    linkkit_method_get_number = 4,
} linkkit_method_get_t;

/** What `handle_service_cota_callback_fp_t` is called for. */
typedef enum {
    service_cota_callback_type_new_version_detected = 10,
    service_cota_callback_type_number = 11,
} service_cota_callback_type_t;

/** Hears of a new configuration. */
typedef void (*handle_service_cota_callback_fp_t)(service_cota_callback_type_t callback_type,
                                                  const char *configid, uint32_t configsize,
                                                  const char *gettype, const char *sign,
                                                  const char *signmethod, const char *cota_url);

/** What `handle_service_fota_callback_fp_t` is called for. */
typedef enum {
    service_fota_callback_type_new_version_detected = 10,
    service_fota_callback_type_number = 11,
} service_fota_callback_type_t;

/** Hears of new firmware. */
typedef void (*handle_service_fota_callback_fp_t)(service_fota_callback_type_t callback_type,
                                                  const char *version);

/** Handles one thing that came. Not supported yet: returns NULL. */
void *linkkit_dispatch(void);

/** Whether the device model was asked to end. Not supported yet: returns -1. */
int linkkit_is_try_leave(void);

/** Sets an option. Not supported yet: returns -1. */
int linkkit_set_opt(linkkit_opt_t opt, void *data);

/** Starts the device model. Not supported yet: returns -1. */
int linkkit_start(int max_buffered_msg, int get_tsl_from_cloud, linkkit_loglevel_t log_level,
                  linkkit_ops_t *ops, linkkit_cloud_domain_type_t domain_type, void *user_context);

/** Ends the device model. Not supported yet: returns -1. */
int linkkit_end(void);

/** Describes the device by its model. Not supported yet: returns NULL. */
void *linkkit_set_tsl(const char *tsl, int tsl_len);

/** Sets a value. Not supported yet: returns -1. */
int linkkit_set_value(linkkit_method_set_t method_set, const void *thing_id,
                      const char *identifier, const void *value, const char *value_str);

/** Gets a value. Not supported yet: returns -1. */
int linkkit_get_value(linkkit_method_get_t method_get, const void *thing_id,
                      const char *identifier, void *value, char **value_str);

/** Answers the call of a service. Not supported yet: returns -1. */
int linkkit_answer_service(const void *thing_id, const char *service_identifier, int response_id,
                           int code);

/** Posts raw data. Not supported yet: returns -1. */
int linkkit_invoke_raw_service(const void *thing_id, int is_up_raw, void *raw_data,
                               int raw_data_length);

/** Changes a device's information in the cloud. Not supported yet: returns -1. */
int linkkit_trigger_extended_info_operate(
    const void *thing_id, const char *params,
    linkkit_extended_info_operate_t linkkit_extended_info_operation);

/** Posts an event. Not supported yet: returns -1. */
int linkkit_trigger_event(const void *thing_id, const char *event_identifier,
                          handle_post_cb_fp_t cb);

/** Posts a property. Not supported yet: returns -1. */
int linkkit_post_property(const void *thing_id, const char *property_identifier,
                          handle_post_cb_fp_t cb);

/** Receives for a while; waits for that long even so. Not supported yet: returns -1. */
int linkkit_yield(int timeout_ms);

/** Has new configurations told. Not supported yet: returns -1. */
int linkkit_cota_init(handle_service_cota_callback_fp_t callback_fp);

/** Fetches a new configuration. Not supported yet: returns -1. */
int linkkit_invoke_cota_service(void *data_buf, int data_buf_length);

/** Asks for a configuration. Not supported yet: returns -1. */
int linkkit_invoke_cota_get_config(const char *config_scope, const char *get_type,
                                   const char *attribute_Keys, void *option);

/** Has new firmware told. Not supported yet: returns -1. */
int linkkit_fota_init(handle_service_fota_callback_fp_t callback_fp);

/** Fetches new firmware. Not supported yet: returns -1. */
int linkkit_invoke_fota_service(void *data_buf, int data_buf_length);

/** Asks the cloud for the time. Not supported yet: returns -1. */
int linkkit_ntp_time_request(void (*ntp_reply_cb)(const char *ntp_offset_time_ms));

#ifdef __cplusplus
}
#endif
