/* Does what its arguments say, one after the other, with the options of release 2.3.0:
 * OPTION=VALUE sets an option, !OPTION=VALUE expects that it is refused, register makes the device
 * one that registers itself, set_up makes the login data, no_set_up expects that there is none,
 * connect logs in. */
#include <stdlib.h>

#include "device.h"

uintptr_t linkkit_sim_connect(const char *host, uint16_t port);

/* Shows what is connected to. The name that the server's certificate must have is the same one. */
uintptr_t HAL_TCP_Establish(const char *host, uint16_t port)
{
    printf("connects to %s:%u\n", host, port);
    return linkkit_sim_connect(host, port);
}

int HAL_GetUUID(uint8_t *buf, int len)
{
    static const char uuid[] = "00:11:22:33:44:55";

    EXPECT(len >= (int)sizeof uuid);
    memcpy(buf, uuid, sizeof uuid - 1);
    return sizeof uuid - 1;
}

static int set(const char *option, char *value)
{
    static const struct {
        const char *name;
        int option;
        enum { INT, SHORT, TEXT } kind;
    } options[] = {
        {"region", IOTX_IOCTL_SET_REGION, INT},
        {"mqtt_domain", IOTX_IOCTL_SET_MQTT_DOMAIN, TEXT},
        {"mqtt_port", IOTX_IOCTL_SET_MQTT_PORT, SHORT},
        {"http_domain", IOTX_IOCTL_SET_HTTP_DOMAIN, TEXT},
        {"endpoint", IOTX_IOCTL_SET_ENDPOINT, TEXT},
        {"uuid", IOTX_IOCTL_SET_UUID_ENABLED, INT},
        {"bootstrap", IOTX_IOCTL_SET_BOOTSTRAP_ENABLED, INT},
        {"direct", LINKKIT_IOCTL_SET_MQTT_DIRECT, INT},
    };
    size_t i;

    for (i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (strcmp(options[i].name, option) == 0) {
            int number = atoi(value);
            uint16_t short_number = (uint16_t)number;
            void *data[] = {&number, &short_number, value};
            int rc = IOT_Ioctl(options[i].option, data[options[i].kind]);

            /* The library has its own copy. */
            memset(value, 'x', strlen(value));
            return rc;
        }
    }
    printf("there is no option %s\n", option);
    exit(2);
}

static void log_in(struct device *device)
{
    void *client = IOT_MQTT_Construct(&device->params);

    EXPECT(client != NULL);
    if (client != NULL) {
        EXPECT(IOT_MQTT_Destroy(&client) == 0);
    }
}

int main(int argc, char **argv)
{
    static struct device device;
    const char *name = DEVICE_NAME, *secret = DEVICE_SECRET;
    int i;

    open_log();
    HAL_SetProductSecret(PRODUCT_SECRET);
    for (i = 1; i < argc; i++) {
        char *word = argv[i];
        char *value = strchr(word, '=');

        if (value != NULL) {
            int refused = word[0] == '!';

            *value = '\0';
            EXPECT(set(word + refused, value + 1) == (refused ? -1 : 0));
        } else if (strcmp(word, "register") == 0) {
            name = DYNAMIC_NAME;
            secret = NULL;
        } else if (strcmp(word, "set_up") == 0) {
            EXPECT(set_up(&device, name, secret) == 0);
            printf("the login is at %s:%u\n", device.params.host, device.params.port);
        } else if (strcmp(word, "no_set_up") == 0) {
            EXPECT(set_up(&device, name, secret) == -1);
        } else if (strcmp(word, "connect") == 0) {
            log_in(&device);
        } else {
            printf("what is %s?\n", word);
            return 2;
        }
    }
    return failures == 0 ? 0 : 1;
}
