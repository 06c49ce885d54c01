// Loaded before the C library (LD_PRELOAD), it lets the N-th write or sync of a ledger's database files fail, as a broken or a
// full disk does. What Go itself writes does not pass through here.
//
//   FAILWRITE_NTH    which call fails, from 1; 0: none
//   FAILWRITE_ERRNO  with what error
//   FAILWRITE_LAST   the last call that fails; 0: all that follow fail
//   FAILWRITE_COUNT  file that the number of calls is written to, eight bytes
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

static long number(const char *name) {
	const char *text = getenv(name);
	return text ? atol(text) : 0;
}

// ours reports whether a descriptor is the database or its write-ahead log. The index beside it (-shm) is only mapped.
static int ours(int fd) {
	char link[64], path[4096];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof path - 1);
	if (n < 0) return 0;
	path[n] = 0;
	const char *base = strrchr(path, '/');
	return base && (!strcmp(base, "/ledger.db") || !strcmp(base, "/ledger.db-wal") || !strcmp(base, "/ledger.db-journal"));
}

// fails counts a call and reports whether it is one that fails.
static int fails(int fd) {
	static long calls;
	static long *shared;
	int kept = errno;
	if (!ours(fd)) {
		errno = kept;
		return 0;
	}
	if (!shared && getenv("FAILWRITE_COUNT")) {
		int count = open(getenv("FAILWRITE_COUNT"), O_RDWR | O_CREAT, 0600);
		if (count >= 0 && ftruncate(count, sizeof *shared) == 0) {
			void *p = mmap(0, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, count, 0);
			if (p != MAP_FAILED) shared = p;
		}
		if (!shared) abort(); // without the count the test would test nothing
	}
	long n = __sync_add_and_fetch(&calls, 1);
	if (shared) __sync_add_and_fetch(shared, 1);
	long nth = number("FAILWRITE_NTH"), last = number("FAILWRITE_LAST");
	errno = kept;
	if (!nth || n < nth || (last && n > last)) return 0;
	errno = (int)number("FAILWRITE_ERRNO");
	return 1;
}

// A write that fails leaves half of what it was given.
#define WRAP_WRITE(type, name, parameters, arguments, half) \
	type name parameters {                                  \
		static type(*real) parameters;                      \
		if (!real) real = dlsym(RTLD_NEXT, #name);          \
		if (!fails(fd)) return real arguments;              \
		int with = errno;                                   \
		if (real half < 0) abort();                         \
		errno = with;                                       \
		return -1;                                          \
	}
#define WRAP(type, name, parameters, arguments)        \
	type name parameters {                             \
		static type(*real) parameters;                 \
		if (!real) real = dlsym(RTLD_NEXT, #name);     \
		return fails(fd) ? -1 : real arguments;        \
	}

WRAP_WRITE(ssize_t, write, (int fd, const void *buf, size_t n), (fd, buf, n), (fd, buf, n / 2))
WRAP_WRITE(ssize_t, pwrite, (int fd, const void *buf, size_t n, off_t at), (fd, buf, n, at), (fd, buf, n / 2, at))
WRAP_WRITE(ssize_t, pwrite64, (int fd, const void *buf, size_t n, off64_t at), (fd, buf, n, at), (fd, buf, n / 2, at))
WRAP(int, fsync, (int fd), (fd))
WRAP(int, fdatasync, (int fd), (fd))
WRAP(int, ftruncate, (int fd, off_t n), (fd, n))
WRAP(int, ftruncate64, (int fd, off64_t n), (fd, n))
