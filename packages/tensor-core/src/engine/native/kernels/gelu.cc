/* The gated activation g sigmoid(z(g)) u with z(g) = s (g + c g^3): the tanh approximation of GELU, and its gradient. */
#include "lanes.h"
#include "ops.h"
#include "parallel.h"
#include "run.h"

namespace safe {

/** s = 2 sqrt(2 / pi), and c */
static constexpr float kSlope = 1.5957691216057308f;
static constexpr float kCubic = 0.044715f;

static EVERY_PROCESSOR void Gelu(const float* gate, const float* up, float* y, Index from, Index to) {
  IN_LANES (from, to) {
    const Lanes g = Load(gate + i, n);
    Store(y + i, g * Sigmoid(g * (g * g * kCubic + 1.0f) * kSlope) * Load(up + i, n), n);
  }
}

void GatedGelu(void*, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor *gate = run.In(0), *up = run.In(1);
  if (!run.Good()) return;
  if (SizeOf(gate) != SizeOf(up)) return run.Fail("gate and up are of different shapes");
  float* y = run.Out(0, ShapeOf(gate));
  if (!run.Good()) return;
  InParts(SizeOf(gate), 1, [&](Index from, Index to) { Gelu(Floats(gate), Floats(up), y, from, to); });
}

static EVERY_PROCESSOR void GeluBack(const float* gate, const float* up, const float* dy, float* dGate, float* dUp,
                                     Index from, Index to) {
  IN_LANES (from, to) {
    const Lanes g = Load(gate + i, n), d = Load(dy + i, n), square = g * g;
    const Lanes s = Sigmoid(g * (square * kCubic + 1.0f) * kSlope), a = g * s;
    const Lanes rise = (square * (3.0f * kCubic) + 1.0f) * kSlope;
    Store(dGate + i, d * Load(up + i, n) * (s + (a - a * s) * rise), n);
    Store(dUp + i, d * a, n);
  }
}

void GatedGeluPullback(void*, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor *gate = run.In(0), *up = run.In(1), *dy = run.In(2);
  if (!run.Good()) return;
  if (SizeOf(gate) != SizeOf(up) || SizeOf(gate) != SizeOf(dy)) return run.Fail("gate, up and gradient differ");
  float* dGate = run.Out(0, ShapeOf(gate));
  float* dUp = run.Out(1, ShapeOf(gate));
  if (!run.Good()) return;
  InParts(SizeOf(gate), 1,
          [&](Index from, Index to) { GeluBack(Floats(gate), Floats(up), Floats(dy), dGate, dUp, from, to); });
}

}  // namespace safe
