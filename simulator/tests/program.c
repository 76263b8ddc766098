/* Shows what the redirect makes of a program's connections, and registers a device. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "iot_import.h"
#include "iot_export.h"

static void try_host(const char *name, const char *host, uint16_t port)
{
    uintptr_t fd = HAL_TCP_Establish(host, port);

    printf("%s: %s\n", name, fd != 0 ? "connected" : "refused");
    if (fd != 0) {
        close((int)fd);
    }
}

static void register_device(void)
{
    int on = 1;
    void *info = NULL;

    HAL_SetProductSecret("ffFnFlKQW3HYjjPR");
    IOT_Ioctl(IOTX_IOCTL_SET_DYNAMIC_REGISTER, &on);
    printf("registered: %d\n", IOT_SetupConnInfo("a1ExpAkj9Hi", "Example_dyn1", "", &info));
}

int main(int argc, char **argv)
{
    try_host("https", "iot-auth.cn-shanghai.aliyuncs.com", 443);
    try_host("mqtt 1883", "pk.iot-as-mqtt.cn-shanghai.aliyuncs.com", 1883);
    try_host("mqtt 443", "pk.iot-as-mqtt.cn-shanghai.aliyuncs.com", 443);
    try_host("another region", "pk.iot-as-mqtt.us-west-1.aliyuncs.com", 1883);
    try_host("global", "iot-auth-global.aliyuncs.com", 443);
    try_host("no region", "iot-auth.mars-north-1.aliyuncs.com", 443);
    try_host("elsewhere", "example.com", 443);
    try_host("lookalike", "aliyuncs.com.example.com", 443);
    printf("%.27s\n", iotx_ca_get());
    if (argc > 1) {
        register_device();
    }
    fprintf(stderr, "kv: %s\n", getenv("LINKKIT_KV_FILE"));
    return argc > 1 ? atoi(argv[1]) : 0;
}
