/* The gated activation g sigmoid(g) u, and its gradient. */
#include "lanes.h"
#include "ops.h"
#include "parallel.h"
#include "run.h"

namespace safe {

static EVERY_PROCESSOR void Gate(const float* gate, const float* up, float* y, Index from, Index to) {
  IN_LANES (from, to) {
    const Lanes g = Load(gate + i, n);
    Store(y + i, g * Sigmoid(g) * Load(up + i, n), n);
  }
}

void GatedSilu(void*, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor *gate = run.In(0), *up = run.In(1);
  if (!run.Good()) return;
  if (SizeOf(gate) != SizeOf(up)) return run.Fail("gate and up are of different shapes");
  float* y = run.Out(0, ShapeOf(gate));
  if (!run.Good()) return;
  InParts(SizeOf(gate), 1, [&](Index from, Index to) { Gate(Floats(gate), Floats(up), y, from, to); });
}

static EVERY_PROCESSOR void GateBack(const float* gate, const float* up, const float* dy, float* dGate, float* dUp,
                                     Index from, Index to) {
  IN_LANES (from, to) {
    const Lanes g = Load(gate + i, n), d = Load(dy + i, n), s = Sigmoid(g), a = g * s;
    Store(dGate + i, d * Load(up + i, n) * (s + (a - a * s)), n);
    Store(dUp + i, d * a, n);
  }
}

void GatedSiluPullback(void*, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor *gate = run.In(0), *up = run.In(1), *dy = run.In(2);
  if (!run.Good()) return;
  if (SizeOf(gate) != SizeOf(up) || SizeOf(gate) != SizeOf(dy)) return run.Fail("gate, up and gradient differ");
  float* dGate = run.Out(0, ShapeOf(gate));
  float* dUp = run.Out(1, ShapeOf(gate));
  if (!run.Good()) return;
  InParts(SizeOf(gate), 1,
          [&](Index from, Index to) { GateBack(Floats(gate), Floats(up), Floats(dy), dGate, dUp, from, to); });
}

}  // namespace safe
