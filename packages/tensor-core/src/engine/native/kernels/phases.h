/* Steps that all threads work on together, one after the other, without going to sleep in between. */
#pragma once

#include <atomic>
#include <functional>
#include <utility>
#include <vector>

#ifdef _OPENMP
#include <omp.h>
#endif
#include <sched.h>

#include "parallel.h"

namespace safe {

class Phases {
 public:
  /** Calls body with 0 to count - 1, on any thread and in any order, after all of the phase before has ended. */
  void Add(Index count, std::function<void(Index)> body) { phases_.push_back({count, std::move(body)}); }

  /** @param work operations of all phases: few of them stay on one thread */
  void Run(Index work) {
#ifdef _OPENMP
    if (work >= kParallel && omp_get_max_threads() > 1) {
      std::vector<std::atomic<Index>> next(phases_.size());
      for (auto& n : next) n = 0;
      std::atomic<Index> arrived{0};
#pragma omp parallel
      {
        const Index threads = omp_get_num_threads();
        for (size_t p = 0; p < phases_.size(); p++) {
          for (Index i; (i = next[p].fetch_add(1, std::memory_order_relaxed)) < phases_[p].count;) phases_[p].body(i);
          arrived.fetch_add(1, std::memory_order_acq_rel);
          Await(arrived, threads * static_cast<Index>(p + 1));
        }
      }
      return;
    }
#endif
    for (const Phase& phase : phases_)
      for (Index i = 0; i < phase.count; i++) phase.body(i);
  }

 private:
  struct Phase {
    Index count;
    std::function<void(Index)> body;
  };

  /** A phase takes some microseconds: threads wait awake, and let others have the processor where it takes longer. */
  static void Await(const std::atomic<Index>& arrived, Index wanted) {
    for (int spins = 0; arrived.load(std::memory_order_acquire) < wanted; spins++) {
      if (spins < 2000)
        Relax();
      else
        sched_yield();
    }
  }
  static void Relax() {
#if defined(__x86_64__) && defined(__GNUC__)
    __builtin_ia32_pause();
#endif
  }

  std::vector<Phase> phases_;
};

}  // namespace safe
