/*
 * A firmware that brings every function of the HAL. Each counts its calls and goes on to what does
 * its work: mostly the library's own default, which a program can still reach.
 *
 * LIST names the functions, one a line with a number of its own: LIBRARYS goes on to the library's,
 * OTHER to another function, and UNCALLED is one that the library never calls.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stdlib.h>

#include "device.h"
#include "iotx_utils.h"

#define MAX 200

/* What the functions below reach by name. */
long own_hal_calls[MAX];
void (*own_hal_next[MAX])(void);

/* In assembler, because so a function of any type passes its arguments on as they are. */
#define COUNTED(number, name)                                                                      \
    __asm__(".text\n.globl " #name "\n.type " #name ", @function\n" #name ":\n"                    \
            "lock incq own_hal_calls+8*" #number "(%rip)\n"                                        \
            "jmp *own_hal_next+8*" #number "(%rip)\n");
#define LIBRARYS(number, name) COUNTED(number, name)
#define OTHER(number, name, function) COUNTED(number, name)
#define UNCALLED(number, name)                                                                     \
    COUNTED(number, name)                                                                          \
    /* The same function without a type. */                                                        \
    void own_##name(void) __asm__(#name);
#include LIST
#undef LIBRARYS
#undef OTHER
#undef UNCALLED

uintptr_t linkkit_sim_connect(const char *host, uint16_t port);

static void nothing(void)
{
}

static void print(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
}

static int copy(char *to, const char *text)
{
    strcpy(to, text);
    return (int)strlen(text);
}

static int connections;

static uintptr_t establish(const char *host, uint16_t port)
{
    connections++;
    return linkkit_sim_connect(host, port);
}

static int product_secret(char *secret)
{
    return copy(secret, PRODUCT_SECRET);
}

static int firmware_version(char *version)
{
    return copy(version, "own-1.0");
}

#ifdef STATIC
#define LIBRARYS(number, name) void linkkit_default_##name(void);
#define OTHER(number, name, function)
#define UNCALLED(number, name)
#include LIST
#undef LIBRARYS
#undef OTHER
#undef UNCALLED
#define DEFAULT(name) linkkit_default_##name
#else
#define DEFAULT(name) (void (*)(void))dlsym(RTLD_NEXT, #name)
#endif

static void connect_functions(void)
{
#define LIBRARYS(number, name) own_hal_next[number] = DEFAULT(name);
#define OTHER(number, name, function) own_hal_next[number] = (void (*)(void))(function);
#define UNCALLED(number, name) own_hal_next[number] = nothing;
#include LIST
#undef LIBRARYS
#undef OTHER
#undef UNCALLED
}

/* What the firmware calls by a name is its own as well. */
static void call_what_the_library_does_not(void)
{
#define LIBRARYS(number, name)
#define OTHER(number, name, function)
#define UNCALLED(number, name)                                                                     \
    own_##name();                                                                                  \
    EXPECT(own_hal_calls[number] == 1);                                                            \
    own_hal_calls[number] = 0;
#include LIST
#undef LIBRARYS
#undef OTHER
#undef UNCALLED
}

static void show_calls(void)
{
#define SHOW(number, name) printf("calls of " #name ": %ld\n", own_hal_calls[number]);
#define LIBRARYS(number, name) SHOW(number, name)
#define OTHER(number, name, function) SHOW(number, name)
#define UNCALLED(number, name) SHOW(number, name)
#include LIST
}

static int messages;

static void on_message(void *context, void *client, iotx_mqtt_event_msg_pt event)
{
    (void)context, (void)client;
    messages += is_text(event, "hello");
}

/* Like YIELD_UNTIL, without a function of the HAL. */
#define YIELDED(client, condition)                                                                 \
    do {                                                                                           \
        int tries = PATIENCE_MS / 20;                                                              \
        while (!(condition) && tries-- > 0 && IOT_MQTT_Yield((client), 20) == 0) {                 \
        }                                                                                          \
        EXPECT(condition);                                                                         \
    } while (0)

int main(void)
{
    static const char topic[] = "/" PRODUCT_KEY "/" DYNAMIC_NAME "/data";
    char key[] = "name", text[] = "{\"name\":\"value\"}";
    struct device device;
    void *client;
    char *value;
#ifdef RELEASE_2_3
    int on = 1;
#endif

    connect_functions();
    call_what_the_library_does_not();
    open_log();
#ifdef RELEASE_2_3
    EXPECT(IOT_Ioctl(IOTX_IOCTL_SET_UUID_ENABLED, &on) == 0);
    EXPECT(set_up(&device, DYNAMIC_NAME, NULL) == 0);
    client = IOT_MQTT_Construct(NULL);
#else
    EXPECT(set_up(&device, DYNAMIC_NAME, NULL) == 0);
    client = IOT_MQTT_Construct(&device.params);
#endif
    EXPECT(client != NULL);
    EXPECT(IOT_MQTT_Subscribe(client, topic, IOTX_MQTT_QOS1, on_message, NULL) >= 0);
    EXPECT(publish(client, topic, 1, "hello") > 0);
    YIELDED(client, messages > 0);
    EXPECT(IOT_MQTT_LogPost(client, "debug", "module", "text") == 0);
    /* The cloud cuts the connection after the next one. */
    EXPECT(publish(client, topic, 1, "cut me off") > 0);
    YIELDED(client, connections == 3 && IOT_MQTT_CheckStateNormal(client) == 1);
    EXPECT(IOT_MQTT_Destroy(&client) == 0);
    value = LITE_json_value_of(key, text);
    EXPECT(value != NULL && strcmp(value, "value") == 0);
    LITE_free(value);
    show_calls();
    return failures == 0 ? 0 : 1;
}
