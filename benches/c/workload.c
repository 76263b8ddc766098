/* Measures one thing a run and prints it as lines of `name value`. Run without arguments for help. */
#define _GNU_SOURCE
#include "workload.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TOPIC        "/bench/device/data"
#define FLOOD        "/bench/flood"
#define RUN_MS       200
#define LIMIT_S      120
#define PAUSE_US     13000
#define PAYLOAD_MAX  4096

static char payload[PAYLOAD_MAX];

void fail(const char *what, int code)
{
    fprintf(stderr, "%s failed: %d\n", what, code);
    exit(1);
}

static uint64_t nanoseconds(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t now_ns(void)
{
    return nanoseconds(CLOCK_MONOTONIC);
}

/* What all threads of this process have used, in the user's and in the system's name. */
static uint64_t cpu_ns(void)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    return (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000000u
           + (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1000u;
}

/* A number of /proc/self/status, such as VmRSS in KiB. */
static long status(const char *name)
{
    char line[256];
    long value = -1;
    size_t len = strlen(name);
    FILE *file = fopen("/proc/self/status", "r");

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, name, len) == 0 && line[len] == ':') {
            value = strtol(line + len + 1, NULL, 10);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return value;
}

static void print(const char *name, double value)
{
    printf("%s %.3f\n", name, value);
}

static int ascending(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

/* Prints the median and the 99th percentile of times in nanoseconds, which are sorted for that. */
static void print_percentiles(const char *name, uint64_t *times, size_t count)
{
    char line[64];

    qsort(times, count, sizeof(*times), ascending);
    snprintf(line, sizeof(line), "%s_p50_us", name);
    print(line, (double)times[count / 2] / 1e3);
    snprintf(line, sizeof(line), "%s_p99_us", name);
    print(line, (double)times[count * 99 / 100] / 1e3);
}

/* A stretch of work and what it cost. */
struct stretch {
    uint64_t wall, cpu;
};

static struct stretch begin(void)
{
    struct stretch start = {now_ns(), cpu_ns()};

    return start;
}

static void print_stretch(struct stretch start, uint64_t end, size_t count)
{
    print("per_second", (double)count * 1e9 / (double)(end - start.wall));
    print("cpu_us", (double)(cpu_ns() - start.cpu) / 1e3 / (double)count);
}

/* What the callbacks know. One mutex for all: two threads take part at most. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t progress = PTHREAD_COND_INITIALIZER;
static struct {
    /* How many messages are published, acknowledged and received, of how many. */
    size_t published, acknowledged, received, wanted;
    size_t size;
    /* Whether an acknowledgement makes the callback publish the next message. */
    int chained;
    /* When the message that waits was published, and how long each took. */
    uint64_t sent;
    uint64_t *times;
    uint64_t last, first_received;
} run;

static void publish_next(void)
{
    run.published++;
    run.sent = now_ns();
    client_publish(TOPIC, 1, payload, run.size);
}

void acknowledged(void)
{
    uint64_t now = now_ns();

    pthread_mutex_lock(&mutex);
    if (run.times != NULL && run.acknowledged < run.wanted) {
        run.times[run.acknowledged] = now - run.sent;
    }
    run.acknowledged++;
    run.last = now;
    pthread_cond_signal(&progress);
    pthread_mutex_unlock(&mutex);
    if (run.chained && run.published < run.wanted) {
        publish_next();
    }
}

void received(size_t len)
{
    (void)len;
    run.last = now_ns();
    if (run.received++ == 0) {
        run.first_received = run.last;
    }
}

static void new_run(size_t wanted, size_t size)
{
    memset(&run, 0, sizeof(run));
    run.wanted = wanted;
    run.size = size;
}

/* Publishes by QoS 1 with `window` messages on their way at any time. */
static void publish_acknowledged(size_t window)
{
    run.chained = !run_ends_early;
    while (run.published < window && run.published < run.wanted) {
        publish_next();
    }
    while (run.acknowledged < run.wanted) {
        client_run(RUN_MS);
        while (!run.chained && run.published < run.wanted
               && run.published < run.acknowledged + window) {
            publish_next();
        }
    }
}

static void connect_repeatedly(const struct target *target, size_t count)
{
    uint64_t *times = calloc(count, sizeof(*times));
    uint64_t start;
    size_t i;

    for (i = 0; i < count; i++) {
        start = now_ns();
        client_open(target, 0);
        times[i] = now_ns() - start;
        client_close();
    }
    print("first_us", (double)times[0] / 1e3);
    if (count > 1) {
        print_percentiles("again", times + 1, count - 1);
    }
    free(times);
}

static void qos0(const struct target *target, size_t count, size_t size)
{
    struct stretch start;
    size_t i;

    client_open(target, 0);
    new_run(1, size);
    start = begin();
    for (i = 0; i < count; i++) {
        client_publish(TOPIC, 0, payload, size);
    }
    /* Its acknowledgement says that the broker has taken all that came before. */
    publish_acknowledged(1);
    print_stretch(start, run.last, count);
    print("peak_kib", (double)status("VmHWM"));
    client_close();
}

static void qos1(const struct target *target, size_t count, size_t size, size_t window)
{
    struct stretch start;

    client_open(target, 0);
    new_run(count, size);
    start = begin();
    publish_acknowledged(window);
    print_stretch(start, run.last, count);
    print("peak_kib", (double)status("VmHWM"));
    client_close();
}

/* The same, each message published by the callback that says that another one has been acknowledged. */
static void qos1_inside(const struct target *target, size_t count, size_t size, size_t window)
{
    struct stretch start;

    client_open(target, 0);
    new_run(count, size);
    run.chained = 1;
    start = begin();
    while (run.published < window && run.published < run.wanted) {
        publish_next();
    }
    while (run.acknowledged < run.wanted) {
        client_run(RUN_MS);
    }
    print_stretch(start, run.last, count);
    client_close();
}

/* Both ends of a TCP connection of this process with itself. */
static void connect_with_itself(int ends[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 1) != 0
        || getsockname(listener, (struct sockaddr *)&address, &size) != 0
        || connect(ends[0], (struct sockaddr *)&address, size) != 0) {
        fail("connecting with itself", -1);
    }
    ends[1] = accept(listener, NULL, NULL);
    close(listener);
}

/* What a call to publish takes after a pause, in which caches forget, and what a bare write takes. */
static void after_pause(const struct target *target, size_t count, size_t size)
{
    uint64_t *published = calloc(count, sizeof(*published));
    uint64_t *written = calloc(count, sizeof(*written));
    char bytes[100] = {0};
    int ends[2];
    size_t i;

    connect_with_itself(ends);
    client_open(target, 0);
    new_run(count, size);
    for (i = 0; i < count; i++) {
        usleep(PAUSE_US);
        run.sent = now_ns();
        client_publish(TOPIC, 0, payload, size);
        published[i] = now_ns() - run.sent;
        usleep(PAUSE_US);
        run.sent = now_ns();
        if (write(ends[0], bytes, sizeof(bytes)) != sizeof(bytes)) {
            fail("write", -1);
        }
        written[i] = now_ns() - run.sent;
        if (read(ends[1], bytes, sizeof(bytes)) <= 0) {
            fail("read", -1);
        }
    }
    print_percentiles("publish", published, count);
    print_percentiles("write", written, count);
    free(published);
    free(written);
    close(ends[0]);
    close(ends[1]);
    client_close();
}

static void round_trip_alone(const struct target *target, size_t count, size_t size)
{
    client_open(target, 0);
    new_run(count, size);
    run.times = calloc(count, sizeof(*run.times));
    publish_acknowledged(1);
    print_percentiles("round_trip", run.times, count);
    free(run.times);
    client_close();
}

static volatile int stopping;

static void *keep_running(void *unused)
{
    (void)unused;
    while (!stopping) {
        client_run(RUN_MS);
    }
    return NULL;
}

static void round_trip_beside(const struct target *target, size_t count, size_t size)
{
    uint64_t *calls = calloc(count, sizeof(*calls));
    uint64_t start;
    pthread_t thread;
    size_t i;

    client_open(target, 1);
    new_run(count, size);
    run.times = calloc(count, sizeof(*run.times));
    pthread_create(&thread, NULL, keep_running, NULL);
    for (i = 0; i < count; i++) {
        start = run.sent = now_ns();
        client_publish(TOPIC, 1, payload, size);
        calls[i] = now_ns() - start;
        pthread_mutex_lock(&mutex);
        while (run.acknowledged <= i) {
            pthread_cond_wait(&progress, &mutex);
        }
        pthread_mutex_unlock(&mutex);
    }
    print_percentiles("round_trip", run.times, count);
    print_percentiles("publish_call", calls, count);
    stopping = 1;
    pthread_join(thread, NULL);
    free(run.times);
    free(calls);
    client_close();
}

/* Publishes to itself and receives `count` messages by `qos`, with subscriptions beside. */
static void echo(const struct target *target, size_t count, size_t size, size_t subscriptions)
{
    char filter[64];
    struct stretch start;
    size_t i;

    client_open(target, 0);
    for (i = 1; i < subscriptions; i++) {
        snprintf(filter, sizeof(filter), "/bench/other-%zu/+/data", i);
        client_subscribe(filter, 0);
    }
    client_subscribe(TOPIC, 0);
    new_run(count, size);
    start = begin();
    publish_acknowledged(10);
    while (run.received < count) {
        client_run(run_ends_early ? RUN_MS : 1);
    }
    print_stretch(start, run.last, count);
    print("peak_kib", (double)status("VmHWM"));
    client_close();
}

/* Receives what `feed` in another process sends. */
static void receive(const struct target *target, size_t count, int qos)
{
    uint64_t cpu;

    client_open(target, 0);
    new_run(count, 0);
    client_subscribe(TOPIC, qos);
    printf("ready\n");
    fflush(stdout);
    cpu = cpu_ns();
    while (run.received < count) {
        client_run(run_ends_early ? RUN_MS : 10);
    }
    print("cpu_us", (double)(cpu_ns() - cpu) / 1e3 / (double)count);
    print("per_second", (double)(count - 1) * 1e9 / (double)(run.last - run.first_received));
    print("peak_kib", (double)status("VmHWM"));
    client_close();
}

/* Receives what a broker sends without end once it is asked to. */
static void flood(const struct target *target, size_t count)
{
    struct stretch start;

    client_open(target, 0);
    new_run(count, 0);
    client_subscribe(TOPIC, 0);
    start = begin();
    client_publish(FLOOD, 0, payload, 1);
    while (run.received < count) {
        client_run(run_ends_early ? RUN_MS : 1);
    }
    /* What has come meanwhile counts as well. */
    print_stretch(start, run.last, run.received);
    print("peak_kib", (double)status("VmHWM"));
    client_close();
}

static void feed(const struct target *target, size_t count, size_t size, int qos)
{
    size_t i;

    client_open(target, 0);
    new_run(qos == 0 ? 1 : count, size);
    for (i = 0; qos == 0 && i < count - 1; i++) {
        client_publish(TOPIC, 0, payload, size);
    }
    publish_acknowledged(20);
    client_close();
}

/* Waits and does nothing else: no client can idle for less. */
static void only_wait(int ms)
{
    poll(NULL, 0, ms);
}

/* Repeats a step and prints what of a processor it takes. */
static void print_idling(const char *name, void step(int ms), size_t seconds)
{
    struct stretch start;

    /* What was done before may have left something to do. */
    step(RUN_MS);
    start = begin();
    while (now_ns() - start.wall < seconds * 1000000000u) {
        step(RUN_MS);
    }
    print(name, (double)(cpu_ns() - start.cpu) * 100 / (double)(now_ns() - start.wall));
}

static void idle(const struct target *target, size_t seconds)
{
    client_open(target, 0);
    print_idling("cpu_percent", client_run, seconds);
    print_idling("wait_percent", only_wait, seconds);
    print("memory_kib", (double)status("VmRSS"));
    print("peak_kib", (double)status("VmHWM"));
    print("threads", (double)status("Threads"));
    client_close();
}

static int usage(void)
{
    fputs("usage: bench PORT CA_FILE|- WHAT COUNT [SIZE [NUMBER]]\n"
          "  connect COUNT                   time to connect, the first and the others\n"
          "  qos0 COUNT SIZE                 messages a second and CPU a message\n"
          "  qos1 COUNT SIZE WINDOW          the same, acknowledged, WINDOW on their way\n"
          "  qos1-inside COUNT SIZE WINDOW   the same, published by the callback of another one\n"
          "  after-pause COUNT SIZE          the call to publish after a pause, and a bare write\n"
          "  round-trip-alone COUNT SIZE     from a publish to its acknowledgement, one thread\n"
          "  round-trip-beside COUNT SIZE    the same, with another thread that runs the client\n"
          "  echo COUNT SIZE SUBSCRIPTIONS   published and received back\n"
          "  receive COUNT 0 QOS             receives what `feed` sends once it says `ready`\n"
          "  flood COUNT                     receives what a broker sends without end\n"
          "  feed COUNT SIZE QOS             sends to `receive`\n"
          "  idle SECONDS                    CPU, memory and threads while nothing happens\n",
          stderr);
    return 2;
}

int main(int argc, char **argv)
{
    struct target target = {"localhost", 0, NULL};
    size_t count, size, number;
    const char *what;

    if (argc < 5) {
        return usage();
    }
    target.port = atoi(argv[1]);
    target.ca_file = strcmp(argv[2], "-") == 0 ? NULL : argv[2];
    what = argv[3];
    count = strtoul(argv[4], NULL, 10);
    size = argc > 5 ? strtoul(argv[5], NULL, 10) : 0;
    number = argc > 6 ? strtoul(argv[6], NULL, 10) : 0;
    if (count == 0 || size > sizeof(payload)) {
        return usage();
    }
    /* Something hangs: the whole comparison must not. */
    alarm(LIMIT_S);
    memset(payload, 'x', sizeof(payload));

    if (strcmp(what, "connect") == 0) {
        connect_repeatedly(&target, count);
    } else if (strcmp(what, "qos0") == 0) {
        qos0(&target, count, size);
    } else if (strcmp(what, "qos1") == 0) {
        qos1(&target, count, size, number);
    } else if (strcmp(what, "qos1-inside") == 0) {
        qos1_inside(&target, count, size, number);
    } else if (strcmp(what, "after-pause") == 0) {
        after_pause(&target, count, size);
    } else if (strcmp(what, "round-trip-alone") == 0) {
        round_trip_alone(&target, count, size);
    } else if (strcmp(what, "round-trip-beside") == 0) {
        round_trip_beside(&target, count, size);
    } else if (strcmp(what, "echo") == 0) {
        echo(&target, count, size, number);
    } else if (strcmp(what, "receive") == 0) {
        receive(&target, count, (int)number);
    } else if (strcmp(what, "flood") == 0) {
        flood(&target, count);
    } else if (strcmp(what, "feed") == 0) {
        feed(&target, count, size, (int)number);
    } else if (strcmp(what, "idle") == 0) {
        idle(&target, count);
    } else {
        return usage();
    }
    return 0;
}
