/** Models that a method works with beside the draft: loaded when the defence is applied, freed with the defended model. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { DecodingDefence, Fault, LanguageModel } from '@safe/tensor-core/contracts'

/** A defence with a second model. Where it cannot be applied, the model is freed at once. */
export const withSecondModel =
  <M extends Pick<LanguageModel, 'dispose'>>(
    second: TE.TaskEither<Fault, M>,
    defence: (second: M, onDispose: () => void) => DecodingDefence,
  ): DecodingDefence['apply'] =>
  (draft) =>
    pipe(
      second,
      TE.chain((model) =>
        pipe(
          defence(model, () => model.dispose()).apply(draft),
          TE.tapError(() => TE.fromIO(() => model.dispose())),
        ),
      ),
    )
