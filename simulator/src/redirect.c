/*
 * Leads a program to the loopback cloud of linkkit-sim by overriding two functions that a
 * firmware may define itself. Both are weak: a program that brings its own keeps it, and can
 * reach the cloud by calling linkkit_sim_connect().
 */
#include <arpa/inet.h>
#include <fcntl.h>
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

/* The length of what precedes the platform's domain in a host name; 0: it is another's host. */
static size_t platform_host_length(const char *host)
{
    static const char domain[] = ".aliyuncs.com";
    size_t host_len = strlen(host);
    size_t domain_len = sizeof domain - 1;

    if (host_len <= domain_len || strcmp(host + host_len - domain_len, domain) != 0) {
        return 0;
    }
    return host_len - domain_len;
}

/*
 * Finds the loopback address of the region that a host name ends with; a name without a region,
 * such as iot-auth-global, is in the first. Returns 1, or 0 when there is no such region.
 */
static int region_address(const char *host, size_t length, struct in_addr *address)
{
    const char *entry = getenv("LINKKIT_SIM_REGIONS");
    const char *region = host + length;
    size_t region_len;

    while (region > host && region[-1] != '.') {
        region--;
    }
    region_len = (size_t)(host + length - region);
    while (entry != NULL && *entry != '\0') {
        size_t name_len = strcspn(entry, "=");
        size_t entry_len = strcspn(entry, ",");

        if (region == host || (name_len == region_len && memcmp(entry, region, name_len) == 0)) {
            char text[INET_ADDRSTRLEN];

            snprintf(text, sizeof text, "%.*s", (int)(entry_len - name_len - 1),
                     entry + name_len + 1);
            return inet_pton(AF_INET, text, address) == 1;
        }
        entry += entry_len + (entry[entry_len] == ',');
    }
    return 0;
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
    size_t length;
    int on = 1;
    int fd;

    length = host == NULL ? 0 : platform_host_length(host);
    if (length == 0 || !region_address(host, length, &address.sin_addr)) {
        return 0;
    }
    loopback_port = getenv(port_variable(host, port));
    if (loopback_port == NULL) {
        return 0;
    }
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)strtoul(loopback_port, NULL, 10));
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && fd <= STDERR_FILENO) {
        /* A daemon has closed it: what is printed must not go to the cloud, and 0 means failure. */
        int above = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

        close(fd);
        fd = above;
    }
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
