/*
 * Gives the library what it must refuse. Every refusal must have its documented code and a line
 * in the log that says why; nothing may be stored.
 */
#include <stdarg.h>
#include <stdlib.h>

#include "device.h"
#include "iotx_utils.h"

#ifdef RELEASE_2_2
#define SUBSCRIBE_SYNC(client, filter, qos, handler)                                               \
    IOT_MQTT_Subscribe_Sync((client), (filter), (qos), (handler), NULL, 10, 1)
#else
#define SUBSCRIBE_SYNC(client, filter, qos, handler)                                               \
    IOT_MQTT_Subscribe_Sync((client), (filter), (qos), (handler), NULL, 10)
#endif

#define TEN "0123456789"
#define SIXTY TEN TEN TEN TEN TEN TEN

/* The log since the last refusal. */
static char logged[64 * 1024];
static size_t logged_len;
static int stored;

void HAL_Printf(const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(logged + logged_len, sizeof(logged) - logged_len, format, args);
    va_end(args);
    fputs(logged + logged_len, stdout);
    if (len > 0 && logged_len + (size_t)len < sizeof(logged)) {
        logged_len += (size_t)len;
    }
}

int HAL_Kv_Set(const char *key, const void *value, int len, int sync)
{
    (void)key, (void)value, (void)len, (void)sync;
    stored++;
    return 0;
}

int HAL_Kv_Get(const char *key, void *value, int *len)
{
    (void)key, (void)value, (void)len;
    return -1;
}

static void begin(void)
{
    logged_len = 0;
    logged[0] = '\0';
}

static void check(int line, const char *call, long rc, long expected, const char *words)
{
    const char *error = strstr(logged, "[err]");

    if (rc != expected) {
        printf("line %d: %s returned %ld, not %ld\n", line, call, rc, expected);
        failures++;
    }
    if (error == NULL || strstr(error, words) == NULL) {
        printf("line %d: %s did not say '%s'\n", line, call, words);
        failures++;
    }
}

#define REFUSED(expected, words, call) \
    do { \
        begin(); \
        check(__LINE__, #call, (long)(intptr_t)(call), (expected), (words)); \
    } while (0)

static void handler(void *context, void *client, iotx_mqtt_event_msg_pt event)
{
    (void)context, (void)client, (void)event;
}

/* How many there are. */
#ifdef RELEASE_2_2
#define OPTIONS 4
#else
#define OPTIONS 17
#endif

static void ioctl(void)
{
    int value = IOTX_CLOUD_DOMAIN_SG, option;

    EXPECT(IOT_Ioctl(IOTX_IOCTL_SET_DOMAIN, &value) == 0);
    REFUSED(-1, "Unknown Ioctl Option", IOT_Ioctl(OPTIONS, &value));
    REFUSED(-1, "Unknown Ioctl Option -1", IOT_Ioctl(-1, &value));
    REFUSED(-1, "Unknown Ioctl Option 2147483647", IOT_Ioctl(2147483647, &value));
    for (option = 0; option < OPTIONS; option++) {
        REFUSED(-1, "data is NULL", IOT_Ioctl(option, NULL));
    }
    value = IOTX_CLOUD_DOMAIN_MAX;
    REFUSED(-1, "there is no region", IOT_Ioctl(IOTX_IOCTL_SET_DOMAIN, &value));
    value = -1;
    REFUSED(-1, "there is no region -1", IOT_Ioctl(IOTX_IOCTL_SET_DOMAIN, &value));
    EXPECT(IOT_Ioctl(IOTX_IOCTL_GET_DOMAIN, &value) == 0);
    EXPECT(value == IOTX_CLOUD_DOMAIN_SG);
    value = IOTX_CLOUD_DOMAIN_SH;
    EXPECT(IOT_Ioctl(IOTX_IOCTL_SET_DOMAIN, &value) == 0);
}

static void identity(void)
{
    int dynamic_register = 1;
    void *info = &info;

#ifdef RELEASE_2_2
    REFUSED(-1, "info_ptr = NULL", IOT_SetupConnInfo(PRODUCT_KEY, DEVICE_NAME, DEVICE_SECRET, NULL));
#else
    REFUSED(-1, "product_key is NULL", IOT_SetupConnInfo(NULL, DEVICE_NAME, DEVICE_SECRET, NULL));
#endif
    REFUSED(-1, "product_key is NULL", IOT_SetupConnInfo(NULL, DEVICE_NAME, DEVICE_SECRET, &info));
    EXPECT(info == NULL);
    REFUSED(-1, "product_key is empty", IOT_SetupConnInfo("", DEVICE_NAME, DEVICE_SECRET, &info));
    REFUSED(-1, "device_name is NULL", IOT_SetupConnInfo(PRODUCT_KEY, NULL, DEVICE_SECRET, &info));
    REFUSED(-1, "device_name is empty", IOT_SetupConnInfo(PRODUCT_KEY, "", DEVICE_SECRET, &info));
    REFUSED(-1, "the device secret is empty", IOT_SetupConnInfo(PRODUCT_KEY, DEVICE_NAME, NULL, &info));
    REFUSED(-1, "the device secret is empty", IOT_SetupConnInfo(PRODUCT_KEY, DEVICE_NAME, "", &info));
    REFUSED(-1, "the product key is 21 bytes long, at most 20",
            IOT_SetupConnInfo(TEN TEN "1", DEVICE_NAME, DEVICE_SECRET, &info));
    REFUSED(-1, "the device name is 33 bytes long, at most 32",
            IOT_SetupConnInfo(PRODUCT_KEY, TEN TEN TEN "123", DEVICE_SECRET, &info));
    REFUSED(-1, "the device secret is 65 bytes long, at most 64",
            IOT_SetupConnInfo(PRODUCT_KEY, DEVICE_NAME, SIXTY "12345", &info));
    REFUSED(-1, "printable ASCII", IOT_SetupConnInfo("a b", DEVICE_NAME, DEVICE_SECRET, &info));
    REFUSED(-1, "product_key is not valid text",
            IOT_SetupConnInfo("\xff", DEVICE_NAME, DEVICE_SECRET, &info));

    IOT_Ioctl(IOTX_IOCTL_SET_DYNAMIC_REGISTER, &dynamic_register);
    REFUSED(-1, "Product Secret Is Not Exist",
            IOT_SetupConnInfo(PRODUCT_KEY, DYNAMIC_NAME, NULL, &info));
    EXPECT(HAL_SetProductSecret(SIXTY "12345") < 0);
    REFUSED(-1, "Product Secret Is Not Exist",
            IOT_SetupConnInfo(PRODUCT_KEY, DYNAMIC_NAME, NULL, &info));
    REFUSED(-1, "the device name is 33 bytes long, at most 32",
            IOT_SetupConnInfo(PRODUCT_KEY, TEN TEN TEN "123", NULL, &info));
    EXPECT(info == NULL);
}

static void levels(void)
{
    REFUSED(0, "Invalid input level: 6", (IOT_SetLogLevel((IOT_LogLevel)6), 0));
    REFUSED(0, "out of [0, 5]", (IOT_SetLogLevel((IOT_LogLevel)-1), 0));
    /* The level is still the one from before. */
    begin();
    IOT_DumpMemoryStats(IOT_LOG_DEBUG);
    EXPECT(strstr(logged, "[dbg]") != NULL);
}

/* No function may take what is not, or not any more, a client's handle. */
static void no_client(void *handle)
{
    iotx_mqtt_topic_info_t message = {0};

    REFUSED(-2, "there is no", IOT_MQTT_Yield(handle, 10));
    REFUSED(-2, "there is no", IOT_MQTT_CheckStateNormal(handle));
    REFUSED(-2, "there is no", IOT_MQTT_Publish(handle, TOPIC("update"), &message));
#ifdef RELEASE_2_3
    REFUSED(-2, "there is no", IOT_MQTT_Publish_Simple(handle, TOPIC("update"), 0, "x", 1));
    /* It is kept for the client that will be. */
    if (handle != NULL)
#endif
    {
        REFUSED(-2, "there is no", IOT_MQTT_Subscribe(handle, TOPIC("data"), 1, handler, NULL));
        REFUSED(-2, "there is no", SUBSCRIBE_SYNC(handle, TOPIC("data"), 1, handler));
    }
    REFUSED(-2, "there is no", IOT_MQTT_Unsubscribe(handle, TOPIC("data")));
    REFUSED(-1, "there is no client", IOT_MQTT_LogPost(handle, "debug", "module", "text"));
    REFUSED(-2, "there is no", IOT_MQTT_Destroy(&handle));
}

static void construct(struct device *device)
{
    const iotx_mqtt_param_t complete = device->params;

#define WITHOUT(field, words) \
    device->params.field = 0; \
    REFUSED(0, words, IOT_MQTT_Construct(&device->params)); \
    device->params = complete

    WITHOUT(host, "host is NULL");
    WITHOUT(client_id, "client_id is NULL");
    WITHOUT(username, "username is NULL");
    WITHOUT(password, "password is NULL");
#ifdef RELEASE_2_2
    REFUSED(0, "pInitParams is NULL", IOT_MQTT_Construct(NULL));
    WITHOUT(pwrite_buf, "pwrite_buf or pread_buf is NULL");
    WITHOUT(pread_buf, "pwrite_buf or pread_buf is NULL");
#else
    WITHOUT(port, "port is 0");
    WITHOUT(write_buf_size, "write_buf_size or read_buf_size is 0");
    WITHOUT(read_buf_size, "write_buf_size or read_buf_size is 0");
#endif
    device->params.host = "";
    REFUSED(0, "host is empty", IOT_MQTT_Construct(&device->params));
    device->params = complete;
    device->params.pub_key = "not a certificate";
    REFUSED(0, "root certificate", IOT_MQTT_Construct(&device->params));
    device->params = complete;
}

static void topics(void *client)
{
    static const char *const names[] = {
        "no/slash", "/wild/+/card", "/wild/#", "/not\tprintable", "/" SIXTY SIXTY "12345678",
    };
    static const char *const filters[] = {
        "no/slash", "/not#alone", "/#/last", "/a+", "/not\tprintable", "/" SIXTY SIXTY "12345678",
    };
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        REFUSED(-41, "topic", publish(client, names[i], 0, "text"));
    }
    for (i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        REFUSED(-41, "topic", IOT_MQTT_Subscribe(client, filters[i], 1, handler, NULL));
        REFUSED(-1, "topic",
                SUBSCRIBE_SYNC(client, filters[i], 1, handler));
        REFUSED(-41, "topic", IOT_MQTT_Unsubscribe(client, filters[i]));
    }
}

static void connected(void *client)
{
    static char large[5000];
    iotx_mqtt_topic_info_t message = {0};

    REFUSED(-2, "topic_name is NULL", IOT_MQTT_Publish(client, NULL, &message));
    REFUSED(-2, "topic_name is empty", IOT_MQTT_Publish(client, "", &message));
    REFUSED(-2, "topic_name is not valid text", IOT_MQTT_Publish(client, "/\xff", &message));
    REFUSED(-2, "topic_msg is NULL", IOT_MQTT_Publish(client, TOPIC("update"), NULL));
    message.payload_len = 1;
    REFUSED(-2, "payload is NULL", IOT_MQTT_Publish(client, TOPIC("update"), &message));
#ifdef RELEASE_2_3
    REFUSED(-1, "topic_name is NULL", IOT_MQTT_Publish_Simple(client, NULL, 0, "x", 1));
    REFUSED(-1, "topic_name is empty", IOT_MQTT_Publish_Simple(client, "", 0, "x", 1));
    REFUSED(-1, "payload is NULL", IOT_MQTT_Publish_Simple(client, TOPIC("update"), 0, NULL, 1));
    REFUSED(-1, "len = -1", IOT_MQTT_Publish_Simple(client, TOPIC("update"), 0, "x", -1));
    REFUSED(-1, "QoS", IOT_MQTT_Publish_Simple(client, TOPIC("update"), 2, "x", 1));
    REFUSED(-1, "QoS", IOT_MQTT_Publish_Simple(client, TOPIC("update"), -1, "x", 1));
#endif
    REFUSED(-20, "QoS", publish(client, TOPIC("update"), 2, "text"));
    REFUSED(-20, "QoS", publish(client, TOPIC("update"), 3, "text"));
    memset(large, 'x', sizeof(large) - 1);
#ifdef RELEASE_2_2
    /* Release 2.2.1 makes room for a message that is larger than its buffer. */
    EXPECT(publish(client, TOPIC("update"), 0, large) == 0);
#else
    REFUSED(-21, "the buffer size allows 4096", publish(client, TOPIC("update"), 0, large));
#endif

    REFUSED(-2, "topic_filter is NULL", IOT_MQTT_Subscribe(client, NULL, 1, handler, NULL));
    REFUSED(-2, "topic_filter is empty", IOT_MQTT_Subscribe(client, "", 1, handler, NULL));
    REFUSED(-2, "topic_handle_func is NULL",
            IOT_MQTT_Subscribe(client, TOPIC("data"), 1, NULL, NULL));
    REFUSED(-2, "topic_filter is NULL", SUBSCRIBE_SYNC(client, NULL, 1, handler));
    REFUSED(-2, "topic_handle_func is NULL", SUBSCRIBE_SYNC(client, TOPIC("data"), 1, NULL));
    REFUSED(-2, "topic_filter is NULL", IOT_MQTT_Unsubscribe(client, NULL));
    REFUSED(-2, "topic_filter is empty", IOT_MQTT_Unsubscribe(client, ""));
    topics(client);

    REFUSED(-1, "timeout_ms = -1", IOT_MQTT_Yield(client, -1));
    REFUSED(-1, "level is NULL", IOT_MQTT_LogPost(client, NULL, "module", "text"));
    REFUSED(-1, "module is NULL", IOT_MQTT_LogPost(client, "debug", NULL, "text"));
    REFUSED(-1, "msg is NULL", IOT_MQTT_LogPost(client, "debug", "module", NULL));
    REFUSED(-1, "msg is not valid text", IOT_MQTT_LogPost(client, "debug", "module", "\xff"));
    EXPECT(IOT_MQTT_LogPost(client, "debug", "module", "text") == 0);
    EXPECT(IOT_MQTT_CheckStateNormal(client) == 1);
}

/* None of these says anything: that a value is not there is no error. */
static void json(void)
{
    char key[] = "name", none[] = "none", broken[] = "{\"name\":", whole[] = "{\"name\":[1,2]}";

    EXPECT(LITE_json_value_of(NULL, whole) == NULL);
    EXPECT(LITE_json_value_of(key, NULL) == NULL);
    EXPECT(LITE_json_value_of(key, broken) == NULL);
    EXPECT(LITE_json_value_of(none, whole) == NULL);
#ifdef RELEASE_2_2
    {
        /* Without a NUL, so that whoever looks for one looks too far. */
        int len = (int)strlen(whole), found = 7;
        char *text = memcpy(malloc((size_t)len), whole, (size_t)len);
        char *list = memcpy(malloc(5), "[1,2]", 5);
        char prefix[] = "";

        EXPECT(LITE_json_value_of_ext(NULL, whole) == NULL);
        EXPECT(LITE_json_value_of_ext(key, NULL) == NULL);
        EXPECT(LITE_json_value_of_ext2(NULL, text, len, &found) == NULL);
        EXPECT(LITE_json_value_of_ext2(key, NULL, len, &found) == NULL);
        EXPECT(LITE_json_value_of_ext2(key, text, len, NULL) == NULL);
        EXPECT(LITE_json_value_of_ext2(key, text, 0, &found) == NULL);
        EXPECT(LITE_json_value_of_ext2(key, text, -1, &found) == NULL);
        EXPECT(LITE_json_value_of_ext2(key, text, len - 1, &found) == NULL);
        EXPECT(LITE_json_value_of_ext2(key, text, len, &found) == text + 8 && found == 5);
        EXPECT(LITE_json_array_get_item(1, NULL, 5, &found) == NULL);
        EXPECT(LITE_json_array_get_item(1, list, 5, NULL) == NULL);
        EXPECT(LITE_json_array_get_item(1, list, -1, &found) == NULL);
        EXPECT(LITE_json_array_get_item(1, list, 4, &found) == NULL);
        EXPECT(LITE_json_array_get_item(-1, list, 5, &found) == NULL);
        EXPECT(LITE_json_array_get_item(3, list, 5, &found) == NULL);
        EXPECT(LITE_json_array_get_item(2, list, 5, &found) == list + 3 && found == 1);
        EXPECT(LITE_json_value_type(NULL, 5) == -1);
        EXPECT(LITE_json_value_type(list, -1) == -1);
        EXPECT(LITE_json_value_type(list, 5) == 2);
        EXPECT(LITE_json_keys_of(NULL, prefix) == NULL);
        EXPECT(LITE_json_keys_of(whole, NULL) == NULL);
        EXPECT(LITE_json_keys_of_ext(NULL, prefix) == NULL);
        EXPECT(LITE_json_keys_of_ext(whole, NULL) == NULL);
        LITE_json_keys_release(NULL);
        free(text);
        free(list);
    }
#endif
}

int main(void)
{
    static struct device device;
    void *client, *copy, *mutex = HAL_MutexCreate();

    open_log();
    ioctl();
    identity();
    levels();
    json();
    no_client(NULL);
    no_client((void *)1);
    no_client(&client);
    /* A handle of another kind. */
    no_client(mutex);
    HAL_MutexDestroy(mutex);
#ifdef RELEASE_2_3
    REFUSED(-2, "topic_filter is NULL", IOT_MQTT_Subscribe(NULL, NULL, 1, handler, NULL));
    REFUSED(-2, "topic_handle_func is NULL", IOT_MQTT_Subscribe(NULL, TOPIC("data"), 1, NULL, NULL));
#endif

    EXPECT(set_up(&device, DEVICE_NAME, DEVICE_SECRET) == 0);
    construct(&device);
    client = IOT_MQTT_Construct(&device.params);
    EXPECT(client != NULL);
    connected(client);

    copy = client;
    EXPECT(IOT_MQTT_Destroy(&client) == 0);
    EXPECT(client == NULL);
    REFUSED(-2, "no client", IOT_MQTT_Destroy(&client));
#ifdef RELEASE_2_2
    REFUSED(-2, "phandle is NULL", IOT_MQTT_Destroy(NULL));
#else
    REFUSED(-2, "no client", IOT_MQTT_Destroy(NULL));
#endif
    no_client(copy);

    EXPECT(stored == 0);
#ifdef RELEASE_2_2
    /* It opens the log, which says nothing until it is told its level. */
    IOT_OpenLog(NULL);
    begin();
    IOT_MQTT_Yield(NULL, 10);
    EXPECT(logged_len == 0);
    IOT_CloseLog();
#endif
    return failures == 0 ? 0 : 1;
}
