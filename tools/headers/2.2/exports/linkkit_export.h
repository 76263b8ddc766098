#ifdef __cplusplus
extern "C" {
#endif

/** Asks the device model to end. Not supported yet: does nothing. */
void linkkit_try_leave(void);

/** Whether it ended. Not supported yet: returns -1. */
int linkkit_is_end(void);

#ifdef __cplusplus
}
#endif
