/*
 * SQLCipher as it comes, except that it does not clean up when the process exits.
 *
 * It frees its mutexes and its private heap from an exit handler and from a finaliser section,
 * also while another thread is still using them: a program that exits with an open database would
 * crash. The system takes the memory back anyway, and a database that was not closed is as safe as
 * after a power cut.
 */

/* The exit handler is handed to a function of ours that drops it. */
#define atexit gossamer_no_exit_handler

/* The pointer to the finaliser goes where nothing calls it. */
#if defined(__APPLE__)
#define section(name) section("__DATA,__unused")
#else
#define section(name) section(".unused")
#endif
#define SQLCIPHER_OMIT_DLLMAIN

#include "sqlcipher.c"

int gossamer_no_exit_handler(void (*handler)(void)) {
  (void)handler;
  return 0;
}
