// From the kernel to main() without a census of the processor.
//
// glibc begins a static program by asking the processor for all of its features and caches, to choose among a dozen
// memcpy()s: about 70 CPUID instructions. Each is trapped by a virtual machine's host, which takes 1 to 12 us: up to
// two thirds of what a command like `state` needs in all. This takes the place of glibc's own first function, does the
// same in the same order (csu/libc-start.c), and leaves the census out, which means "nothing beyond x86-64" to whoever
// reads its result. It is tied to the insides of glibc, therefore built only with the versions that it was compared
// with: see `lean_start` in meson.build. With others, and with the sanitizers, programs begin as usual.
#include <elf.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

extern "C" {

#pragma GCC visibility push(hidden) // reached without the table that is filled in only by _dl_relocate_static_pie()

extern void* __libc_stack_end;
extern int __libc_enable_secure;
extern void* _dl_random; // 16 bytes from the kernel

void _dl_aux_init(Elf64_auxv_t* auxv);
void __tunables_init(char** environment);
void _dl_relocate_static_pie();
void __libc_setup_tls();
void __libc_early_init(bool initial);
void __libc_init_first(int argc, char** argv, char** environment);
void __libc_check_standard_fds();
int __cxa_atexit(void (*function)(void*), void* argument, void* dso);

using Initializer = void (*)(int, char**, char**);
using Finisher = void (*)();
extern const Initializer __preinit_array_start[], __preinit_array_end[], __init_array_start[], __init_array_end[];
extern const Finisher __fini_array_start[], __fini_array_end[];
void _init();
void _fini();

// Where memcpy() and memset() change their ways, in bytes. They are a part of what is replaced; the values are those
// that glibc has before it has asked, or computes from them.
long __x86_data_cache_size = 32 * 1024;
long __x86_data_cache_size_half = 16 * 1024;
long __x86_shared_cache_size = 1024 * 1024;
long __x86_shared_cache_size_half = 512 * 1024;
long __x86_shared_non_temporal_threshold = 768 * 1024;
long __x86_memset_non_temporal_threshold = 768 * 1024;
long __x86_rep_movsb_threshold = 2048;
long __x86_rep_movsb_stop_threshold = 768 * 1024;
long __x86_rep_stosb_threshold = 2048;
int __x86_string_control = 0;

// For dlopen(), which nobody calls here; the real one walks through the file system.
const char* _dl_get_origin() {
  return reinterpret_cast<const char*>(-1);
}

#pragma GCC visibility pop

static void finish(void*) {
  for (const Finisher* each = __fini_array_end; each != __fini_array_start;) (*--each)();
  _fini();
}

// What compilers and setjmp() expect in the thread's control block.
__attribute__((no_stack_protector)) static void set_guards() {
  const auto* random = static_cast<const uintptr_t*>(_dl_random);
  const uintptr_t canary = random[0] & ~uintptr_t{0xff}; // a string cannot run over its zero
  __asm__ volatile("mov %0, %%fs:0x28" : : "r"(canary));
  __asm__ volatile("mov %0, %%fs:0x30" : : "r"(random[1]));
}

// Called by _start of rcrt1.o.
__attribute__((no_stack_protector, noreturn, visibility("default"))) int
__libc_start_main(int (*main)(int, char**, char**), int argc, char** argv, void (*)(), void (*)(), void (*)(),
                  void* stack_end) {
  char** const environment = argv + argc + 1;
  environ = environment;
  __libc_stack_end = stack_end;
  char** end = environment;
  while (*end) ++end;
  _dl_aux_init(reinterpret_cast<Elf64_auxv_t*>(end + 1));
  __tunables_init(environment);
  _dl_relocate_static_pie(); // until here no function by pointer, and none of memcpy()'s kind
  __libc_setup_tls();        // until here no errno
  set_guards();

  __libc_early_init(true);
  __libc_init_first(argc, argv, environment);
  __cxa_atexit(finish, nullptr, nullptr);
  if (__libc_enable_secure) __libc_check_standard_fds();
  for (const Initializer* each = __preinit_array_start; each != __preinit_array_end; ++each)
    (*each)(argc, argv, environment);
  _init();
  for (const Initializer* each = __init_array_start; each != __init_array_end; ++each) (*each)(argc, argv, environment);
  ::exit(main(argc, argv, environment));
}

} // extern "C"
