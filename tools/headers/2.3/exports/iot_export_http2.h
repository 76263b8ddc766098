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

#ifdef __cplusplus
extern "C" {
#endif

/** Connects, with functions to call. Not supported yet: returns NULL. */
http2_connection_t *iotx_http2_client_connect_with_cb(void *pclient, char *url, int port,
                                                      http2_user_cb_t *cb);

/** Sends and receives what is there. Not supported yet: returns -1. */
int iotx_http2_exec_io(http2_connection_t *connection);

#ifdef __cplusplus
}
#endif
