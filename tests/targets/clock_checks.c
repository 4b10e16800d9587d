/* The C core's clock beside a counter and a clock that go as we say: `main` runs the check named. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <x86intrin.h>

static uint64_t counter = 1000000, true_ns = 5000000000;
static int fake_clock(struct timespec *now)
{
    now->tv_sec = (time_t)(true_ns / 1000000000);
    now->tv_nsec = (long)(true_ns % 1000000000);
    return 0;
}
#define __rdtsc() counter
#define clock_gettime(clock, now) fake_clock(now)
#include "clock.h"

enum { TICKS_PER_NS = 3, MS = 1000000 };

/* Time passes, and somebody asks for it each millisecond. */
static void pass(uint64_t ms)
{
    for (; ms > 0; ms--) {
        counter += (uint64_t)MS * TICKS_PER_NS;
        true_ns += MS;
        clock_ns();
    }
}

/* How long `us` microseconds last by the clock. */
static int lasts(uint64_t us)
{
    uint64_t began = clock_ns();
    counter += us * 1000 * TICKS_PER_NS;
    true_ns += us * 1000;
    return (int)((clock_ns() - began + 500) / 1000);
}

static int right(void)
{
    for (int look = 0; look < 40; look++) {
        int took = lasts(900);
        if (took != 900) {
            printf("900 us last %d\n", took);
            return 0;
        }
    }
    return 1;
}

int main(int count, char **names)
{
    clock_counts = 1;
    clock_state.first_ticks = clock_state.base_ticks = counter;
    clock_state.first_ns = clock_state.base_ns = true_ns;
    pass(1000);
    int ok = right();
    const char *check = count > 1 ? names[1] : "";
    if (strcmp(check, "the_counter_runs_on_while_the_machine_is_suspended") == 0) {
        counter += 3600000ull * MS * TICKS_PER_NS;
    } else if (strcmp(check, "the_counter_begins_anew_after_a_suspension") == 0) {
        counter = 1000;
    } else if (strcmp(check, "a_thread_is_stopped_between_the_two_readings") == 0) {
        true_ns += 300 * MS;
    } else {
        printf("no check is called %s\n", check);
        return 1;
    }
    pass(50);
    ok = right() && ok;
    puts(ok ? "ok" : "wrong");
    return !ok;
}
