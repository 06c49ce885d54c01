// A VFS around SQLite's own that tells Go what is written and what is synced. It syncs nothing itself: the power that fails is
// only imagined.
#include "vfs.h"
#include "_cgo_export.h"

typedef struct {
	sqlite3_file base;
	int id; // 0: not followed
	sqlite3_file *real;
} file;

static sqlite3_vfs *under, around;

#define REAL(f) (((file *)(f))->real)
#define CALL(f, method, ...) REAL(f)->pMethods->method(REAL(f), ##__VA_ARGS__)

static int closeFile(sqlite3_file *f) { return CALL(f, xClose); }
static int readFile(sqlite3_file *f, void *to, int n, sqlite3_int64 at) { return CALL(f, xRead, to, n, at); }
static int fileSize(sqlite3_file *f, sqlite3_int64 *n) { return CALL(f, xFileSize, n); }
static int lock(sqlite3_file *f, int how) { return CALL(f, xLock, how); }
static int unlock(sqlite3_file *f, int how) { return CALL(f, xUnlock, how); }
static int checkReservedLock(sqlite3_file *f, int *out) { return CALL(f, xCheckReservedLock, out); }
static int fileControl(sqlite3_file *f, int op, void *arg) { return CALL(f, xFileControl, op, arg); }
static int sectorSize(sqlite3_file *f) { return CALL(f, xSectorSize); }
static int deviceCharacteristics(sqlite3_file *f) { return CALL(f, xDeviceCharacteristics); }
static int shmMap(sqlite3_file *f, int page, int size, int extend, void volatile **p) { return CALL(f, xShmMap, page, size, extend, p); }
static int shmLock(sqlite3_file *f, int at, int n, int flags) { return CALL(f, xShmLock, at, n, flags); }
static void shmBarrier(sqlite3_file *f) { CALL(f, xShmBarrier); }
static int shmUnmap(sqlite3_file *f, int remove) { return CALL(f, xShmUnmap, remove); }

static int writeFile(sqlite3_file *f, const void *from, int n, sqlite3_int64 at) {
	int rc = CALL(f, xWrite, from, n, at), id = ((file *)f)->id;
	if (rc == 0 && id) powerlossWrote(id, (void *)from, n, at);
	return rc;
}

static int truncateFile(sqlite3_file *f, sqlite3_int64 n) {
	int rc = CALL(f, xTruncate, n), id = ((file *)f)->id;
	if (rc == 0 && id) powerlossTruncated(id, n);
	return rc;
}

static int syncFile(sqlite3_file *f, int flags) {
	if (((file *)f)->id) powerlossSynced(((file *)f)->id);
	return 0;
}

static const sqlite3_io_methods methods = {
	2, closeFile, readFile, writeFile, truncateFile, syncFile, fileSize, lock, unlock, checkReservedLock, fileControl, sectorSize,
	deviceCharacteristics, shmMap, shmLock, shmBarrier, shmUnmap, 0, 0,
};

static int openFile(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out) {
	file *p = (file *)f;
	p->real = (sqlite3_file *)(p + 1);
	p->base.pMethods = 0;
	int rc = under->xOpen(under, name, p->real, flags, out);
	if (rc == 0) {
		p->id = name ? powerlossOpened((char *)name) : 0;
		p->base.pMethods = &methods;
	}
	return rc;
}

static int deleteFile(sqlite3_vfs *vfs, const char *name, int syncDirectory) {
	int rc = under->xDelete(under, name, syncDirectory);
	if (rc == 0) powerlossDeleted((char *)name, syncDirectory);
	return rc;
}

int powerloss_register(void) {
	if (!(under = sqlite3_vfs_find(0))) return 1;
	around = *under;
	around.pNext = 0;
	around.zName = "powerloss";
	around.szOsFile = sizeof(file) + under->szOsFile;
	around.xOpen = openFile;
	around.xDelete = deleteFile;
	return sqlite3_vfs_register(&around, 1);
}
