/** What a function of DTLS may return. */
#define DTLS_ERROR_BASE (1 << 24)
#define DTLS_SUCCESS (0)
#define DTLS_INVALID_PARAM (DTLS_ERROR_BASE | 1)
#define DTLS_INVALID_CA_CERTIFICATE (DTLS_ERROR_BASE | 2)
#define DTLS_HANDSHAKE_IN_PROGRESS (DTLS_ERROR_BASE | 3)
#define DTLS_HANDSHAKE_FAILED (DTLS_ERROR_BASE | 4)
#define DTLS_FATAL_ALERT_MESSAGE (DTLS_ERROR_BASE | 5)
#define DTLS_PEER_CLOSE_NOTIFY (DTLS_ERROR_BASE | 6)
#define DTLS_SESSION_CREATE_FAILED (DTLS_ERROR_BASE | 7)
#define DTLS_READ_DATA_FAILED (DTLS_ERROR_BASE | 8)

/** What `HAL_DTLSSession_create` takes. */
typedef struct {
    /** The root certificate as PEM text. */
    unsigned char *p_ca_cert_pem;
    char *p_host;
    unsigned short port;
} coap_dtls_options_t;

/** Where a port takes its memory from. */
typedef struct {
    void *(*malloc)(uint32_t size);
    void (*free)(void *ptr);
} dtls_hooks_t;

/** A session; firmware only passes its address on. */
typedef void DTLSContext;

#ifdef __cplusplus
extern "C" {
#endif

/** Has a port take its memory from elsewhere. Not supported yet: returns -1. */
int HAL_DTLSHooks_set(dtls_hooks_t *hooks);

/** Makes a session. Not supported yet: returns NULL. */
DTLSContext *HAL_DTLSSession_create(coap_dtls_options_t *p_options);

/** Sends. Not supported yet: returns 0xffffffff. */
unsigned int HAL_DTLSSession_write(DTLSContext *context, const unsigned char *p_data,
                                   unsigned int *p_datalen);

/** Receives. Not supported yet: returns 0xffffffff. */
unsigned int HAL_DTLSSession_read(DTLSContext *context, unsigned char *p_data,
                                  unsigned int *p_datalen, unsigned int timeout_ms);

/** Ends a session. Not supported yet: returns 0xffffffff. */
unsigned int HAL_DTLSSession_free(DTLSContext *context);

#ifdef __cplusplus
}
#endif
