/* The processor: variants of a function by instruction set, and loops on several threads. */
#pragma once

#include <cstdint>

/** One variant for each generation of processors, chosen when the library is loaded. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#define EVERY_PROCESSOR __attribute__((target_clones("avx512f", "avx2", "default"), noinline))
#else
#define EVERY_PROCESSOR __attribute__((noinline))
#endif

namespace safe {

using Index = int64_t;

/** Work of fewer operations than this stays on one thread. */
constexpr Index kParallel = 1 << 15;

/** body(from, to) over parts of [0, count), each element of which costs cost operations. */
template <typename Body>
void InParts(Index count, Index cost, const Body& body) {
#ifdef _OPENMP
  if (count > 1 && count * cost >= kParallel) {
    const Index parts = count < 64 ? count : 64;
#pragma omp parallel for schedule(static)
    for (Index p = 0; p < parts; p++) body(count * p / parts, count * (p + 1) / parts);
    return;
  }
#endif
  body(Index{0}, count);
}

}  // namespace safe
