/*
 * killed_at N PROGRAM [ARGUMENT...]
 *
 * Runs a program and kills it when it is about to make its N-th system call, as a power cut would.
 * Exits with KILLED then, else with the program's own code.
 *
 * killed_at FILE PROGRAM [ARGUMENT...]
 *
 * Lets the program come to its end and leaves its system calls in the file, a line each: "received",
 * "rename" or "other", the call's number, and what it returned.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILLED      42
#define BROKEN      43
#define SYSCALL_STOP (SIGTRAP | 0x80)

static void or_die(long result, const char *what)
{
    if (result == -1) {
        perror(what);
        exit(BROKEN);
    }
}

/* What a stop is for. The structure's name differs from one C library to the next. */
struct stop {
    unsigned char op;
    unsigned char rest[23];
    /* The call's number when it is about to be made, what it returned when it has been. */
    int64_t value;
    unsigned char more[96];
};

static struct stop look_at(pid_t child)
{
    struct stop stop;

    or_die(ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof stop, &stop), "ptrace: what it does");
    return stop;
}

static const char *kind_of(int64_t call, int64_t result)
{
    switch (call) {
#ifdef SYS_rename
        case SYS_rename:
#endif
#ifdef SYS_renameat
        case SYS_renameat:
#endif
        case SYS_renameat2: return "rename";
        case SYS_recvfrom: return result > 0 ? "received" : "other";
        default: return "other";
    }
}

/* Lets the program run up to its next stop, and takes the signal along that it stopped for. */
static int next_stop(pid_t child, long signal)
{
    int status;

    or_die(ptrace(PTRACE_SYSCALL, child, NULL, signal), "ptrace: continue");
    or_die(waitpid(child, &status, 0), "waitpid");
    return status;
}

int main(int argc, char **argv)
{
    long calls = 0;
    long signal = 0;
    long last_call;
    int64_t call = 0;
    FILE *list = NULL;
    char *end;
    struct stop stop;
    int status;
    pid_t child;

    if (argc < 3) {
        return BROKEN;
    }
    last_call = strtol(argv[1], &end, 10);
    if (*end != '\0') {
        list = fopen(argv[1], "we");
        or_die(list == NULL ? -1 : 0, argv[1]);
        last_call = -1;
    }
    child = fork();
    or_die(child, "fork");
    if (child == 0) {
        or_die(ptrace(PTRACE_TRACEME, 0, NULL, NULL), "ptrace: be traced");
        execv(argv[2], argv + 2);
        or_die(-1, argv[2]);
    }
    or_die(waitpid(child, &status, 0), "waitpid");
    if (WIFEXITED(status)) {
        return BROKEN;
    }
    or_die(ptrace(PTRACE_SETOPTIONS, child, NULL,
                  (long)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)), "ptrace: options");
    for (;;) {
        status = next_stop(child, signal);
        if (WIFEXITED(status)) {
            or_die(list == NULL ? 0 : fclose(list), argv[1]);
            return WEXITSTATUS(status);
        }
        if (!WIFSTOPPED(status)) {
            return BROKEN;
        }
        signal = 0;
        if (WSTOPSIG(status) != SYSCALL_STOP) {
            signal = WSTOPSIG(status);
            continue;
        }
        stop = look_at(child);
        if (stop.op == PTRACE_SYSCALL_INFO_ENTRY) {
            call = stop.value;
            if (++calls == last_call) {
                or_die(kill(child, SIGKILL), "kill");
                or_die(waitpid(child, &status, 0), "waitpid");
                return KILLED;
            }
        } else if (list != NULL) {
            fprintf(list, "%s %lld %lld\n", kind_of(call, stop.value), (long long)call,
                    (long long)stop.value);
        }
    }
}
