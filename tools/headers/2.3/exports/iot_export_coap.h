/** The kinds of messages of RFC 7252. */
typedef enum {
    IOTX_MESSAGE_CON = 0,
    IOTX_MESSAGE_NON = 1,
    IOTX_MESSAGE_ACK = 2,
    IOTX_MESSAGE_RST = 3,
} iotx_msg_type_t;
