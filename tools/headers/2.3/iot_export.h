/** The release of the C SDK that this library replaces. */
#define LINKKIT_VERSION "2.3.0"

/** What a declaration of the library may bear; nothing on Linux. */
#define DLL_IOT_API

/** Registers a function for an event of `iotx_ioctl_event_t`; NULL for none. It is called inside of the
 * function of the library that brings the event about, on its thread; for `ITE_STATE_SYS_DEPEND` also on
 * a thread of the library's, while a secret is offered to `HAL_Kv_Set` again. */
#define IOT_RegisterCallback(evt, cb) iotx_register_for_##evt(cb);
