/*
 * What a compiler left of a program that was compiled years ago: no header of ours, only the offsets
 * and numbers that the C SDK's headers had. Registers, connects, subscribes,
 * publishes and receives.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* An offset or a size, with pointers of 64 bits and of 32. */
#define AT(on_64, on_32) (sizeof(void *) == 8 ? (on_64) : (on_32))

#ifdef RELEASE_2_3
#define SET_DYNAMIC_REGISTER 6
#define PARAM_SIZE AT(88, 52)
#define PARAM_WRITE_SIZE AT(60, 36)
#define PARAM_READ_SIZE AT(64, 40)
#define PARAM_EVENT AT(72, 44)
#else
#define SET_DYNAMIC_REGISTER 2
#define PARAM_SIZE AT(112, 60)
#define PARAM_WRITE_BUF AT(64, 36)
#define PARAM_WRITE_SIZE AT(72, 40)
#define PARAM_READ_BUF AT(80, 44)
#define PARAM_READ_SIZE AT(88, 48)
#define PARAM_EVENT AT(96, 52)
#endif
#define EVENT_SUBSCRIBED 3
#define EVENT_PUBLISHED 9
#define EVENT_RECEIVED 12
#define QOS1 1
#define BUFFER_SIZE 1024

#define PRODUCT_KEY "a1ExpAkj9Hi"
#define DEVICE_NAME "Example_dyn1"
#define TOPIC "/" PRODUCT_KEY "/" DEVICE_NAME "/data"

extern int HAL_SetProductSecret(char *);
extern int IOT_Ioctl(int, void *);
extern int IOT_SetupConnInfo(const char *, const char *, const char *, void **);
extern void *IOT_MQTT_Construct(void *);
extern int IOT_MQTT_Subscribe(void *, const char *, int, void (*)(void *, void *, void *), void *);
extern int IOT_MQTT_Publish(void *, const char *, void *);
extern int IOT_MQTT_Yield(void *, int);
extern int IOT_MQTT_Destroy(void **);
extern void IOT_SetLogLevel(int);
#ifdef RELEASE_2_2
extern void IOT_OpenLog(const char *);
#endif

static int subscribed, acknowledged, received;
static int context;
static uint16_t subscription, publication;

static void put(void *object, size_t offset, const void *field, size_t size)
{
    memcpy((unsigned char *)object + offset, field, size);
}

static void *pointer_at(const void *object, size_t offset)
{
    void *field;

    memcpy(&field, (const unsigned char *)object + offset, sizeof field);
    return field;
}

static void copy_pointer(void *to, size_t to_offset, const void *from, size_t from_offset)
{
    memcpy((unsigned char *)to + to_offset, (const unsigned char *)from + from_offset, sizeof(void *));
}

static void on_event(void *own_context, void *client, void *event)
{
    int type;

    (void)client;
    memcpy(&type, event, sizeof type);
    if (own_context != &context) {
        printf("a wrong context\n");
        return;
    }
    if (type == EVENT_SUBSCRIBED && (uintptr_t)pointer_at(event, AT(8, 4)) == subscription) {
        subscribed = 1;
    } else if (type == EVENT_PUBLISHED && (uintptr_t)pointer_at(event, AT(8, 4)) == publication) {
        acknowledged = 1;
    }
}

static void on_message(void *own_context, void *client, void *event)
{
    unsigned char *message = pointer_at(event, AT(8, 4));
    uint16_t topic_len;
    uint32_t payload_len;
    int type;

    (void)client;
    memcpy(&type, event, sizeof type);
    memcpy(&topic_len, message + 6, sizeof topic_len);
    memcpy(&payload_len, message + 8, sizeof payload_len);
    received = type == EVENT_RECEIVED && own_context == &context && topic_len == strlen(TOPIC) &&
               memcmp(pointer_at(message, AT(16, 12)), TOPIC, topic_len) == 0 && payload_len == 5 &&
               memcmp(pointer_at(message, AT(24, 16)), "hello", 5) == 0;
}

static void fill_parameters(unsigned char *param, const void *info)
{
    void (*handler)(void *, void *, void *) = on_event;
    void *own_context = &context;
    uint32_t request_timeout_ms = 2000, keepalive_ms = 60000, size = BUFFER_SIZE;

    memset(param, 0, PARAM_SIZE);
    put(param, 0, info, sizeof(uint16_t));
#ifdef RELEASE_2_3
    copy_pointer(param, AT(8, 4), info, AT(8, 4));
    copy_pointer(param, AT(16, 8), info, AT(16, 8));
    copy_pointer(param, AT(24, 12), info, AT(24, 12));
    copy_pointer(param, AT(32, 16), info, AT(32, 16));
    copy_pointer(param, AT(40, 20), info, AT(40, 20));
#else
    static char write_buffer[BUFFER_SIZE], read_buffer[BUFFER_SIZE];
    const char *host = (const char *)info + 2, *client_id = (const char *)info + 131;
    const char *username = (const char *)info + 388, *password = (const char *)info + 901;
    void *write_to = write_buffer, *read_to = read_buffer;

    put(param, AT(8, 4), &host, sizeof host);
    put(param, AT(16, 8), &client_id, sizeof client_id);
    put(param, AT(24, 12), &username, sizeof username);
    put(param, AT(32, 16), &password, sizeof password);
    copy_pointer(param, AT(40, 20), info, 1160);
    put(param, PARAM_WRITE_BUF, &write_to, sizeof write_to);
    put(param, PARAM_READ_BUF, &read_to, sizeof read_to);
#endif
    put(param, AT(52, 28), &request_timeout_ms, sizeof request_timeout_ms);
    put(param, AT(56, 32), &keepalive_ms, sizeof keepalive_ms);
    put(param, PARAM_WRITE_SIZE, &size, sizeof size);
    put(param, PARAM_READ_SIZE, &size, sizeof size);
    put(param, PARAM_EVENT, &handler, sizeof handler);
    put(param, PARAM_EVENT + sizeof handler, &own_context, sizeof own_context);
}

static int publish(void *client)
{
    unsigned char message[32];
    const char *payload = "hello";
    uint8_t qos = QOS1, zero = 0;
    uint32_t len = 5;
    int rc;

    /* Old firmware leaves parts of it uninitialised. */
    memset(message, 0xA5, sizeof message);
    put(message, 2, &qos, sizeof qos);
    put(message, 3, &zero, sizeof zero);
    put(message, 4, &zero, sizeof zero);
    put(message, 8, &len, sizeof len);
    put(message, AT(24, 16), &payload, sizeof payload);
    rc = IOT_MQTT_Publish(client, TOPIC, message);
    memcpy(&publication, message, sizeof publication);
    return rc > 0 && rc == publication ? 0 : -1;
}

static int yield_until(void *client, const int *done)
{
    int round;

    for (round = 0; round < 200 && !*done; round++) {
        IOT_MQTT_Yield(client, 50);
    }
    return *done ? 0 : -1;
}

#define STEP(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("line %d: not true: %s\n", __LINE__, #condition);                               \
            return 1;                                                                              \
        }                                                                                          \
    } while (0)

int main(void)
{
    char product_secret[] = "ffFnFlKQW3HYjjPR";
    unsigned char param[PARAM_SIZE];
    void *info = NULL, *client;
    int on = 1, rc;

#ifdef RELEASE_2_2
    IOT_OpenLog("mqtt");
#endif
    IOT_SetLogLevel(5);
    STEP(HAL_SetProductSecret(product_secret) == 16);
    STEP(IOT_Ioctl(SET_DYNAMIC_REGISTER, &on) == 0);
    STEP(IOT_SetupConnInfo(PRODUCT_KEY, DEVICE_NAME, "", &info) == 0);
    fill_parameters(param, info);
    client = IOT_MQTT_Construct(param);
    STEP(client != NULL);
    rc = IOT_MQTT_Subscribe(client, TOPIC, QOS1, on_message, &context);
    STEP(rc > 0);
    subscription = (uint16_t)rc;
    STEP(yield_until(client, &subscribed) == 0);
    STEP(publish(client) == 0);
    STEP(yield_until(client, &acknowledged) == 0);
    STEP(yield_until(client, &received) == 0);
    STEP(IOT_MQTT_Destroy(&client) == 0);
    STEP(client == NULL);
    return 0;
}
