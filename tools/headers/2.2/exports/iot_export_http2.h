/** A connection. */
typedef struct http2_connection {
    void *network;
    void *session;
    char *file_id;
    char *buffer;
    int buffer_len;
    int *len;
    int flag;
    char *statuscode;
    char *store_id;
    int status;
} http2_connection_t;
