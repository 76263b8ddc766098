#ifdef __cplusplus
extern "C" {
#endif

/** Whether data ends its stream. */
typedef enum {
    HTTP2_FLAG_NONE = 0,
    HTTP2_FLAG_END_STREAM = 1,
} http2_flag;

/** A link of a list. */
typedef struct http2_list_s {
    struct http2_list_s *prev;
    struct http2_list_s *next;
} http2_list_t;

/** Hears a header. */
typedef void (*on_user_header_callback)(int32_t stream_id, int cat, const uint8_t *name,
                                        uint32_t namelen, const uint8_t *value, uint32_t valuelen,
                                        uint8_t flags);
/** Hears data. */
typedef void (*on_user_chunk_recv_callback)(int32_t stream_id, const uint8_t *data, uint32_t len,
                                            uint8_t flags);
/** Hears that a stream ended. */
typedef void (*on_user_stream_close_callback)(int32_t stream_id, uint32_t error_code);
/** Hears that a frame was sent. */
typedef void (*on_user_frame_send_callback)(int32_t stream_id, int type, uint8_t flags);
/** Hears that a frame came. */
typedef void (*on_user_frame_recv_callback)(int32_t stream_id, int type, uint8_t flags);

/** What a connection calls. */
typedef struct {
    on_user_header_callback on_user_header_cb;
    on_user_chunk_recv_callback on_user_chunk_recv_cb;
    on_user_stream_close_callback on_user_stream_close_cb;
    on_user_frame_send_callback on_user_frame_send_cb;
    on_user_frame_recv_callback on_user_frame_recv_cb;
} http2_user_cb_t;

/** A connection. */
typedef struct http2_connection {
    void *network;
    void *session;
    int flag;
    int status;
    http2_user_cb_t *cbs;
} http2_connection_t;

/** A header; the lengths are in bytes. */
typedef struct http2_header_struct {
    char *name;
    char *value;
    int namelen;
    int valuelen;
} http2_header;

/** What is sent on a stream. */
typedef struct http2_data_struct {
    http2_header *header;
    int header_count;
    char *data;
    /** In bytes. */
    int len;
    int stream_id;
    /** An `http2_flag`. */
    int flag;
} http2_data;

/** Connects. Not supported yet: returns NULL. */
http2_connection_t *iotx_http2_client_connect(void *pclient, char *url, int port);

/** Connects, with functions to call. Not supported yet: returns NULL. */
http2_connection_t *iotx_http2_client_connect_with_cb(void *pclient, char *url, int port,
                                                      http2_user_cb_t *cb);

/** Sends. Not supported yet: returns -1. */
int iotx_http2_client_send(http2_connection_t *conn, http2_data *h2_data);

/** Receives. Not supported yet: returns -1. */
int iotx_http2_client_recv(http2_connection_t *conn, char *data, int data_len, int *len,
                           int timeout);

/** Closes a connection. Not supported yet: returns -1. */
int iotx_http2_client_disconnect(http2_connection_t *conn);

/** Sends a ping. Not supported yet: returns -1. */
int iotx_http2_client_send_ping(http2_connection_t *conn);

/** How much the peer takes. Not supported yet: returns -1. */
int iotx_http2_get_available_window_size(http2_connection_t *conn);

/** Lets the peer send more. Not supported yet: returns -1. */
int iotx_http2_update_window_size(http2_connection_t *conn);

/** Sends and receives what is there. Not supported yet: returns -1. */
int iotx_http2_exec_io(http2_connection_t *connection);

#ifdef __cplusplus
}
#endif
