#ifdef __cplusplus
extern "C" {
#endif

/** Formats like `HAL_Snprintf`, with the arguments in a list. Rust has no type for the list. */
int HAL_Vsnprintf(char *str, const int len, const char *fmt, va_list ap);

#ifdef __cplusplus
}
#endif
