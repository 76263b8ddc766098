#ifdef __cplusplus
extern "C" {
#endif

/** Asks the cloud for the time. Not supported yet: returns -1. */
int linkkit_ntp_time_request(void (*ntp_reply_cb)(const char *ntp_offset_time_ms));

#ifdef __cplusplus
}
#endif
