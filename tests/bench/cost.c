/* cost COMMAND...: runs a command and prints on standard error how long it took and what it used. */
#include <sys/resource.h>
#include <sys/wait.h>

#include "bench.h"

static uint64_t microseconds(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

int main(int argc, char **argv)
{
    struct rusage usage;
    int status;

    if (argc < 2) {
        fprintf(stderr, "usage: cost COMMAND...\n");
        return 2;
    }
    uint64_t start = bench_now();
    pid_t pid = fork();
    if (pid < 0)
        bench_fail("fork");
    if (pid == 0) {
        execvp(argv[1], argv + 1);
        bench_fail(argv[1]);
    }
    if (wait4(pid, &status, 0, &usage) < 0)
        bench_fail("wait");
    fprintf(stderr, "us=%" PRIu64 " user=%" PRIu64 " system=%" PRIu64 " status=%d end=%" PRIu64 "\n",
            (bench_now() - start) / 1000, microseconds(usage.ru_utime), microseconds(usage.ru_stime),
            WIFEXITED(status) ? WEXITSTATUS(status) : 128, bench_now());
    return 0;
}
