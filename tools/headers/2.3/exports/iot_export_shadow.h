/** Hears the answer to a push. */
typedef void (*iotx_push_cb_fpt)(void *pcontext, int ack_code, const char *ack_msg,
                                 uint32_t ack_msg_len);

#ifdef __cplusplus
extern "C" {
#endif

/** Sends a document and has `cb_fpt` called with the answer. Not supported yet: returns -1. */
int IOT_Shadow_Push_Async(void *handle, char *data, unsigned int data_len, uint16_t timeout_s,
                          iotx_push_cb_fpt cb_fpt, void *pcontext);

#ifdef __cplusplus
}
#endif
