/* Stands before fsync and fdatasync: counts every call in a shared file, and makes the disk slower by so many
   microseconds. SYNC_COUNT names a file of eight bytes; SYNC_EXTRA_US is the added time. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static uint64_t *count;
static unsigned extra_us;

__attribute__((constructor)) static void begin(void) {
    const char *file = getenv("SYNC_COUNT"), *extra = getenv("SYNC_EXTRA_US");
    extra_us = extra ? (unsigned)atoi(extra) : 0;
    int opened = file ? open(file, O_RDWR | O_CLOEXEC) : -1;
    if (opened < 0) return;
    void *shared = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, opened, 0);
    if (shared != MAP_FAILED) count = shared;
    close(opened);
}

static int counted(const char *name, int file) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    int done = real(file);
    if (count) __atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
    if (extra_us) usleep(extra_us);
    return done;
}

int fsync(int file) { return counted("fsync", file); }
int fdatasync(int file) { return counted("fdatasync", file); }
