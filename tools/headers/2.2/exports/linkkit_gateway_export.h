#ifdef __cplusplus
extern "C" {
#endif

/** Asks for the gateway's sub-devices. Not supported yet: returns -1. */
int linkkit_gateway_get_topo(void);

#ifdef __cplusplus
}
#endif
