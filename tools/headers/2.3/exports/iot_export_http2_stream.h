#ifdef __cplusplus
extern "C" {
#endif

/** Times in milliseconds, and how many pings may stay unanswered. */
#define IOT_HTTP2_RES_OVERTIME_MS (10000)
#define IOT_HTTP2_KEEP_ALIVE_CNT (2)
#define IOT_HTTP2_KEEP_ALIVE_TIME (30 * 1000)

/** An `http2_header` of two literals; of two strings, which takes `<string.h>`. */
#define MAKE_HEADER(NAME, VALUE) \
    { (char *)NAME, (char *)VALUE, sizeof(NAME) - 1, sizeof(VALUE) - 1 }
#define MAKE_HEADER_CS(NAME, VALUE) \
    { (char *)NAME, (char *)VALUE, strlen(NAME), strlen(VALUE) }

/** Who a device is, and where it connects. */
typedef struct {
    char *product_key;
    char *device_name;
    char *device_secret;
    char *url;
    int port;
} device_conn_info_t;

/** Further headers. */
typedef struct {
    http2_header *nva;
    int num;
} header_ext_info_t;

/** What a stream is for. */
typedef enum {
    STREAM_TYPE_DOWNLOAD = 0,
    STREAM_TYPE_UPLOAD = 1,
    STREAM_TYPE_AUXILIARY = 2,
    STREAM_TYPE_NUM = 3,
} stream_type_t;

/** Hears a header. */
typedef void (*on_stream_header_callback)(uint32_t stream_id, char *channel_id, int cat,
                                          const uint8_t *name, uint32_t namelen,
                                          const uint8_t *value, uint32_t valuelen, uint8_t flags,
                                          void *user_data);
/** Hears data. */
typedef void (*on_stream_chunk_recv_callback)(uint32_t stream_id, char *channel_id,
                                              const uint8_t *data, uint32_t len, uint8_t flags,
                                              void *user_data);
/** Hears that a stream ended. */
typedef void (*on_stream_close_callback)(uint32_t stream_id, char *channel_id, uint32_t error_code,
                                         void *user_data);
/** Hears that a frame was sent. */
typedef void (*on_stream_frame_send_callback)(uint32_t stream_id, char *channel_id, int type,
                                              uint8_t flags, void *user_data);
/** Hears that a frame came. */
typedef void (*on_stream_frame_recv_callback)(uint32_t stream_id, char *channel_id, int type,
                                              uint8_t flags, void *user_data);
/** Hears that the connection is back. */
typedef void (*on_reconnect_callback)(void);
/** Hears that the connection is lost. */
typedef void (*on_disconnect_callback)(void);

/** What a connection calls. */
typedef struct {
    on_stream_header_callback on_stream_header_cb;
    on_stream_chunk_recv_callback on_stream_chunk_recv_cb;
    on_stream_close_callback on_stream_close_cb;
    on_stream_frame_send_callback on_stream_frame_send_cb;
    on_stream_frame_recv_callback on_stream_frame_recv_cb;
    on_reconnect_callback on_reconnect_cb;
    on_disconnect_callback on_disconnect_cb;
} http2_stream_cb_t;

/** A stream and its data; the lengths are in bytes. */
typedef struct {
    char *stream;
    uint32_t stream_len;
    uint32_t send_len;
    uint32_t packet_len;
    const char *identify;
    int h2_stream_id;
    char *channel_id;
    void *user_data;
} stream_data_info_t;

/** Connects. Not supported yet: returns NULL. */
void *IOT_HTTP2_Connect(device_conn_info_t *conn_info, http2_stream_cb_t *user_cb);

/** Opens a stream. Not supported yet: returns -1. */
int IOT_HTTP2_Stream_Open(void *handle, stream_data_info_t *info, header_ext_info_t *header);

/** Sends on a stream. Not supported yet: returns -1. */
int IOT_HTTP2_Stream_Send(void *handle, stream_data_info_t *info, header_ext_info_t *header);

/** Asks for data by a stream. Not supported yet: returns -1. */
int IOT_HTTP2_Stream_Query(void *handle, stream_data_info_t *info, header_ext_info_t *header);

/** Closes a stream. Not supported yet: returns -1. */
int IOT_HTTP2_Stream_Close(void *handle, stream_data_info_t *info);

/** Closes a connection. Not supported yet: returns -1. */
int IOT_HTTP2_Disconnect(void *handle);

#ifdef FS_ENABLED
/** How an upload ended. */
typedef enum {
    UPLOAD_FILE_NOT_EXIST = -9,
    UPLOAD_FILE_READ_FAILED = -8,
    UPLOAD_STREAM_OPEN_FAILED = -7,
    UPLOAD_STREAM_SEND_FAILED = -6,
    UPLOAD_MALLOC_FAILED = -5,
    UPLOAD_NULL_POINT = -2,
    UPLOAD_ERROR_COMMON = -1,
    UPLOAD_SUCCESS = 0,
} http2_file_upload_result_t;

/** Hears how an upload ended. */
typedef void (*upload_file_result_cb)(const char *path, int result, void *user_data);

/** Sends a file and has `cb` called at the end. Not supported yet: returns -1. */
int IOT_HTTP2_Stream_UploadFile(void *handle, const char *file_path, const char *identify,
                                header_ext_info_t *header, upload_file_result_cb cb,
                                void *user_data);
#endif

#ifdef __cplusplus
}
#endif
