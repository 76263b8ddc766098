/** The ways of the signals and of the image. */
#define OTA_CH_SIGNAL_MQTT (0)
#define OTA_CH_SIGNAL_COAP (1)
#define OTA_CH_FETCH_HTTP (1)

/** What a function of OTA may return, and `IOT_OTA_GetLastError` tells. */
typedef enum {
    IOT_OTAE_GENERAL = -1,
    IOT_OTAE_INVALID_PARAM = -2,
    IOT_OTAE_INVALID_STATE = -3,
    IOT_OTAE_STR_TOO_LONG = -4,
    IOT_OTAE_FETCH_FAILED = -5,
    IOT_OTAE_NOMEM = -6,
    IOT_OTAE_OSC_FAILED = -7,
    IOT_OTAE_NONE = 0,
} IOT_OTA_Err_t;

/** How far an update is. */
typedef enum {
    IOT_OTAS_UNINITED = 0,
    IOT_OTAS_INITED = 1,
    IOT_OTAS_FETCHING = 2,
    IOT_OTAS_FETCHED = 3,
} IOT_OTA_State_t;

/** What is updated: the configuration or the firmware. */
typedef enum {
    IOT_OTAT_NONE = 0,
    IOT_OTAT_COTA = 1,
    IOT_OTAT_FOTA = 2,
} IOT_OTA_Type_t;

/** What `IOT_OTA_ReportProgress` reports: a failure, or per cent. */
typedef enum {
    IOT_OTAP_BURN_FAILED = -4,
    IOT_OTAP_CHECK_FALIED = -3,
    IOT_OTAP_FETCH_FAILED = -2,
    IOT_OTAP_GENERAL_FAILED = -1,
    IOT_OTAP_FETCH_PERCENTAGE_MIN = 0,
    IOT_OTAP_FETCH_PERCENTAGE_MAX = 100,
} IOT_OTA_Progress_t;

#ifdef __cplusplus
extern "C" {
#endif

/** Makes ready for updates; `ch_signal` is an MQTT client. Not supported yet: returns NULL. */
void *IOT_OTA_Init(const char *product_key, const char *device_name, void *ch_signal);

/** Ends what `IOT_OTA_Init` made. Not supported yet: returns -1. */
int IOT_OTA_Deinit(void *handle);

/** Reports the firmware's version. Not supported yet: returns -1. */
int IOT_OTA_ReportVersion(void *handle, const char *version);

/** Reports how far an update is. Not supported yet: returns -1. */
int IOT_OTA_ReportProgress(void *handle, IOT_OTA_Progress_t progress, const char *msg);

/** Whether an image is being fetched. Not supported yet: returns -1. */
int IOT_OTA_IsFetching(void *handle);

/** Whether an image was fetched to its end. Not supported yet: returns -1. */
int IOT_OTA_IsFetchFinish(void *handle);

/** Fetches a piece of an image, of at most `buf_len` bytes; waits for `timeout_s` even so. Not supported yet: returns -1. */
int IOT_OTA_FetchYield(void *handle, char *buf, uint32_t buf_len, uint32_t timeout_s);

/** Gets what `type` says about an update. Not supported yet: returns -1. */
int IOT_OTA_Ioctl(void *handle, IOT_OTA_CmdType_t type, void *buf, size_t buf_len);

/** Gets the last error, an `IOT_OTA_Err_t`. Not supported yet: returns -1. */
int IOT_OTA_GetLastError(void *handle);

#ifdef __cplusplus
}
#endif
