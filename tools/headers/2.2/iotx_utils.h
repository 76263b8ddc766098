/** A link of a list, and the list itself: a ring through its head. */
typedef struct list_head {
    struct list_head *next;
    struct list_head *prev;
} list_head_t;

/** An entry of a list of keys. The last one has no key. */
typedef struct _json_key_t {
    char *key;
    list_head_t list;
} json_key_t;

#ifdef __cplusplus
extern "C" {
#endif

/** Like `LITE_json_value_of`; the path may have array items in it, `list[2].name`, counting from 1. */
char *LITE_json_value_of_ext(char *key, char *src, ...);

/** Finds a value in `src_len` bytes of JSON text. Returns where it stands there, not copied, and its
 * length in bytes; NULL when there is none. */
char *LITE_json_value_of_ext2(char *key, char *src, int src_len, int *value_len);

/** The item of an array with this number, counting from 1. Returns where it stands there, not copied,
 * and its length in bytes; NULL when there is none. */
char *LITE_json_array_get_item(int index, char *src, int src_len, int *val_len);

/** What a value is: 0 string, 1 object, 2 array, 3 number, 4 boolean, -1 nothing of these. */
int LITE_json_value_type(char *src, int src_len);

/** The paths of all values in an object, to be freed by `LITE_json_keys_release`; NULL when a
 * parameter is NULL. `prefix` is an empty string, further arguments are not looked at. */
list_head_t *LITE_json_keys_of(char *src, char *prefix, ...);

/** Like `LITE_json_keys_of`, with what is in arrays. */
list_head_t *LITE_json_keys_of_ext(char *src, char *prefix, ...);

/** Frees a list of keys; NULL is allowed. */
void LITE_json_keys_release(list_head_t *keylist);

#ifdef __cplusplus
}
#endif
