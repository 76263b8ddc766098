/*
 * Leads a program to the loopback cloud of linkkit-sim by overriding two functions that a
 * firmware may define itself. Both are weak: a program that brings its own keeps it, and can
 * reach the cloud by calling linkkit_sim_connect().
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

uintptr_t linkkit_sim_connect(const char *host, uint16_t port);
uintptr_t HAL_TCP_Establish(const char *host, uint16_t port);
const char *iotx_ca_get(void);

/* Standard output is a pipe here; without this its lines would come late and out of order. */
__attribute__((constructor)) static void print_line_by_line(void)
{
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
}

static int is_platform_host(const char *host)
{
    static const char domain[] = ".aliyuncs.com";
    size_t host_len = strlen(host);
    size_t domain_len = sizeof domain - 1;

    return host_len > domain_len && strcmp(host + host_len - domain_len, domain) == 0;
}

/*
 * The authentication service has port 443 too, so the host tells it from a broker on port 443.
 */
static const char *port_variable(const char *host, uint16_t port)
{
    if (port == 443 && strncmp(host, "iot-auth", strlen("iot-auth")) == 0) {
        return "LINKKIT_SIM_HTTPS_PORT";
    }
    return "LINKKIT_SIM_MQTT_PORT";
}

/* A connected socket as HAL_TCP_* handles it, 0 when the host is not the cloud's. */
uintptr_t linkkit_sim_connect(const char *host, uint16_t port)
{
    struct sockaddr_in address = {0};
    const char *loopback_port;
    int on = 1;
    int fd;

    if (host == NULL || !is_platform_host(host)) {
        return 0;
    }
    loopback_port = getenv(port_variable(host, port));
    if (loopback_port == NULL) {
        return 0;
    }
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)strtoul(loopback_port, NULL, 10));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return 0;
    }
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return 0;
    }
    /* As the library's own default does; without it the socket works too, only slower. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return (uintptr_t)fd;
}

__attribute__((weak)) uintptr_t HAL_TCP_Establish(const char *host, uint16_t port)
{
    return linkkit_sim_connect(host, port);
}

__attribute__((weak)) const char *iotx_ca_get(void)
{
    return getenv("LINKKIT_SIM_CA_PEM");
}
