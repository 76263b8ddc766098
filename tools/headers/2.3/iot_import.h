/** What a declaration of a port may bear; nothing on Linux. */
#define DLL_HAL_API
