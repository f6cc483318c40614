/** `tensor-core engine test`: the contract on this machine's engines, each in a process of its own. */
import { extname, join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Context, type Outcome, command } from './kit'
import { type EngineError, type Fault, failure } from '../contracts'
import { availableEngines } from '../engine'
import { askChild } from '../engine/child'

// model ------------------------------------------------------------------------------------------

const resultCodec = t.type({
  engine: t.string,
  device: t.string,
  gpu: t.boolean,
  passed: t.number,
  failed: t.number,
  excepted: t.number,
  cases: t.array(
    t.intersection([
      t.type({ name: t.string, passed: t.boolean, seconds: t.number }),
      t.partial({ error: t.union([t.number, t.null]), reason: t.string, excepted: t.boolean }),
    ]),
  ),
})
type EngineResult = t.TypeOf<typeof resultCodec>

// running ----------------------------------------------------------------------------------------

const childFile = join(__dirname, `contractChild${extname(__filename)}`)

const testEngine =
  (context: Context) =>
  (engine: string): TE.TaskEither<EngineError, EngineResult> =>
    pipe(
      askChild(childFile, [engine], { signal: context.signal }),
      TE.mapLeft((said) => failure('EngineFailed', said, { where: `engine ${engine}` })),
      TE.chainEitherKW((message) =>
        pipe(
          resultCodec.decode({ ...(typeof message === 'object' ? message : {}), engine }),
          E.mapLeft(() =>
            failure('EngineFailed', 'the test gave no readable result', { where: `engine ${engine}` }),
          ),
        ),
      ),
    )

const worstError = (r: EngineResult): number => Math.max(0, ...r.cases.map(({ error }) => error ?? 0))

const resultText = (r: EngineResult): string =>
  [
    `${r.engine.padEnd(7)} ${r.passed} passed, ${r.failed} failed, ${r.excepted} known exceptions; largest error ${worstError(r).toExponential(1)}; on ${r.device}${r.gpu ? ' (GPU)' : ''}`,
    ...r.cases
      .filter(({ passed }) => !passed)
      .map(
        ({ name, reason, excepted }) =>
          `  ${excepted === true ? 'known' : 'FAILED'}  ${name}: ${reason ?? ''}`,
      ),
  ].join('\n')

const presentEngines: TE.TaskEither<never, ReadonlyArray<string>> = pipe(
  TE.fromTask(availableEngines),
  TE.map((engines) => engines.filter(({ available }) => available).map(({ name }) => name)),
)

// command ----------------------------------------------------------------------------------------

export const engineTestCommand = command({
  name: 'engine test',
  description: 'checks every engine of this machine, or the one given with --engine, against float64',
  example: 'tensor-core engine test --engine wasm',
  options: {},
  run: (_, context) => {
    const { engine } = context.common
    return pipe(
      engine === 'auto' ? presentEngines : TE.of([engine]),
      TE.chain(
        TE.traverseSeqArray((name) => {
          context.note(`testing ${name}`)
          return testEngine(context)(name)
        }),
      ),
      TE.chainW((results): TE.TaskEither<Fault, Outcome> => {
        const broken = results.filter(({ failed }) => failed > 0)
        const text = results.map(resultText).join('\n')
        if (broken.length === 0) return TE.right({ json: { engines: results }, text })
        context.note(text)
        return TE.left(
          failure(
            'EngineFailed',
            broken
              .map(
                (r) =>
                  `${r.engine} fails ${r.failed} of ${r.cases.length} cases (${r.cases.find((c) => !c.passed && c.excepted !== true)?.name ?? ''}, ...)`,
              )
              .join(', '),
            { remedy: 'choose another engine, and please report this with the versions that info shows' },
          ),
        )
      }),
    )
  },
})
