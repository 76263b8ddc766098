/** Room for an id of a file and for the name of a store, with the NUL; how often is sent again. */
#define MAX_HTTP2_FILE_ID_LEN (40 + 1)
#define MAX_HTTP2_MAX_RETRANS_TIMES (6)
#define MAX_HTTP2_FILE_STORE_LEN (20 + 1)

/** A file on its way. */
typedef struct _file_sync_info_struct_ {
    char *file_name;
    char *file_id;
    char *store_id;
    int *current_pos;
    int type;
} file_sync_info;

/** Who a device is, and where it connects. */
typedef struct _device_conn_info_struct_ {
    char *product_key;
    char *device_name;
    char *device_secret;
    char *url;
    int port;
} device_conn_info;

/** What a function of this file may return. */
typedef enum {
    HTTP2_UPLOAD_FILE_RET_OK = 0,
    HTTP2_MEMORY_NOT_ENOUGH = -1,
    HTTP2_UPLOAD_FILE_IS_UPLOADING = -2,
    HTTP2_UPLOAD_FILE_NOT_EXIST = -3,
    HTTP2_UPLOAD_FILE_READ_FAIL = -4,
    HTTP2_UPLOAD_FILE_CREATE_FAIL = -5,
    HTTP2_UPLOAD_FILE_UPLOAD_FAIL = -6,
    HTTP2_HTTP2_SERIVCE_NOT_READY = -7,
    HTTP2_UPLOAD_FILE_PARA_ERROR = -8,
} HTTP2_UPLOAD_FILE_RET_TYPE;

/** Hears how an upload ended. */
typedef int (*iotx_upload_file_callback)(int result, char *message, void *user_data);

#ifdef __cplusplus
extern "C" {
#endif

/** Makes ready for uploads. Not supported yet: does nothing. */
void iotx_http2_upload_file_init(device_conn_info *conn_info);

/** Limits how fast is sent. Not supported yet: returns -1. */
int iotx_http2_set_bitrate(int bitrate);

/** Sends a file. Not supported yet: returns -1. */
int iotx_upload_file(http2_connection_t *conn, file_sync_info *file_info);

/** Sends a file and has `callback` called at the end. Not supported yet: returns -1. */
HTTP2_UPLOAD_FILE_RET_TYPE iotx_upload_file_async(char *file_name, int type,
                                                  iotx_upload_file_callback callback,
                                                  void *user_data);

/** Tells who the device is. Not supported yet: returns -1. */
int iotx_http2_set_device_info(char *pk, char *dn, char *ds);

#ifdef __cplusplus
}
#endif
