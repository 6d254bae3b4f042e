/* Runs random simulations, one for each seed, and tells which invariant broke in which:
 *
 *     simulate [-s SEED] [-n SEEDS] [-j JOBS] [-w WITH] [-t]
 *
 * WITH names what of the core is tried: forwarding, history, vectors, attack, all, none. -t prints every
 * event. Exit status 1 when an invariant broke. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim.h"

#define JOBS_MAX       64
#define SECONDS_MOST   60 /* of real time for one simulation: then it hangs */
#define AGAIN_EACH     64 /* one of so many is run twice: invariant 7 */
#define FAILURES_SHOWN 50

struct totals {
    uint64_t scenarios, nodes, messages, datagrams, us, failures;
};

struct job {
    uint64_t at; /* the seed that it runs, counted from the first */
    struct totals totals;
};

struct arguments {
    struct sim_options options;
    uint64_t seeds;
    unsigned jobs;
    const char *with;
};

static void tell_failure(const struct arguments *arguments, uint64_t seed, int invariant, const char *what)
{
    printf("seed %" PRIu64 ": invariant %d: %s\n    make simulate SEED=%" PRIu64 " SEEDS=1 TRACE=1 WITH=%s\n",
           seed, invariant, what, seed, arguments->with);
    fflush(stdout);
}

static void add(struct totals *to, const struct totals *more)
{
    to->scenarios += more->scenarios;
    to->nodes += more->nodes;
    to->messages += more->messages;
    to->datagrams += more->datagrams;
    to->us += more->us;
    to->failures += more->failures;
}

static uint64_t run_again(const struct sim_options *options)
{
    struct sim *sim = sim_new(options);

    sim_run(sim);
    uint64_t trace = sim->net->trace;
    sim_free(sim);
    return trace;
}

static void run_one(const struct arguments *arguments, uint64_t seed, struct totals *totals)
{
    struct sim_options options = arguments->options;

    options.seed = seed;
    struct sim *sim = sim_new(&options);
    sim_run(sim);
    if (seed % AGAIN_EACH == 0 && !options.trace && run_again(&options) != sim->net->trace)
        sim_fail(sim, 7, "the same seed gave other datagrams");
    add(totals, &(struct totals){1, (uint64_t)sim->net->node_count, sim->record_count, sim->net->datagrams,
                                 sim->net->now_us, sim->failure.invariant != 0});
    if (sim->failure.invariant != 0 && totals->failures <= FAILURES_SHOWN)
        tell_failure(arguments, seed, sim->failure.invariant, sim->failure.what);
    sim_free(sim);
}

static void run_job(const struct arguments *arguments, struct job *job)
{
    for (; job->at < arguments->seeds; job->at += arguments->jobs) {
        if (!arguments->options.trace)
            alarm(SECONDS_MOST);
        run_one(arguments, arguments->options.seed + job->at, &job->totals);
    }
}

static pid_t start_job(const struct arguments *arguments, struct job *job)
{
    fflush(stdout);
    pid_t child = fork();
    if (child != 0)
        return child;
    run_job(arguments, job);
    fflush(stdout);
    _exit(0);
}

/* Waits for a job; one that died at a seed goes on behind it. */
static void finish_job(const struct arguments *arguments, pid_t child, struct job *job)
{
    char what[64];
    int status;

    while (child > 0 && waitpid(child, &status, 0) == child && status != 0) {
        snprintf(what, sizeof what, "the process died (%s %d)", WIFSIGNALED(status) ? "signal" : "status",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        tell_failure(arguments, arguments->options.seed + job->at, 5, what);
        add(&job->totals, &(struct totals){.scenarios = 1, .failures = 1});
        job->at += arguments->jobs;
        child = start_job(arguments, job);
    }
}

static struct totals run_jobs(const struct arguments *arguments)
{
    struct job *jobs =
        mmap(NULL, JOBS_MAX * sizeof *jobs, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct totals totals = {0};
    pid_t children[JOBS_MAX];

    if (jobs == MAP_FAILED)
        exit(2);
    for (unsigned i = 0; i < arguments->jobs; i++) {
        jobs[i].at = i;
        children[i] = start_job(arguments, &jobs[i]);
    }
    for (unsigned i = 0; i < arguments->jobs; i++) {
        finish_job(arguments, children[i], &jobs[i]);
        add(&totals, &jobs[i].totals);
    }
    return totals;
}

static unsigned with_of(const char *names)
{
    static const struct {
        const char *name;
        unsigned with;
    } known[] = {
        {"none",       0             },
        {"forwarding", SIM_FORWARDING},
        {"history",    SIM_HISTORY   },
        {"vectors",    SIM_VECTORS   },
        {"attack",     SIM_ATTACK    },
        {"all",        SIM_ALL       },
    };
    unsigned with = 0;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strstr(names, known[i].name))
            with |= known[i].with;
    return with;
}

static struct arguments parse(int count, char **words)
{
    struct arguments arguments = {.seeds = 1000, .jobs = 2, .with = SIM_DEFAULT, .options = {.seed = 1}};

    for (int option; (option = getopt(count, words, "s:n:j:w:t")) != -1;) {
        if (option == 's')
            arguments.options.seed = strtoull(optarg, NULL, 10);
        else if (option == 'n')
            arguments.seeds = strtoull(optarg, NULL, 10);
        else if (option == 'j')
            arguments.jobs = (unsigned)strtoul(optarg, NULL, 10);
        else if (option == 'w')
            arguments.with = optarg;
        else if (option == 't')
            arguments.options.trace = true;
        else
            exit(2);
    }
    if (arguments.jobs < 1 || arguments.jobs > JOBS_MAX)
        arguments.jobs = 1;
    if (arguments.options.trace)
        arguments.jobs = 1;
    arguments.options.with = with_of(arguments.with);
    return arguments;
}

int main(int count, char **words)
{
    const struct arguments arguments = parse(count, words);
    const struct totals totals = run_jobs(&arguments);

    printf("simulate: %" PRIu64 " scenarios, %" PRIu64 " nodes, %" PRIu64 " messages, %" PRIu64
           " datagrams, %.1f simulated hours, %" PRIu64 " failures\n",
           totals.scenarios, totals.nodes, totals.messages, totals.datagrams, (double)totals.us / 3.6e9,
           totals.failures);
    return totals.failures > 0;
}
