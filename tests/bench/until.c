/* until COUNT WORD SECONDS COMMAND...: starts a command, whose standard input stays open, and waits until it
 * has printed COUNT lines that hold WORD; prints the microseconds since its start, and ends it. */
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "bench.h"

static FILE *launch(char **command, pid_t *pid)
{
    int in[2], out[2];

    if (pipe(in) < 0 || pipe(out) < 0 || (*pid = fork()) < 0)
        bench_fail("start");
    if (*pid == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        close(in[1]);
        close(out[0]);
        execvp(command[0], command);
        bench_fail(command[0]);
    }
    close(out[1]);
    return fdopen(out[0], "r");
}

int main(int argc, char **argv)
{
    char line[4096];
    pid_t pid;

    if (argc < 5) {
        fprintf(stderr, "usage: until COUNT WORD SECONDS COMMAND...\n");
        return 2;
    }
    uint64_t left = bench_number(argv[1]), start = bench_now();
    FILE *file = launch(argv + 4, &pid);
    if (!file)
        bench_fail("start");
    alarm((unsigned)bench_number(argv[3])); /* then we die, and say nothing */
    while (left > 0 && fgets(line, sizeof line, file))
        left -= strstr(line, argv[2]) != NULL;
    uint64_t end = bench_now();
    if (left == 0)
        printf("us=%" PRIu64 "\n", (end - start) / 1000);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    return left > 0;
}
