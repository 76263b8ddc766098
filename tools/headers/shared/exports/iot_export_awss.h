#ifdef __cplusplus
extern "C" {
#endif

/** Starts provisioning. Not supported yet: returns -1. */
int awss_start(void);

/** Stops provisioning. Not supported yet: returns -1. */
int awss_stop(void);

/** Tells that the user pressed the button. Not supported yet: returns -1. */
int awss_config_press(void);

/** Tells the cloud that the device may be bound. Not supported yet: returns -1. */
int awss_report_cloud(void);

/** Tells the cloud that the device was reset. Not supported yet: returns -1. */
int awss_report_reset(void);

#ifdef __cplusplus
}
#endif
