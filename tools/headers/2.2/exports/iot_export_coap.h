/** The kinds of messages of RFC 7252. */
typedef enum {
    IOTX_MESSAGE_CON = 0,
    IOTX_MESSAGE_NON = 1,
} iotx_msg_type_t;
