/* Stands before the calls by which a process reaches a disk or another process: fsync, pwrite, send, recv and their kin.

   TRAP names a file that is shared with the test. Once armed, the calls of the wanted kinds are counted, and the n-th
   kills the whole process group, or fails with an error. While noting, what went by is written down in order: a request
   heard, a page of the log written, a sync, an answer sent. Requests are known by an id that begins with "trap-". */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* ASKED: about to hear what became of a COMMIT, or of a statement outside of a transaction, that was sent. TOLD: has
   just heard it. */
enum { SYNC = 1, WRITE = 2, SEND = 4, ASKED = 8, TOLD = 16 };
enum { ID_LENGTH = 17, NOTES = 1 << 20, FILES = 1 << 16 };

struct note {
    char what;
    char id[ID_LENGTH + 2];
    int32_t file;
};

struct trap {
    uint64_t seen;       /* calls of the wanted kinds since it was armed */
    uint64_t at;         /* the first call that something happens to, from one; nought for none */
    uint64_t lasting;    /* how many calls fail from there on */
    uint64_t happened;   /* how often it happened */
    uint64_t noted;
    int32_t armed, kinds, error, group, noting, unused;
    struct note notes[];
};

static struct trap *trap;
/* the sockets over which a COMMIT went and no answer came yet; those over which a BEGIN went and nothing that ends it */
static unsigned char asked[FILES], begun[FILES];
/* what a transaction that only reads commits is no news */
enum { WRITES = 1, READS = 2 };
/* less than this asks whether a server is there */
enum { SMALL = 100 };

__attribute__((constructor)) static void begin(void) {
    const char *name = getenv("TRAP");
    int file = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *shared = mmap(NULL, sizeof *trap + NOTES * sizeof(struct note), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (shared != MAP_FAILED) trap = shared;
    close(file);
}

/* 0: go on; -1: fail with errno; -2: this is the last call of this process */
static int meets(int kind) {
    if (!trap || !trap->armed || !(trap->kinds & kind)) return 0;
    uint64_t number = __atomic_add_fetch(&trap->seen, 1, __ATOMIC_SEQ_CST);
    if (!trap->at || number < trap->at || number >= trap->at + trap->lasting) return 0;
    __atomic_add_fetch(&trap->happened, 1, __ATOMIC_SEQ_CST);
    if (!trap->error) return -2;
    errno = trap->error;
    return -1;
}

static void die(void) {
    if (trap->group) kill(-trap->group, SIGKILL);
    kill(getpid(), SIGKILL);
}

static int is_socket(int file) {
    struct stat told;
    int before = errno, socket = fstat(file, &told) == 0 && S_ISSOCK(told.st_mode);
    errno = before;
    return socket;
}

/* whether the file is a log that is written ahead: SQLite's, or PostgreSQL's */
static int is_log(int file) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 4) return 0;
    path[length] = 0;
    return !strcmp(path + length - 4, "-wal") || strstr(path, "/pg_wal/");
}

static void note(char what, int file, const char *id) {
    uint64_t number = __atomic_fetch_add(&trap->noted, 1, __ATOMIC_SEQ_CST);
    if (number >= NOTES) return;
    struct note *to = &trap->notes[number];
    memcpy(to->id, id ? id : "", id ? ID_LENGTH : 1);
    to->file = file;
    __atomic_store_n(&to->what, what, __ATOMIC_SEQ_CST);
}

static int is_whole(const char *id) {
    for (int place = 5; place < ID_LENGTH; place++)
        if (id[place] < '0' || id[place] > '9') return 0;
    return 1;
}

static void note_ids(char what, int file, const void *data, ssize_t length) {
    const char *from = data, *end = from + (length > 0 ? length : 0);
    while ((from = memmem(from, (size_t)(end - from), "trap-", 5)) && end - from >= ID_LENGTH) {
        /* one that a log's page breaks in two stands whole where the index tells of it */
        if (is_whole(from)) note(what, file, from);
        from += 5;
    }
}

static int noting(void) { return trap && trap->noting; }

static void hear(int file, const void *data, ssize_t length) {
    int before = errno;
    /* a database hears of deliveries as well: a request is what begins like one */
    if (noting() && length > 5 && !memcmp(data, "POST ", 5) && is_socket(file)) note_ids('R', file, data, length);
    errno = before;
}

static void answer(int file, const void *data, size_t length) {
    int before = errno;
    if (noting() && length > 12 && !memcmp(data, "HTTP/1.1 200", 12)) note('A', file, NULL);
    errno = before;
}

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

static int synced(const char *name, int file) {
    int met = meets(SYNC);
    if (met == -2) die();
    if (met) return -1;
    int done = ((int (*)(int))real(name))(file), before = errno;
    if (noting() && !done && is_log(file)) note('Y', file, NULL);
    errno = before;
    return done;
}

int fsync(int file) { return synced("fsync", file); }
int fdatasync(int file) { return synced("fdatasync", file); }

typedef ssize_t (*writer)(int, const void *, size_t, off64_t);

static ssize_t written(const char *name, int file, const void *data, size_t length, off64_t at) {
    writer write_at = (writer)real(name);
    int met = meets(WRITE);
    if (met == -2) {
        /* torn: half of it is there */
        write_at(file, data, length / 2, at);
        die();
    }
    if (met) return -1;
    ssize_t done = write_at(file, data, length, at);
    int before = errno;
    if (noting() && is_log(file)) note_ids('W', file, data, done);
    errno = before;
    return done;
}

ssize_t pwrite64(int file, const void *data, size_t length, off64_t at) { return written("pwrite64", file, data, length, at); }
ssize_t pwrite(int file, const void *data, size_t length, off_t at) { return written("pwrite", file, data, length, at); }

/* as PostgreSQL is asked: a kind, a length of four bytes, the words */
static int says(const char *words, const void *data, size_t length) {
    size_t many = strlen(words);
    return length >= 5 + many && *(const char *)data == 'Q' && !memcmp((const char *)data + 5, words, many);
}

/* what is executed outside of a transaction is one by itself; a long one is sent in parts, its end is Execute and Sync */
static int commits_itself(int file, const void *data, size_t length) {
    static const char end[] = "E\0\0\0\t\0\0\0\0\0S\0\0\0\4";
    size_t many = sizeof end - 1;
    return !begun[file] && length > SMALL && !memcmp((const char *)data + length - many, end, many);
}

static void asks(int file, const void *data, size_t length) {
    if (says("BEGIN", data, length)) begun[file] = memmem(data, length, "READ ONLY", 9) ? READS : WRITES;
    else if (says("ROLLBACK", data, length)) begun[file] = 0;
    else if (says("COMMIT", data, length)) asked[file] = trap->armed && begun[file] == WRITES, begun[file] = 0;
    else if (trap->armed && commits_itself(file, data, length)) asked[file] = 1;
}

static int sends(int file, const void *data, size_t length) {
    int met = is_socket(file) ? meets(SEND) : 0;
    if (met == -2) die();
    if (!met) answer(file, data, length);
    if (trap && file >= 0 && file < FILES) asks(file, data, length);
    return met;
}

static int was_asked(int file) { return file >= 0 && file < FILES && asked[file]; }

/* the database has done it, and nobody here knows */
static void listens(int file) {
    if (was_asked(file) && meets(ASKED) == -2) die();
}

/* it is known here, and nobody else was told */
static void heard(int file, ssize_t length) {
    int before = errno;
    if (was_asked(file) && length > 0) {
        asked[file] = 0;
        if (meets(TOLD) == -2) die();
    }
    errno = before;
}

ssize_t send(int file, const void *data, size_t length, int flags) {
    if (sends(file, data, length)) return -1;
    return ((ssize_t (*)(int, const void *, size_t, int))real("send"))(file, data, length, flags);
}

ssize_t sendto(int file, const void *data, size_t length, int flags, const struct sockaddr *to, socklen_t size) {
    if (sends(file, data, length)) return -1;
    typedef ssize_t (*sender)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
    return ((sender)real("sendto"))(file, data, length, flags, to, size);
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    if (count > 0 && is_socket(file) && sends(file, parts->iov_base, parts->iov_len)) return -1;
    return ((ssize_t (*)(int, const struct iovec *, int))real("writev"))(file, parts, count);
}

ssize_t recv(int file, void *data, size_t length, int flags) {
    listens(file);
    ssize_t done = ((ssize_t (*)(int, void *, size_t, int))real("recv"))(file, data, length, flags);
    heard(file, done);
    hear(file, data, done);
    return done;
}

ssize_t recvfrom(int file, void *data, size_t length, int flags, struct sockaddr *from, socklen_t *size) {
    typedef ssize_t (*receiver)(int, void *, size_t, int, struct sockaddr *, socklen_t *);
    listens(file);
    ssize_t done = ((receiver)real("recvfrom"))(file, data, length, flags, from, size);
    heard(file, done);
    hear(file, data, done);
    return done;
}
