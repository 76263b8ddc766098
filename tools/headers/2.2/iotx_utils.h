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

/** The entry of type `type` whose field `member` is the link `ptr`. */
#define list_entry(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))

/** Walks the entries of the list `head`: `pos` points to each in turn, which is a `type` with its link in
 * the field `member`. No entry may be removed meanwhile. */
#define list_for_each_entry(pos, head, member, type) \
    for ((pos) = list_entry((head)->next, type, member); &(pos)->member != (head); \
         (pos) = list_entry((pos)->member.next, type, member))

/** Like `list_for_each_entry`; `pos` may be removed, because `n` points to the next one already. */
#define list_for_each_entry_safe(pos, n, head, member, type) \
    for ((pos) = list_entry((head)->next, type, member), \
        (n) = list_entry((pos)->member.next, type, member); \
         &(pos)->member != (head); \
         (pos) = (n), (n) = list_entry((n)->member.next, type, member))

/** Walks the paths of all values in the JSON object `src`: `iter_key` is each in turn, `keylist` the list,
 * to be freed by `LITE_json_keys_release` afterwards, and `pos` a pointer for the walk. */
#define foreach_json_keys_in(src, iter_key, keylist, pos) \
    for ((keylist) = (void *)LITE_json_keys_of((char *)(src), ""), \
        (pos) = (keylist) == NULL \
            ? NULL \
            : (void *)list_entry(((list_head_t *)(keylist))->next, json_key_t, list); \
         (pos) != NULL && ((iter_key) = ((json_key_t *)(pos))->key) != NULL; \
         (pos) = (void *)list_entry(((json_key_t *)(pos))->list.next, json_key_t, list))

#ifdef __cplusplus
extern "C" {
#endif

/** Prints a line of the log as the SDK prints its own, for a HAL that is made from the release's.
 *
 * `m`: the module, not looked at; `f` and `l`: the function and the line; `level`: 0 emergency to 5 debug,
 * printed when `IOT_SetLogLevel` says so; `fmt`: as for `printf`. A text of more than 512 bytes is cut. */
void LITE_syslog(char *m, const char *f, const int l, const int level, const char *fmt, ...);

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
