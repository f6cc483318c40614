/* The product of few rows with a large matrix, as an op. */
#include "fewRows.h"
#include "ops.h"
#include "phases.h"
#include "run.h"

namespace safe {

/**
 * x [n, cols], W [rows, cols] in float32 or bfloat16 -> x W^T [n, rows]; `rounded` is not 0 for the arithmetic of
 * bfloat16.
 */
void RowsProduct(void* rounded, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor *x = run.In(0), *w = run.In(1);
  if (!run.Good()) return;
  Product p;
  if (TF_NumDims(x) != 2 || !MatrixOf(w, &p.w) || TF_Dim(x, 1) != p.w.cols)
    return run.Fail("the matrix does not fit the rows");
  const Index count = TF_Dim(x, 0);
  p.y = run.Out(0, {count, p.w.rows});
  if (!run.Good()) return;
  p.stride = p.w.rows;
  p.rounded = NumberOf(rounded) != 0.0f;
  static thread_local Operand operand;
  operand.Prepare(count, p.w.cols, p.w.brief, p.rounded);
  // Threads have their own `operand`: they must see this one.
  Operand& own = operand;
  Phases phases;
  phases.Add(count, [&](Index r) { own.SetRow(r, Floats(x) + r * p.w.cols); });
  phases.Add(Parts(&p, 1), [&](Index part) { MultiplyPart(own, &p, 1, part); });
  phases.Run(count * p.w.rows * p.w.cols);
}

}  // namespace safe
