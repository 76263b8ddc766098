/*
 * Calls the exported functions at random, with arguments at random: good, NULL, empty, over-long,
 * not text, out of range; in any order, from inside handlers too, on clients that are alive, dead
 * or never were. Meant to be built with -fsanitize=address,undefined, so whatever is passed in and
 * out lies in an allocation of exactly its size.
 *
 * fuzz_abi SEED CALLS THREADS: with one thread, the same seed makes the same calls.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "device.h"

#define CLIENTS       4
#define DEAD          8
/* How deep handlers may call what calls handlers. */
#define DEPTH_MAX     2
/* Longer than any call may last. */
#define CALL_LIMIT_S  60
#define CHECK(condition) check((condition) != 0, __LINE__, #condition)

/* A client's buffers must outlive it, so they belong to its place. */
static struct {
    _Atomic(void *) handle;
    struct device device;
} places[CLIENTS];
static _Atomic(void *) dead[DEAD];
static pthread_mutex_t set_up_turn = PTHREAD_MUTEX_INITIALIZER;
static int context_mark;

static atomic_long calls_left;
static atomic_ulong calls, constructed, destroyed, acknowledged, received, granted, reconnected;
static uint64_t seed;

/* Each thread's own. */
static _Thread_local uint64_t random_state;
static _Thread_local int depth;

static void check(int holds, int line, const char *condition)
{
    if (!holds) {
        fprintf(stderr, "seed %llu, line %d: not true: %s\n", (unsigned long long)seed, line, condition);
        abort();
    }
}

/* Formats like the real one, so that bad arguments are found, and shows nothing. */
void HAL_Printf(const char *format, ...)
{
    char line[512];
    va_list args;

    va_start(args, format);
    CHECK(vsnprintf(line, sizeof(line), format, args) >= 0);
    va_end(args);
}

/* Random things. */

/* xorshift64*, by Sebastiano Vigna. */
static uint32_t random_bits(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)((random_state * 2685821657736338717ULL) >> 32);
}

static uint32_t below(uint32_t bound)
{
    return random_bits() % bound;
}

static int one_in(uint32_t n)
{
    return below(n) == 0;
}

static int any_int(void)
{
    static const int edges[] = { 0, 1, -1, 2, 3, 4, 5, 6, 7, 100, 65535, INT32_MAX, INT32_MIN };

    return one_in(4) ? (int)random_bits() : edges[below(sizeof(edges) / sizeof(edges[0]))];
}

/* A timeout that no call has to sit out. */
static int short_ms(void)
{
    static const int times[] = { -1, INT32_MIN, 1, 1, 1, 2, 5 };

    return times[below(sizeof(times) / sizeof(times[0]))];
}

/* All memory of exactly this size; random bytes. The caller frees it. */
static char *bytes(size_t size)
{
    char *buffer = malloc(size == 0 ? 1 : size);
    size_t i;

    CHECK(buffer != NULL);
    for (i = 0; i < size; i++) {
        buffer[i] = (char)random_bits();
    }
    return buffer;
}

static char *copy(const char *text)
{
    char *buffer = malloc(strlen(text) + 1);

    CHECK(buffer != NULL);
    return strcpy(buffer, text);
}

static char *repeated(char character, size_t count)
{
    char *buffer = bytes(count + 1);

    memset(buffer, character, count);
    buffer[count] = '\0';
    return buffer;
}

/* What no function may stumble over, or NULL. The caller frees it. */
static char *bad_text(void)
{
    static const size_t lengths[] = { 1, 20, 21, 32, 33, 64, 65, 128, 129, 1000, 65535, 70000 };

    switch (below(6)) {
    case 0:
        return NULL;
    case 1:
        return copy("");
    case 2:
        return copy("%s%n%d%p");
    case 3:
        /* No UTF-8. */
        return copy("/\xff\xfe/\x01");
    default:
        return repeated("x/+#"[below(4)], lengths[below(sizeof(lengths) / sizeof(lengths[0]))]);
    }
}

/* Mostly this text, otherwise a bad one. The caller frees it. */
static char *mostly(const char *text)
{
    return one_in(6) ? bad_text() : copy(text);
}

/* A topic, or with wildcards a filter. The caller frees it. */
static char *topic(int wildcards)
{
    static const char *const leaves[] = { "data", "update", "get", "+", "#", "a/b/c", "a/+/c" };
    char text[128];
    int leaf = (int)below(wildcards ? 7 : 3);

    if (one_in(8)) {
        return bad_text();
    }
    snprintf(text, sizeof(text), "/%s/Fuzz%u/%s", PRODUCT_KEY, below(CLIENTS), leaves[leaf]);
    return copy(text);
}

/* A handle, and whether it is certain that no client has it. */
static void *any_handle(int *is_none)
{
    *is_none = 1;
    switch (below(16)) {
    case 0:
        return NULL;
    case 1:
        return dead[below(DEAD)];
    case 2:
        return (void *)(uintptr_t)(below(2) ? random_bits() | 1 : UINTPTR_MAX);
    default:
        *is_none = 0;
        return places[below(CLIENTS)].handle;
    }
}

/* MQTT. */

static void call_something(void);

static void handler(void *context, void *client, iotx_mqtt_event_msg_pt event)
{
    (void)client;
    CHECK(context == &context_mark);
    CHECK(event != NULL && event->event_type > IOTX_MQTT_EVENT_UNDEF
          && event->event_type <= IOTX_MQTT_EVENT_BUFFER_OVERFLOW);
    acknowledged += event->event_type == IOTX_MQTT_EVENT_PUBLISH_SUCCESS;
    granted += event->event_type == IOTX_MQTT_EVENT_SUBCRIBE_SUCCESS;
    reconnected += event->event_type == IOTX_MQTT_EVENT_RECONNECT;
    if (event->event_type == IOTX_MQTT_EVENT_PUBLISH_RECEIVED) {
        iotx_mqtt_topic_info_pt message = event->msg;
        char *payload = (char *)(uintptr_t)message->payload;
        uint32_t i, sum = 0;

        for (i = 0; i < message->payload_len; i++) {
            sum += (unsigned char)payload[i];
        }
        for (i = 0; i < message->topic_len; i++) {
            sum += (unsigned char)message->ptopic[i];
        }
        CHECK(message->topic_len == 0 || sum > 0);
        /* As firmware does that wants to print it. */
        payload[message->payload_len] = '\0';
        received++;
    }
    if (depth < DEPTH_MAX && one_in(4)) {
        depth++;
        call_something();
        depth--;
    }
}

static iotx_mqtt_event_handle_func_fpt any_handler(void)
{
    return one_in(10) ? NULL : handler;
}

static void construct(void)
{
    uint32_t place = below(CLIENTS);
    iotx_mqtt_param_t params = places[place].device.params;
    char *bad = bad_text();
    void *none = NULL;
    void *client;

    params.clean_session = one_in(2);
    params.handle_event.h_fp = one_in(8) ? NULL : handler;
    params.handle_event.pcontext = &context_mark;
    switch (below(20)) {
    case 0: params.host = bad; break;
    case 1: params.client_id = bad; break;
    case 2: params.username = bad; break;
    case 3: params.password = bad; break;
    case 4: params.pub_key = bad; break;
    case 5: params.pwrite_buf = NULL; break;
    case 6: params.pread_buf = NULL; break;
    case 7: params.write_buf_size = (uint32_t)any_int(); break;
    case 8: params.read_buf_size = below(64); break;
    case 9: params.request_timeout_ms = (uint32_t)any_int(); break;
    case 10: params.keepalive_interval_ms = (uint32_t)any_int(); break;
    case 11: params.port = (uint16_t)random_bits(); break;
    default: break;
    }
    /* Clients are costly, and most calls are for those that there are. */
    if (places[place].handle != NULL) {
        params.host = NULL;
    }
    client = IOT_MQTT_Construct(one_in(50) ? NULL : &params);
    if (client != NULL) {
        constructed++;
        if (!atomic_compare_exchange_strong(&places[place].handle, &none, client)) {
            CHECK(IOT_MQTT_Destroy(&client) == 0);
            CHECK(client == NULL);
            destroyed++;
        }
    }
    free(bad);
}

static void destroy(void)
{
    int is_none;
    void *client = any_handle(&is_none);
    uint32_t place;

    if (one_in(10)) {
        CHECK(IOT_MQTT_Destroy(NULL) == -2);
        return;
    }
    for (place = 0; !is_none && client != NULL && place < CLIENTS; place++) {
        void *expected = client;

        if (atomic_compare_exchange_strong(&places[place].handle, &expected, NULL)) {
            void *handle = client;

            CHECK(IOT_MQTT_Destroy(&handle) == 0);
            CHECK(handle == NULL);
            destroyed++;
            dead[below(DEAD)] = client;
        }
    }
    /* Now it is none in any case. */
    CHECK(IOT_MQTT_Destroy(&client) == -2);
}

static void yield(void)
{
    int is_none, rc;
    void *client = any_handle(&is_none);

    rc = IOT_MQTT_Yield(client, one_in(50) ? 0 : short_ms());
    CHECK(rc <= 0);
    CHECK(!is_none || rc < 0);
}

static void publish_something(void)
{
    static const uint32_t sizes[] = { 0, 1, 16, 127, 128, 1024, 4000, 5000 };
    int is_none, rc;
    void *client = any_handle(&is_none);
    char *name = topic(0);
    uint32_t size = sizes[below(sizeof(sizes) / sizeof(sizes[0]))];
    char *payload = one_in(20) ? NULL : bytes(size);
    iotx_mqtt_topic_info_t message;

    /* What it need not set holds anything. */
    memset(&message, (int)random_bits(), sizeof(message));
    message.qos = (uint8_t)(one_in(20) ? random_bits() : below(2));
    message.retain = (uint8_t)one_in(100);
    message.payload = payload;
    message.payload_len = size;
    rc = IOT_MQTT_Publish(client, name, one_in(50) ? NULL : &message);
    CHECK(rc <= 65535);
    CHECK(!is_none || rc == -2);
    CHECK(rc <= 0 || (message.qos == 1 && message.packet_id == rc));
    free(payload);
    free(name);
}

static void subscribe(void)
{
    int is_none, rc;
    void *client = any_handle(&is_none);
    char *filter = topic(1);
    iotx_mqtt_qos_t qos = (iotx_mqtt_qos_t)below(3);

    if (one_in(4)) {
        rc = IOT_MQTT_Subscribe_Sync(client, filter, qos, any_handler(), &context_mark, short_ms(),
                                     (int)below(2));
        CHECK(rc <= 0);
    } else {
        rc = IOT_MQTT_Subscribe(client, filter, qos, any_handler(), &context_mark);
        CHECK(rc != 0 && rc <= 65535);
    }
    CHECK(!is_none || rc == -2);
    free(filter);
}

static void unsubscribe(void)
{
    int is_none, rc;
    void *client = any_handle(&is_none);
    char *filter = topic(1);

    rc = IOT_MQTT_Unsubscribe(client, filter);
    CHECK(rc != 0 && rc <= 65535);
    CHECK(!is_none || rc == -2);
    free(filter);
}

static void ask_client(void)
{
    int is_none, rc;
    void *client = any_handle(&is_none);
    char *module = mostly("module");
    char *text = mostly("text");

    rc = IOT_MQTT_CheckStateNormal(client);
    CHECK(is_none ? rc == -2 : rc == -2 || rc == 0 || rc == 1);
    rc = IOT_MQTT_LogPost(client, "debug", module, text);
    CHECK(rc == 0 || rc == -1);
    CHECK(!is_none || rc == -1);
    free(module);
    free(text);
}

/* Connection set-up and the log. */

static void set_up_identity(void)
{
    char *product_key = mostly(PRODUCT_KEY);
    char *device_name = mostly(one_in(20) ? DYNAMIC_NAME : DEVICE_NAME);
    char *device_secret = mostly(DEVICE_SECRET);
    void *info = &context_mark;
    int rc;

    pthread_mutex_lock(&set_up_turn);
    rc = IOT_SetupConnInfo(product_key, device_name, device_secret, one_in(20) ? NULL : &info);
    CHECK(rc == 0 || rc == -1);
    if (rc == 0) {
        iotx_conn_info_pt login = info;

        CHECK(strlen(login->host_name) < sizeof(login->host_name));
        CHECK(strlen(login->password) > 0 && strlen(login->pub_key) > 0);
    } else {
        CHECK(info == NULL || info == &context_mark);
    }
    pthread_mutex_unlock(&set_up_turn);
    free(product_key);
    free(device_name);
    free(device_secret);
}

static void ioctl(void)
{
    int value = one_in(4) ? any_int() : (int)below(2);
    int *data = one_in(10) ? NULL : &value;
    int option = any_int();
    int rc = IOT_Ioctl(option, data);

    CHECK(rc == 0 || rc == -1);
    CHECK(data != NULL || rc == -1);
}

static void use_log(void)
{
    char *ident = mostly("fuzz");

    switch (below(8)) {
    case 0: IOT_CloseLog(); break;
    case 1: IOT_SetLogLevel((IOT_LogLevel)any_int()); break;
    case 2: IOT_DumpMemoryStats((IOT_LogLevel)any_int()); break;
    default:
        IOT_OpenLog(ident);
        IOT_SetLogLevel(IOT_LOG_DEBUG);
    }
    free(ident);
}

/* The HAL. */

static void identity(void)
{
    static const struct {
        int (*set)(char *);
        int (*get)(char *);
        size_t max;
    } parts[] = {
        { HAL_SetProductKey, HAL_GetProductKey, PRODUCT_KEY_LEN },
        { HAL_SetDeviceName, HAL_GetDeviceName, DEVICE_NAME_LEN },
        { HAL_SetDeviceSecret, HAL_GetDeviceSecret, DEVICE_SECRET_LEN },
        { HAL_SetProductSecret, HAL_GetProductSecret, PRODUCT_SECRET_LEN },
        { NULL, HAL_GetDeviceID, DEVICE_ID_LEN },
        { NULL, HAL_GetPartnerID, PID_STRLEN_MAX },
        { NULL, HAL_GetModuleID, MID_STRLEN_MAX },
        { NULL, HAL_GetFirmwareVesion, FIRMWARE_VERSION_MAXLEN },
        { NULL, HAL_GetFirmwareVersion, FIRMWARE_VERSION_MAXLEN },
    };
    size_t part = below(sizeof(parts) / sizeof(parts[0]));
    char *text = mostly("a1ExpAkj9Hi");
    char *room = one_in(10) ? NULL : bytes(parts[part].max + 1);
    int rc;

    if (parts[part].set != NULL && one_in(2)) {
        rc = parts[part].set(text);
        CHECK(rc < 0 || (text != NULL && (size_t)rc == strlen(text) && (size_t)rc <= parts[part].max));
    }
    rc = parts[part].get(room);
    if (room != NULL && parts[part].set != NULL && rc >= 0) {
        CHECK(strlen(room) == (size_t)rc);
    }
    free(text);
    free(room);
    room = one_in(10) ? NULL : bytes(HAL_CID_LEN);
    CHECK(HAL_GetChipID(room) == room);
    free(room);
}

static void key_value(void)
{
    static const int lengths[] = { -1, INT32_MIN, 0, 1, 64, 512 };
    char *key = mostly(one_in(2) ? "one" : "two");
    int len = lengths[below(sizeof(lengths) / sizeof(lengths[0]))];
    char *value = one_in(10) ? NULL : bytes(len < 0 ? 0 : (size_t)len);
    int room = len;

    switch (below(4)) {
    case 0:
        HAL_Kv_Set(key, value, len, any_int());
        break;
    case 1:
        HAL_Kv_Del(key);
        break;
    default:
        if (HAL_Kv_Get(key, value, one_in(10) ? NULL : &room) == 0) {
            CHECK(room <= len);
        }
    }
    free(key);
    free(value);
}

static void format_text(void)
{
    static const int rooms[] = { 0, 1, 2, 10, 100 };
    int room = rooms[below(sizeof(rooms) / sizeof(rooms[0]))];
    char *buffer = bytes((size_t)room);
    char *text = copy("twenty characters...");

    CHECK(HAL_Snprintf(buffer, room, "%s %d", text, any_int()) > 20);
    CHECK(room == 0 || strlen(buffer) < (size_t)room);
    HAL_GetTimeStr(one_in(10) ? NULL : buffer, room);
    free(buffer);
    free(text);
}

static void clocks(void)
{
    uint64_t start = HAL_UptimeMs();
    uint32_t bound = random_bits();

    HAL_UTC_Set(one_in(10) ? any_int() * (1LL << 32) : HAL_UTC_Get());
    HAL_Srandom(bound);
    CHECK(HAL_Random(bound) < bound || bound == 0);
    CHECK(HAL_Random(0) == 0);
    HAL_SleepMs((uint32_t)one_in(4));
    CHECK(HAL_UptimeMs() >= start);
    HAL_Free(HAL_Malloc(one_in(100) ? UINT32_MAX : below(100)));
    HAL_Free(NULL);
}

static void mutex(void)
{
    void *lock = HAL_MutexCreate();

    HAL_MutexLock(lock);
    HAL_MutexUnlock(lock);
    HAL_MutexDestroy(lock);
    HAL_MutexLock(NULL);
    HAL_MutexUnlock(NULL);
    HAL_MutexDestroy(NULL);
}

static void semaphore(void)
{
    void *semaphore = HAL_SemaphoreCreate();
    int posted = one_in(2);

    HAL_SemaphorePost(NULL);
    CHECK(HAL_SemaphoreWait(NULL, 0) == -1);
    if (posted) {
        HAL_SemaphorePost(semaphore);
    }
    CHECK(HAL_SemaphoreWait(semaphore, below(2)) == (posted ? 0 : -1));
    HAL_SemaphoreDestroy(semaphore);
    HAL_SemaphoreDestroy(NULL);
}

static void *routine(void *argument)
{
    HAL_SemaphorePost(argument);
    return NULL;
}

static void thread(void)
{
    hal_os_thread_param_t params = {0};
    char *name = mostly("worker");
    void *done = HAL_SemaphoreCreate();
    void *handle = NULL;
    int stack_used;

    params.priority = (hal_os_thread_priority_t)below(8);
    params.stack_size = one_in(2) ? 0 : below(1 << 20);
    params.detach_state = 0;
    params.name = name;
    if (HAL_ThreadCreate(one_in(10) ? NULL : &handle, one_in(10) ? NULL : routine, done,
                         one_in(2) ? NULL : &params, one_in(2) ? NULL : &stack_used) == 0) {
        CHECK(HAL_SemaphoreWait(done, PATIENCE_MS) == 0);
        HAL_ThreadDelete(handle);
    }
    HAL_SemaphoreDestroy(done);
    free(name);
}

static void network(void)
{
    static const uintptr_t wild[] = { 0, UINTPTR_MAX, 1 << 20, (uintptr_t)1 << 40 };
    uintptr_t none = wild[below(sizeof(wild) / sizeof(wild[0]))];
    char *host = one_in(2) ? copy("iot-auth.cn-shanghai.aliyuncs.com") : bad_text();
    uint32_t len = below(3) * 100;
    char *buffer = bytes(len);
    char *root = one_in(2) ? copy(iotx_ca_get()) : bad_text();
    uintptr_t handle;

    CHECK(HAL_TCP_Write(none, buffer, len, 1) <= 0);
    CHECK(HAL_TCP_Read(none, buffer, len, 1) <= 0);
    CHECK(HAL_TCP_Destroy(none) == -1);
    CHECK(HAL_SSL_Write(none, buffer, (int)len, 1) <= 0);
    CHECK(HAL_SSL_Read(none, buffer, (int)len, 1) <= 0);
    CHECK(HAL_SSL_Destroy(none) == -1);
    handle = HAL_TCP_Establish(host, 443);
    if (handle != 0) {
        HAL_TCP_Write(handle, buffer, len, 1);
        HAL_TCP_Write(handle, NULL, len, 1);
        HAL_TCP_Read(handle, buffer, len, 1);
        HAL_TCP_Read(handle, NULL, len, 1);
        CHECK(HAL_TCP_Destroy(handle) == 0);
    }
    handle = HAL_SSL_Establish(host, 443, root, root == NULL ? below(2) : strlen(root) + 1);
    if (handle != 0) {
        HAL_SSL_Write(handle, buffer, (int)len, 1);
        HAL_SSL_Write(handle, NULL, any_int(), 1);
        HAL_SSL_Read(handle, buffer, (int)len, short_ms());
        HAL_SSL_Read(handle, NULL, any_int(), 1);
        CHECK(HAL_SSL_Destroy(handle) == 0);
        CHECK(HAL_SSL_Destroy(handle) == -1);
    }
    free(host);
    free(buffer);
    free(root);
}

/* How often each is called, out of the sum of all. */
static const struct {
    uint32_t weight;
    void (*call)(void);
} choices[] = {
    { 3000, publish_something }, { 1000, yield }, { 1000, subscribe }, { 800, unsubscribe },
    { 1000, ask_client }, { 1000, ioctl }, { 800, identity }, { 800, format_text },
    { 200, clocks }, { 300, mutex }, { 300, semaphore }, { 200, use_log }, { 60, construct },
    { 10, destroy }, { 30, set_up_identity }, { 30, key_value }, { 20, thread }, { 5, network },
};

static void call_something(void)
{
    uint32_t sum = 0, choice;
    size_t i;

    for (i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
        sum += choices[i].weight;
    }
    choice = below(sum);
    for (i = 0; choice >= choices[i].weight; i++) {
        choice -= choices[i].weight;
    }
    calls++;
    alarm(CALL_LIMIT_S);
    choices[i].call();
}

static void *fuzz(void *number)
{
    random_state = seed * 0x9E3779B97F4A7C15ULL + (uintptr_t)number + 1;
    while (atomic_fetch_sub(&calls_left, 1) > 0) {
        call_something();
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[16];
    uintptr_t i, count;
    char name[16];

    if (argc != 4) {
        fprintf(stderr, "usage: fuzz_abi SEED CALLS THREADS\n");
        return 2;
    }
    seed = strtoull(argv[1], NULL, 10);
    calls_left = strtol(argv[2], NULL, 10);
    count = strtoul(argv[3], NULL, 10);
    CHECK(count >= 1 && count <= sizeof(threads) / sizeof(threads[0]));
    for (i = 0; i < CLIENTS; i++) {
        snprintf(name, sizeof(name), "Fuzz%u", (unsigned)i);
        CHECK(set_up(&places[i].device, name, DEVICE_SECRET) == 0);
    }
    HAL_SetProductSecret(PRODUCT_SECRET);
    open_log();
    for (i = 0; i < count; i++) {
        CHECK(pthread_create(&threads[i], NULL, fuzz, (void *)i) == 0);
    }
    for (i = 0; i < count; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    for (i = 0; i < CLIENTS; i++) {
        void *client = places[i].handle;

        if (client != NULL) {
            CHECK(IOT_MQTT_Destroy(&client) == 0);
            destroyed++;
        }
    }
    CHECK(constructed == destroyed);
    printf("seed %llu: %lu calls, %lu clients, %lu subscriptions granted, %lu messages acknowledged, "
           "%lu received, %lu reconnections\n",
           (unsigned long long)seed, calls, constructed, granted, acknowledged, received, reconnected);
    return failures == 0 ? 0 : 1;
}
