/** Takes memory; further arguments are not looked at. */
#define LITE_malloc(size, ...) HAL_Malloc((uint32_t)(size))

/** Frees what a function below returned, and forgets where it was. */
#define LITE_free(ptr) \
    do { \
        HAL_Free((void *)(ptr)); \
        (ptr) = NULL; \
    } while (0)

#ifdef __cplusplus
extern "C" {
#endif

/** Finds a value in JSON text by a path of names with dots between them, `data.name`. Further
 * arguments are not looked at. Returns the value as text, a string without its quotes, to be freed by
 * `HAL_Free` or `LITE_free`; NULL when there is none, a parameter is NULL or the text is not JSON. */
char *LITE_json_value_of(char *key, char *src, ...);

#ifdef __cplusplus
}
#endif
