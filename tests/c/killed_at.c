/*
 * killed_at N PROGRAM [ARGUMENT...]
 *
 * Runs a program and kills it when it is about to make its N-th system call, as a power cut would.
 * Exits with KILLED then, else with the program's own code.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
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

static int is_about_to_call(pid_t child)
{
    /* The structure's name differs from one C library to the next; its first byte says what the
     * stop is. */
    unsigned char info[128];

    or_die(ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, info), "ptrace: what it does");
    return info[0] == PTRACE_SYSCALL_INFO_ENTRY;
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
    int status;
    pid_t child;

    if (argc < 3) {
        return BROKEN;
    }
    last_call = atol(argv[1]);
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
            return WEXITSTATUS(status);
        }
        if (!WIFSTOPPED(status)) {
            return BROKEN;
        }
        signal = 0;
        if (WSTOPSIG(status) != SYSCALL_STOP) {
            signal = WSTOPSIG(status);
        } else if (is_about_to_call(child) && ++calls == last_call) {
            or_die(kill(child, SIGKILL), "kill");
            or_die(waitpid(child, &status, 0), "waitpid");
            return KILLED;
        }
    }
}
