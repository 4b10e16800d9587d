/* For AddressSanitizer (`.ci/sanitize`), which knows malloc's memory only: what we keep for use
 * again may not be touched meanwhile. Nothing in all other builds.
 */
#ifndef LOCKTRACE_POISON_H
#define LOCKTRACE_POISON_H

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define POISON(at, bytes) ASAN_POISON_MEMORY_REGION(at, bytes)
#define UNPOISON(at, bytes) ASAN_UNPOISON_MEMORY_REGION(at, bytes)
#else
#define POISON(at, bytes) ((void)0)
#define UNPOISON(at, bytes) ((void)0)
#endif

#endif
