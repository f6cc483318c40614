/** ForgetFilter and its control as plugins of a benchmark (contracts/plugin.ts). */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import {
  type DefencePlugin,
  type Fault,
  type LoraAdapter,
  type Parameters,
  type Workbench,
  badInput,
} from '@safe/tensor-core/contracts'
import { decodeWith } from '@safe/tensor-core/files'
import { PAPER_PHI, PAPER_SAFE_STEPS } from './defaults'
import { type ForgettingPorts, forgetFilter } from './defence'
import { observe } from './observe'
import { randomDrop } from './randomDrop'

// options ----------------------------------------------------------------------------------------

const Positive = t.refinement(t.number, (x) => Number.isFinite(x) && x > 0, 'a number above 0')
const Steps = t.refinement(t.Integer, (n) => n >= 1, 'a whole number, at least 1')
const Share = t.refinement(t.number, (x) => x >= 0 && x <= 1, 'a number from 0 to 1')

const ForgetFilterCodec = t.exact(
  t.partial({
    /** What tells how well a row is known (signals.ts). */
    signal: t.keyof(
      {
        rouge: null,
        'token-accuracy': null,
        probability: null,
        nll: null,
        'first-token': null,
        'max-token': null,
      },
      'a signal',
    ),
    phi: t.number,
    method: t.keyof({ otsu: null }, 'otsu'),
    /** Optimizer steps of the safe phase, and its learning rate (default: the benchmark's). */
    steps: Steps,
    lr: Positive,
    minLearned: t.number,
    indeterminate: t.keyof({ keep: null, drop: null }, 'keep or drop'),
  }),
)

const RandomDropCodec = t.exact(t.type({ share: Share }))

const known = (
  plugin: string,
  names: ReadonlyArray<string>,
  options: Parameters,
): E.Either<Fault, Parameters> => {
  const unknown = Object.keys(options).find((name) => !names.includes(name))
  return unknown === undefined
    ? E.right(options)
    : E.left(
        badInput('BadConfig', `has no option ${unknown}`, {
          where: plugin,
          remedy: `use ${names.join(', ')}`,
        }),
      )
}

const completeForgetFilter = (options: Parameters) =>
  pipe(
    known('forgetfilter', Object.keys(ForgetFilterCodec.type.props), options),
    E.chainW(decodeWith(ForgetFilterCodec, 'forgetfilter')),
    E.filterOrElseW(
      (o) => o.phi === undefined || o.method === undefined,
      () =>
        badInput('BadConfig', 'phi and method exclude each other', {
          where: 'forgetfilter',
          remedy: 'give one of them',
        }),
    ),
    E.map((o) => ({
      ...(o.method === undefined ? { phi: PAPER_PHI } : {}),
      signal: 'rouge' as const,
      steps: PAPER_SAFE_STEPS,
      indeterminate: 'keep' as const,
      ...o,
    })),
  )

const completeRandomDrop = (options: Parameters): E.Either<Fault, t.TypeOf<typeof RandomDropCodec>> =>
  pipe(
    known('random-drop', Object.keys(RandomDropCodec.type.props), options),
    E.chainW(decodeWith(RandomDropCodec, 'random-drop')),
  )

// ports ------------------------------------------------------------------------------------------

/** The benchmark's trainings and models as ports; every model is freed after its look at the data. */
const benchPorts = (
  bench: Workbench,
  steps: number,
  lr: number | undefined,
): ForgettingPorts<LoraAdapter> => ({
  learn: (noisy) => bench.train(noisy),
  forget: (m1) => bench.train(bench.safe, { maxSteps: steps, ...(lr === undefined ? {} : { lr }) }, m1),
  observe: (adapter, data, field) =>
    TE.bracket(
      bench.model(adapter),
      (model) => observe(model, data.examples, field, { maxNewTokens: bench.maxNewTokens }),
      (model) => TE.fromIO(() => model.dispose()),
    ),
})

// plugins ----------------------------------------------------------------------------------------

const forgetFilterPlugin: DefencePlugin = {
  specificationVersion: 1,
  name: 'forgetfilter',
  stage: 'data',
  summary: 'drops the rows that fine-tuning on safe data makes the model forget (arXiv 2312.12736)',
  complete: (options) => TE.fromEither(completeForgetFilter(options)),
  create: (options, bench) =>
    pipe(
      TE.fromEither(completeForgetFilter(options)),
      TE.map((o) =>
        forgetFilter(
          benchPorts(bench, o.steps, o.lr),
          {
            signal: o.signal,
            threshold:
              o.method === undefined ? { method: 'fixed', phi: o.phi ?? PAPER_PHI } : { method: o.method },
            indeterminate: o.indeterminate,
            ...(o.minLearned === undefined ? {} : { minLearned: o.minLearned }),
          },
          o,
        ),
      ),
    ),
}

const randomDropPlugin: DefencePlugin = {
  specificationVersion: 1,
  name: 'random-drop',
  stage: 'data',
  summary: 'control: drops a share of the rows at random',
  complete: (options) => TE.fromEither(completeRandomDrop(options)),
  create: (options, bench) =>
    pipe(
      TE.fromEither(completeRandomDrop(options)),
      TE.map(({ share }) => randomDrop(share, bench.seed)),
    ),
}

/** ForgetFilter and its control, as a benchmark finds them. */
export const plugins: ReadonlyArray<DefencePlugin> = [forgetFilterPlugin, randomDropPlugin]
