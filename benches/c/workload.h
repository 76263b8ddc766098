/* One workload for every library under test: workload.c measures, an adapter carries it out. */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stddef.h>

struct target {
    const char *host;
    int port;
    /* PEM file of the root certificate, NULL for a connection without TLS. */
    const char *ca_file;
};

/* The adapter: bench.c or bench_mosquitto.c. A function that fails ends the program. */

/* Whether client_run ends once it has handled something; if not, it lasts its whole time, and
 * what follows an answer has to be done inside of the callback. */
extern const int run_ends_early;
/* Connects and logs in. `threaded`: one thread will run the client while another publishes. */
void client_open(const struct target *target, int threaded);
/* Subscribes by QoS 0 or 1 and waits until that is granted. */
void client_subscribe(const char *filter, int qos);
/* Returns once the library has taken the message. */
void client_publish(const char *topic, int qos, const void *payload, size_t len);
/* Does the library's network work and callbacks for at most `ms`. */
void client_run(int ms);
void client_close(void);

/* What the adapter calls inside the library's callbacks. */

/* A message that was published by QoS 1 is acknowledged. */
void acknowledged(void);
/* A message has come. */
void received(size_t len);

/* Ends the program, with the reason. */
void fail(const char *what, int code);

#endif
