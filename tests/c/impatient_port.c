/*
 * A port whose read functions return 0 at once when nothing has come, instead of waiting: the library
 * must not call them without end. Its SSL carries plain bytes. Arguments: the broker's port, and a file
 * with a certificate for SSL or "-" for TCP.
 */
#include <sys/socket.h>

#include "device.h"

/* The library waits so long between two reads of such a port. */
#define PAUSE_MS    5
/* How long nothing happens. */
#define IDLE_MS     300
/* Reads that may come in shorter time: the last ones before a yield ends. */
#define EXTRA       10

static uint64_t reads;
static int acknowledged;

static int32_t read_at_once(uintptr_t handle, char *buf, size_t len, int closed)
{
    ssize_t count = recv((int)handle, buf, len, MSG_DONTWAIT);

    reads++;
    return count > 0 ? (int32_t)count : count == 0 ? closed : 0;
}

int32_t HAL_TCP_Read(uintptr_t handle, char *buf, uint32_t len, uint32_t timeout_ms)
{
    (void)timeout_ms;
    return read_at_once(handle, buf, len, -1);
}

uintptr_t HAL_SSL_Establish(const char *host, uint16_t port, const char *ca, size_t ca_len)
{
    (void)ca, (void)ca_len;
    return HAL_TCP_Establish(host, port);
}

int32_t HAL_SSL_Destroy(uintptr_t handle)
{
    return HAL_TCP_Destroy(handle);
}

int32_t HAL_SSL_Write(uintptr_t handle, const char *buf, int len, int timeout_ms)
{
    return HAL_TCP_Write(handle, buf, (uint32_t)len, (uint32_t)timeout_ms);
}

int32_t HAL_SSL_Read(uintptr_t handle, char *buf, int len, int timeout_ms)
{
    (void)timeout_ms;
    return read_at_once(handle, buf, (size_t)len, -2);
}

static void on_event(void *context, void *client, iotx_mqtt_event_msg_pt event)
{
    (void)context, (void)client;
    acknowledged += event->event_type == IOTX_MQTT_EVENT_PUBLISH_SUCCESS;
}

int main(int argc, char **argv)
{
    struct device device;
    uint64_t start, most;
    void *client;

    if (argc != 3) {
        return 2;
    }
    open_log();
    set_up_for_broker(&device, "impatient", argv[1], argv[2]);
    device.params.handle_event.h_fp = on_event;
    client = IOT_MQTT_Construct(&device.params);
    EXPECT(client != NULL);
    EXPECT(publish(client, "/a/topic", 1, "text") > 0);
    YIELD_UNTIL(client, acknowledged == 1);

    reads = 0;
    start = HAL_UptimeMs();
    IOT_MQTT_Yield(client, IDLE_MS);
    most = (HAL_UptimeMs() - start) / PAUSE_MS + EXTRA;
    printf("%d reads, at most %d\n", (int)reads, (int)most);
    EXPECT(reads >= 1 && reads <= most);
    IOT_MQTT_Destroy(&client);
    return failures == 0 ? 0 : 1;
}
