// Defaults of the address sanitizer for every executable of the asan preset. LLVM's arenas poison memory in headers
// that we compile with the sanitizer and free it in a library that was compiled without: poisoning by hand is left out.
extern "C" const char *__asan_default_options();
extern "C" const char *__asan_default_options() { return "allow_user_poisoning=0"; }
