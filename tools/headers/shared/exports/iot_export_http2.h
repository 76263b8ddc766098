/** Whether data ends its stream. */
typedef enum {
    HTTP2_FLAG_NONE = 0,
    HTTP2_FLAG_END_STREAM = 1,
} http2_flag;

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

#ifdef __cplusplus
extern "C" {
#endif

/** Connects. Not supported yet: returns NULL. */
http2_connection_t *iotx_http2_client_connect(void *pclient, char *url, int port);

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

#ifdef __cplusplus
}
#endif
