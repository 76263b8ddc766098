/* Shows what the redirect makes of a program's connections. It uses nothing of the library. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

uintptr_t HAL_TCP_Establish(const char *host, uint16_t port);
const char *iotx_ca_get(void);

static void try_host(const char *name, const char *host, uint16_t port)
{
    uintptr_t fd = HAL_TCP_Establish(host, port);

    printf("%s: %s\n", name, fd != 0 ? "connected" : "refused");
    if (fd != 0) {
        close((int)fd);
    }
}

int main(int argc, char **argv)
{
    try_host("https", "iot-auth.cn-shanghai.aliyuncs.com", 443);
    try_host("mqtt 1883", "pk.iot-as-mqtt.cn-shanghai.aliyuncs.com", 1883);
    try_host("mqtt 443", "pk.iot-as-mqtt.cn-shanghai.aliyuncs.com", 443);
    try_host("elsewhere", "example.com", 443);
    try_host("lookalike", "aliyuncs.com.example.com", 443);
    printf("%.27s\n", iotx_ca_get());
    fprintf(stderr, "kv: %s\n", getenv("LINKKIT_KV_FILE"));
    return argc > 1 ? atoi(argv[1]) : 0;
}
