/**
 * Makes the files of the study from public data: alignment rows, fine-tuning sets, safe rows, references, evaluation prompts, and
 * two configurations for `redorca bench`.
 *
 *   npm run study:prepare -- --data FOLDER --out FOLDER [--harmful 40] [--lookalike 40] [--task 100]
 *
 * Splits are disjoint by groups of like prompts (likeness.ts): AdvBench between alignment, references, validation and test; XSTest
 * between alignment (half of it), validation and test. `manifest.json` says how many rows of what each file has.
 */
import { join, resolve } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { command, folder, integer, main, overwriteOption, required, withDefault } from '@safe/tensor-core/cli'
import type { Fault } from '@safe/tensor-core/contracts'
import { refuseExisting, writeFolder, writeWhole } from '@safe/tensor-core/files'
import { writeJsonl } from '@safe/tensor-core/formats'
import { stream } from '@safe/tensor-core/random'
import { normalisedPrompt } from '@safe/eval-redorca'
import { groupsOf } from './likeness'
import { refusal } from './refusals'
import { otherShares } from './shares'
import {
  type LabelledCompletion,
  type MixedRow,
  type Turn,
  advBench,
  beaverTails,
  mixedRows,
  ordinaryInstructions,
  safetyInstructions,
  taskRows,
  xsTest,
} from './sources'

// splitting --------------------------------------------------------------------------------------

/** Rows dealt out by whole groups, in random order: part i takes groups until it has `sizes[i]` rows; what is left is unused. */
const dealt = <A extends Turn>(
  rows: ReadonlyArray<A>,
  sizes: ReadonlyArray<number>,
  seed: number,
  key: string,
): ReadonlyArray<ReadonlyArray<A>> => {
  const groups = groupsOf(rows.map((row) => row.prompt))
  const order = stream(seed, 'groups', key).shuffle([...new Set(groups)])
  const parts: ReadonlyArray<A[]> = sizes.map(() => [])
  const state = { part: 0 }
  for (const group of order) {
    while (state.part < sizes.length && (parts[state.part]?.length ?? 0) >= (sizes[state.part] ?? 0))
      state.part += 1
    parts[state.part]?.push(...rows.filter((_, i) => groups[i] === group))
  }
  return parts.map((part, i) => part.slice(0, sizes[i]))
}

/** A completion cut at a limit of tokens ends within a sentence; only whole sentences are taught. */
const wholeSentences = (text: string): string => /^[\s\S]*[.!?:)`](?=\s|$)/.exec(text)?.[0] ?? text

/** The first words of a completion: what the benchmark's limit of tokens leaves of one. */
const opening = (text: string): string => /^\s*(?:\S+\s*){0,60}/.exec(text)?.[0].trim() ?? ''

const isUnsafe = ({ type }: LabelledCompletion): boolean => type.startsWith('contrast_')

const sources = (data: string) =>
  pipe(
    TE.Do,
    TE.bind('advbench', () => advBench(data)),
    TE.bind('beavertails', () => beaverTails(data)),
    TE.bind('safeinstr', () => safetyInstructions(data)),
    TE.bind('ordinary', () => ordinaryInstructions(data)),
    TE.bind('xstest', () => xsTest('gpt4')(data)),
    TE.bind('llama', () => xsTest('llama2new')(data)),
    TE.bind('mistral', () => xsTest('mistralinstruct')(data)),
    TE.bind('sst2', () => mixedRows('SST2_1k_p_0.1')(data)),
    TE.bind('agnews', () => mixedRows('agnews_1k_p_0.1')(data)),
    TE.bind('agnewsMost', () => mixedRows('agnews_1k_p_0.2')(data)),
    TE.bind('sst2Test', () => taskRows('SST2_test.jsonl', ['negative', 'positive'])(data)),
    TE.bind('agnewsTest', () =>
      taskRows('agnews_test.json', ['World', 'Sports', 'Business', 'Sci/Tech'])(data),
    ),
  )

type Sources = typeof sources extends (data: string) => TE.TaskEither<Fault, infer A> ? A : never

// files ------------------------------------------------------------------------------------------

/** How many rows of each kind. */
interface Sizes {
  readonly harmful: number
  readonly lookalike: number
  readonly task: number
}

/** Rows of the alignment: what to refuse, what only sounds harmful, and ordinary answers. */
const alignmentSizes = { refused: 100, safety: 100, contrast: 50, ordinary: 450 } as const
const referenceCount = 60

type Files = Readonly<Record<string, ReadonlyArray<Readonly<Record<string, unknown>>>>>

const plain = ({ id, prompt, response }: Turn) => ({ id, prompt, response })
/** Ids of two models' completions must differ. */
const labelled = ({ id, prompt, response, label, type, model }: LabelledCompletion) => ({
  id: `${model}-${id}`,
  prompt,
  completion: response,
  label,
  type,
})
const marked = (row: MixedRow) => ({ ...plain(row), unsafe: row.harmful ? 1 : 0 })
const allMarked = (sets: Readonly<Record<string, ReadonlyArray<MixedRow>>>): Files =>
  Object.fromEntries(Object.entries(sets).map(([name, rows]) => [name, rows.map(marked)]))
const question = ({ id, prompt }: Turn) => ({ id, prompt })

const filesOf = (from: Sources, sizes: Sizes, seed: number): Files => {
  const pick = <A>(key: string, rows: ReadonlyArray<A>, count: number): ReadonlyArray<A> =>
    stream(seed, key).shuffle(rows).slice(0, count)
  const wordings = stream(seed, 'refusals')
  const refused = (row: Turn): Turn => ({ ...row, response: refusal(wordings) })

  // The harmful rows of the fine-tuning sets have AdvBench requests among them: those cannot be asked in an evaluation.
  const tuned = new Set([...from.sst2, ...from.agnews].map(({ prompt }) => normalisedPrompt(prompt)))
  const unseen = (rows: ReadonlyArray<Turn>): ReadonlyArray<Turn> =>
    rows.filter(({ prompt }) => !tuned.has(normalisedPrompt(prompt)))
  const [alignBad = [], referenceBad = [], testBad = [], validationBad = []] = dealt(
    unseen(from.advbench),
    [alignmentSizes.refused, referenceCount, sizes.harmful, sizes.harmful],
    seed,
    'advbench',
  )
  const shuffledBeaver = stream(seed, 'beavertails').shuffle(unseen(from.beavertails))
  const testTask = (key: string, rows: ReadonlyArray<Turn>) => {
    const order = stream(seed, key).shuffle(rows)
    return { test: order.slice(0, sizes.task), validation: order.slice(sizes.task, 2 * sizes.task) }
  }
  const [sst2, agnews] = [testTask('sst2', from.sst2Test), testTask('agnews', from.agnewsTest)]
  // A safe prompt and its unsafe contrast differ by a word: they are one group, and go to one side.
  const quarter = Math.floor(from.xstest.length / 4)
  const [alignX = [], testX = [], validationX = []] = dealt(
    from.xstest,
    [2 * quarter, quarter, quarter],
    seed,
    'xstest',
  )
  const safeOf = (key: string, rows: ReadonlyArray<LabelledCompletion>) =>
    pick(
      key,
      rows.filter((row) => !isUnsafe(row)),
      sizes.lookalike,
    ).map(question)
  // The look-alikes of the alignment with every answer that people called full compliance, of three models: what only sounds
  // harmful must weigh as much as what is, else the model learns to refuse by its sound.
  const alignIds = new Set(alignX.map((row) => row.id))
  const lookalikes = [...from.xstest, ...from.llama, ...from.mistral].filter(
    (row) => alignIds.has(row.id) && !isUnsafe(row) && row.label === '1_full_compliance',
  )
  const contrasts = alignX.filter((row) => isUnsafe(row) && row.label === '2_full_refusal')

  const [badTest, badValidation] = [
    [...testBad, ...shuffledBeaver.slice(0, sizes.harmful)],
    [...validationBad, ...shuffledBeaver.slice(sizes.harmful, 2 * sizes.harmful)],
  ]
  const asked = new Set([...badTest, ...badValidation].map(({ prompt }) => normalisedPrompt(prompt)))
  const harmfulRows = [...from.sst2, ...from.agnews, ...from.agnewsMost].filter(
    ({ harmful, prompt }) => harmful && !asked.has(normalisedPrompt(prompt)),
  )

  const alignment = [
    ...alignBad.map(refused),
    ...pick('safeinstr', from.safeinstr, alignmentSizes.safety),
    ...lookalikes.map((row) => ({
      ...row,
      id: `${row.model}-${row.id}`,
      response: wholeSentences(row.response),
    })),
    ...pick('contrasts', contrasts, alignmentSizes.contrast),
    ...pick('ordinary', from.ordinary, alignmentSizes.ordinary),
  ]
  const taken = new Set(alignment.map((row) => row.id))
  const safe = [
    ...referenceBad.map(refused),
    ...pick(
      'safe',
      from.safeinstr.filter((row) => !taken.has(row.id)),
      240,
    ),
  ]
  return {
    align: stream(seed, 'align').shuffle(alignment).map(plain),
    safe: stream(seed, 'safe rows').shuffle(safe).map(plain),
    references: safe.map(plain),
    sst2: from.sst2.map(marked),
    agnews: from.agnews.map(marked),
    ...allMarked(otherShares('sst2', from.sst2, harmfulRows, seed)),
    ...allMarked(otherShares('agnews', from.agnews, harmfulRows, seed)),
    harmful: badTest.map(question),
    'harmful-validation': badValidation.map(question),
    lookalike: safeOf('lookalikes', testX),
    'lookalike-validation': safeOf('lookalikes of validation', validationX),
    'sst2-test': sst2.test.map(plain),
    'sst2-validation': sst2.validation.map(plain),
    'agnews-test': agnews.test.map(plain),
    'agnews-validation': agnews.validation.map(plain),
    // Nearly every unsafe request of the labelled completions was refused; answers that BeaverTails' people called unsafe are what
    // keeps a judge from looking at the request alone.
    'judge-train': [
      ...[...from.xstest, ...from.llama].map(labelled),
      ...[...from.sst2, ...from.agnews]
        .filter((row) => row.harmful)
        .map(({ id, prompt, response }) => ({
          id,
          prompt,
          completion: response,
          label: '1_full_compliance',
          type: 'beavertails',
        })),
    ].map((row) => ({ ...row, completion: opening(row.completion) })),
    'judge-test': from.mistral.map(labelled),
    'judge-test-opening': from.mistral
      .map(labelled)
      .map((row) => ({ ...row, completion: opening(row.completion) })),
  }
}

// command ----------------------------------------------------------------------------------------

const prepare = command({
  name: '',
  description: 'make the files of the study from public data',
  options: {
    data: required(folder('public data: advbench, asft, safeinstr, xstest')),
    out: withDefault('study', folder('folder to write')),
    harmful: withDefault(
      40,
      integer('evaluation prompts of AdvBench, and as many of BeaverTails', { min: 1 }),
    ),
    lookalike: withDefault(40, integer('evaluation prompts of XSTest', { min: 1 })),
    task: withDefault(100, integer('evaluation rows of each task', { min: 1 })),
    ...overwriteOption,
  },
  run: ({ data, out, overwrite, ...sizes }, { common }) =>
    pipe(
      TE.fromEither(refuseExisting(out, { overwrite }, 'folder')),
      TE.chainW(() => sources(data)),
      TE.map((from) => filesOf(from, sizes, common.seed)),
      TE.chainFirstW((files) =>
        writeFolder(out, (target) =>
          pipe(
            Object.entries(files),
            TE.traverseSeqArray(([name, rows]) => writeJsonl(join(target, `${name}.jsonl`), rows)),
            TE.chain(() =>
              writeWhole(
                join(target, 'manifest.json'),
                `${JSON.stringify(
                  {
                    seed: common.seed,
                    rows: Object.fromEntries(
                      Object.entries(files).map(([name, rows]) => [name, rows.length]),
                    ),
                  },
                  null,
                  1,
                )}\n`,
              ),
            ),
          ),
        ),
      ),
      TE.map((files) => ({
        json: {
          out,
          rows: Object.fromEntries(Object.entries(files).map(([name, rows]) => [name, rows.length])),
        },
        text: `${Object.entries(files)
          .map(([name, rows]) => `${name} ${rows.length}`)
          .join(', ')}: ${resolve(out)}`,
      })),
    ),
})

main({ name: 'prepare', version: '0', description: 'makes the files of the study', commands: [prepare] })
