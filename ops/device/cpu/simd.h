#pragma once

// Compiles a function once for each instruction set and picks at start-up: our loops reach AVX-512 while the binary
// runs anywhere. Off under sanitizers, whose runtime is not up yet when the choice is made.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__)
#define THAW_SIMD_CLONES
#else
#define THAW_SIMD_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif
