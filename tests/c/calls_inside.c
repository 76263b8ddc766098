/*
 * Firmware whose every HAL function and callback calls every function of the library, each pair in a
 * life of its own: set up, connect, subscribe, publish, receive, end. What such a call returns is its
 * own affair; it must return, and the library must go on working.
 *
 * An alarm names the pair that did not come back.
 */
#include <signal.h>
#include <stdarg.h>
#include <unistd.h>

#include "device.h"
#include "iotx_utils.h"

/* How long a life may take; one that hangs takes it. */
#define LIFE_S 20
/* How often a function calls the library in one life. */
#define CALLS_MAX 3

enum place {
    NOWHERE,
    IN_PRINTF,
    IN_KV_GET,
    IN_KV_SET,
    IN_SET_DEVICE_SECRET,
    IN_GET_PRODUCT_SECRET,
    IN_GET_PARTNER_ID,
    IN_GET_MODULE_ID,
    IN_GET_FIRMWARE_VERSION,
    IN_RANDOM,
    IN_UTC_GET,
    IN_MALLOC,
    IN_FREE,
    IN_TCP_ESTABLISH,
    IN_TCP_READ,
    IN_TCP_WRITE,
    IN_TCP_DESTROY,
    IN_CA_GET,
    IN_EVENT,
    IN_MESSAGE,
#ifdef RELEASE_2_3
    IN_SET_PRODUCT_KEY,
    IN_GET_DEVICE_NAME,
    IN_GET_UUID,
    IN_GET_NETIF_INFO,
    IN_CONNECT_SUCCESS,
#endif
    PLACES
};

static const char *const places[PLACES] = {
    "nowhere", "HAL_Printf", "HAL_Kv_Get", "HAL_Kv_Set", "HAL_SetDeviceSecret",
    "HAL_GetProductSecret", "HAL_GetPartnerID", "HAL_GetModuleID", "HAL_GetFirmwareVersion",
    "HAL_Random", "HAL_UTC_Get", "HAL_Malloc", "HAL_Free", "HAL_TCP_Establish", "HAL_TCP_Read",
    "HAL_TCP_Write", "HAL_TCP_Destroy", "iotx_ca_get", "handle_event", "a subscription's handler",
#ifdef RELEASE_2_3
    "HAL_SetProductKey", "HAL_GetDeviceName", "HAL_GetUUID", "HAL_GetNetifInfo",
    "ITE_MQTT_CONNECT_SUCC",
#endif
};

/* Each that registers is a new one, because the cloud gives a secret once. */
static char name[16], topic[64];
static void *client;
/* Where the library is called, how often that happened in this life, and whether it is happening. */
static enum place armed;
static int called, inside;
/* Only while there is a client. */
static int late;
static int messages;
static char kept[128];

static void on_message(void *context, void *handle, iotx_mqtt_event_msg_pt event);

static void call_setup(void)
{
    void *info = NULL;

    IOT_SetupConnInfo(PRODUCT_KEY, name, NULL, &info);
}

static void call_ioctl(void)
{
    int value = 0;

    IOT_Ioctl(IOTX_IOCTL_GET_DYNAMIC_REGISTER, &value);
    IOT_Ioctl(IOTX_IOCTL_SET_DYNAMIC_REGISTER, &value);
}

static void call_construct(void)
{
    static struct device other;
    void *second;

    if (other.params.host == NULL) {
        set_up_for_broker(&other, "other", "1", "-");
    }
    /* Nothing listens there; in release 2.3 it is the first client, if there is one. */
    second = IOT_MQTT_Construct(&other.params);
    if (second != NULL && client != NULL && second != client) {
        IOT_MQTT_Destroy(&second);
    }
}

static void call_destroy(void)
{
    void *handle = client;

    if (handle != NULL) {
        IOT_MQTT_Destroy(&handle);
    }
}

static void call_yield(void) { IOT_MQTT_Yield(client, 1); }
static void call_check(void) { IOT_MQTT_CheckStateNormal(client); }
static void call_publish(void) { publish(client, topic, 1, "from inside"); }
static void call_unsubscribe(void) { IOT_MQTT_Unsubscribe(client, topic); }
static void call_log_post(void) { IOT_MQTT_LogPost(client, "debug", "module", "text"); }

static void call_subscribe(void)
{
    IOT_MQTT_Subscribe(client, topic, IOTX_MQTT_QOS1, on_message, NULL);
}

static void call_subscribe_sync(void)
{
#ifdef RELEASE_2_3
    IOT_MQTT_Subscribe_Sync(client, topic, IOTX_MQTT_QOS1, on_message, NULL, 20);
#else
    IOT_MQTT_Subscribe_Sync(client, topic, IOTX_MQTT_QOS1, on_message, NULL, 20, 1);
#endif
}

static void call_log(void)
{
    IOT_SetLogLevel(IOT_LOG_DEBUG);
    IOT_DumpMemoryStats(IOT_LOG_DEBUG);
}

static void call_json(void)
{
    char key[] = "a", text[] = "{\"a\":1}";
    char *value = LITE_json_value_of(key, text);

    LITE_free(value);
}

static void call_store(void)
{
    char value[8];
    int length = sizeof value;

    HAL_Kv_Get("a key of nobody", value, &length);
}

static const struct {
    const char *name;
    void (*call)(void);
} calls[] = {
    { "IOT_SetupConnInfo", call_setup },
    { "IOT_Ioctl", call_ioctl },
    { "IOT_MQTT_Construct", call_construct },
    { "IOT_MQTT_Destroy", call_destroy },
    { "IOT_MQTT_Yield", call_yield },
    { "IOT_MQTT_CheckStateNormal", call_check },
    { "IOT_MQTT_Publish", call_publish },
    { "IOT_MQTT_Subscribe", call_subscribe },
    { "IOT_MQTT_Subscribe_Sync", call_subscribe_sync },
    { "IOT_MQTT_Unsubscribe", call_unsubscribe },
    { "IOT_MQTT_LogPost", call_log_post },
    { "IOT_DumpMemoryStats", call_log },
    { "LITE_json_value_of", call_json },
    { "HAL_Kv_Get", call_store },
};
static size_t chosen;

static void at(enum place place)
{
    if (place == armed && !inside && called < CALLS_MAX && (!late || client != NULL)) {
        inside = 1;
        called++;
        calls[chosen].call();
        inside = 0;
    }
}

void HAL_Printf(const char *format, ...)
{
    /* The lines of some hundred lives are of no use to anybody. */
    (void)format;
    at(IN_PRINTF);
}

int HAL_Kv_Get(const char *key, void *buffer, int *buffer_len)
{
    int length = (int)strlen(kept);

    at(IN_KV_GET);
    if (strcmp(key, "DyncRegDeviceSecret") != 0 || length == 0 || length > *buffer_len) {
        return -1;
    }
    memcpy(buffer, kept, (size_t)length);
    *buffer_len = length;
    return 0;
}

int HAL_Kv_Set(const char *key, const void *val, int len, int sync)
{
    (void)sync;
    at(IN_KV_SET);
    if (strcmp(key, "DyncRegDeviceSecret") == 0 && len < (int)sizeof kept) {
        memcpy(kept, val, (size_t)len);
        kept[len] = '\0';
    }
    return 0;
}

static int text(char *to, const char *from)
{
    strcpy(to, from);
    return (int)strlen(from);
}

int HAL_SetDeviceSecret(char *secret)
{
    at(IN_SET_DEVICE_SECRET);
    return (int)strlen(secret);
}

int HAL_GetProductSecret(char *secret)
{
    at(IN_GET_PRODUCT_SECRET);
    return text(secret, PRODUCT_SECRET);
}

int HAL_GetPartnerID(char *id)
{
    at(IN_GET_PARTNER_ID);
    return text(id, "partner");
}

int HAL_GetModuleID(char *id)
{
    at(IN_GET_MODULE_ID);
    return text(id, "module");
}

int HAL_GetFirmwareVersion(char *version)
{
    at(IN_GET_FIRMWARE_VERSION);
    return text(version, "1.0");
}

uint32_t HAL_Random(uint32_t region)
{
    at(IN_RANDOM);
    return region == 0 ? 0 : (uint32_t)rand() % region;
}

long long HAL_UTC_Get(void)
{
    at(IN_UTC_GET);
    return 1600000000000LL;
}

void *HAL_Malloc(uint32_t size)
{
    at(IN_MALLOC);
    return malloc(size);
}

void HAL_Free(void *ptr)
{
    at(IN_FREE);
    free(ptr);
}

uintptr_t linkkit_sim_connect(const char *host, uint16_t port);
int32_t linkkit_default_HAL_TCP_Read(uintptr_t fd, char *buf, uint32_t len, uint32_t timeout_ms);
int32_t linkkit_default_HAL_TCP_Write(uintptr_t fd, const char *buf, uint32_t len,
                                      uint32_t timeout_ms);
int32_t linkkit_default_HAL_TCP_Destroy(uintptr_t fd);

uintptr_t HAL_TCP_Establish(const char *host, uint16_t port)
{
    at(IN_TCP_ESTABLISH);
    return linkkit_sim_connect(host, port);
}

int32_t HAL_TCP_Read(uintptr_t fd, char *buf, uint32_t len, uint32_t timeout_ms)
{
    at(IN_TCP_READ);
    return linkkit_default_HAL_TCP_Read(fd, buf, len, timeout_ms);
}

int32_t HAL_TCP_Write(uintptr_t fd, const char *buf, uint32_t len, uint32_t timeout_ms)
{
    at(IN_TCP_WRITE);
    return linkkit_default_HAL_TCP_Write(fd, buf, len, timeout_ms);
}

int32_t HAL_TCP_Destroy(uintptr_t fd)
{
    at(IN_TCP_DESTROY);
    return linkkit_default_HAL_TCP_Destroy(fd);
}

const char *iotx_ca_get(void)
{
    at(IN_CA_GET);
    return getenv("LINKKIT_SIM_CA_PEM");
}

#ifdef RELEASE_2_3
int linkkit_default_HAL_SetProductKey(char *product_key);
int linkkit_default_HAL_GetDeviceName(char *device_name);

int HAL_SetProductKey(char *product_key)
{
    at(IN_SET_PRODUCT_KEY);
    return linkkit_default_HAL_SetProductKey(product_key);
}

int HAL_GetDeviceName(char *device_name)
{
    at(IN_GET_DEVICE_NAME);
    return linkkit_default_HAL_GetDeviceName(device_name);
}

int HAL_GetUUID(uint8_t *buf, int len)
{
    at(IN_GET_UUID);
    memset(buf, 7, len < 8 ? (size_t)len : 8);
    return len < 8 ? len : 8;
}

int HAL_GetNetifInfo(char *info)
{
    at(IN_GET_NETIF_INFO);
    return text(info, "");
}

static int on_connect(void)
{
    at(IN_CONNECT_SUCCESS);
    return 0;
}
#endif

static void on_event(void *context, void *handle, iotx_mqtt_event_msg_pt event)
{
    (void)context, (void)handle, (void)event;
    at(IN_EVENT);
}

static void on_message(void *context, void *handle, iotx_mqtt_event_msg_pt event)
{
    (void)context, (void)handle;
    messages += is_text(event, "hello");
    at(IN_MESSAGE);
}

static void be_new(void)
{
    static int number;

    memset(kept, 0, sizeof kept);
    snprintf(name, sizeof name, "device%d", ++number);
    snprintf(topic, sizeof topic, "/%s/%s/data", PRODUCT_KEY, name);
}

/* A device's whole life. Returns whether all of it went well, which the calls from inside may prevent. */
static int live(void)
{
    static struct device device;
    uint64_t start = HAL_UptimeMs();
    int id = -1;

    client = NULL;
    messages = 0;
    if (set_up(&device, name, NULL) != 0) {
        return 0;
    }
    device.params.handle_event.h_fp = on_event;
    /* A life is over sooner than a request that got lost. */
    device.params.request_timeout_ms = 500;
#ifdef RELEASE_2_3
    client = IOT_MQTT_Construct(armed == IN_EVENT ? &device.params : NULL);
#else
    client = IOT_MQTT_Construct(&device.params);
#endif
    if (client == NULL) {
        return 0;
    }
    IOT_MQTT_Subscribe(client, topic, IOTX_MQTT_QOS1, on_message, NULL);
    id = publish(client, topic, 1, "hello");
    while (id > 0 && messages == 0 && HAL_UptimeMs() - start < 500
           && IOT_MQTT_Yield(client, 5) == 0) {
    }
    call_log_post();
    call_json();
    call_destroy();
    client = NULL;
    return messages > 0;
}

static void hangs(int signal)
{
    (void)signal;
    fprintf(stderr, "%s, which calls %s, hangs\n", places[armed], calls[chosen].name);
    _exit(2);
}

int main(void)
{
    int place, reached[PLACES] = { 0 };

    signal(SIGALRM, hangs);
#ifdef RELEASE_2_3
    {
        int on = 1;

        IOT_Ioctl(IOTX_IOCTL_SET_UUID_ENABLED, &on);
    }
    IOT_RegisterCallback(ITE_MQTT_CONNECT_SUCC, on_connect);
#endif
    open_log();
    alarm(LIFE_S);
    be_new();
    EXPECT(live());
    for (place = NOWHERE + 1; place < PLACES; place++) {
        size_t pair, count = sizeof calls / sizeof *calls;

        for (pair = 0; pair < 2 * count; pair++) {
            chosen = pair / 2;
            late = pair % 2;
            if (place == IN_KV_SET || place == IN_GET_PRODUCT_SECRET) {
                be_new();
            }
            armed = (enum place)place;
            called = 0;
            alarm(LIFE_S);
            live();
            reached[place] += called;
            armed = NOWHERE;
        }
        /* And what was done inside has spoilt nothing. */
        alarm(LIFE_S);
        be_new();
        EXPECT(live());
        if (reached[place] == 0) {
            printf("%s was never called\n", places[place]);
            failures++;
        }
    }
    return failures != 0;
}
