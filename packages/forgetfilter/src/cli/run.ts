/**
 * `forgetfilter run`: the whole method on the aligned model. M1 and M2 are trained, both look at the noisy data, and the rows that
 * were not forgotten come out byte for byte. Every step lies in the work folder, so the same command goes on where it stopped.
 */
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Command,
  type Context,
  type Values,
  choice,
  command,
  file,
  folder,
  integer,
  number,
  optional,
  required,
  resumeOption,
  rowOptions,
  recipeOptions,
  withDefault,
} from '@safe/tensor-core/cli'
import type { Fault } from '@safe/tensor-core/contracts'
import { readDataset, writeJsonl } from '@safe/tensor-core/formats'
import { auditRates } from '../audit'
import { PAPER_SAFE_STEPS } from '../defaults'
import { measureForgetting, settled } from '../defence'
import { signals } from '../signals'
import { readSource } from '../source'
import { type Deciding, type ModelPorts, keyOf, rememberedPorts } from '../work'
import { targetOptions, warnings, writeParts } from './filter'
import { auditJson, auditText, filterRuleOf, filteringOptions } from './filtering'
import { checkTargets } from './output'

// options ----------------------------------------------------------------------------------------

export const runOptions = {
  model: required(folder('the aligned model, a Hugging Face folder')),
  noisy: required(file('the data to filter')),
  safe: required(file('trusted safe rows')),
  steps: withDefault(PAPER_SAFE_STEPS, integer('optimizer steps on the safe rows', { min: 1 })),
  safeLr: optional(number('learning rate on the safe rows (default: --lr)', { min: 0, exclusiveMin: true })),
  signal: withDefault('rouge', choice('what tells how well a row is known', signals)),
  maxNewTokens: withDefault(128, integer('longest completion (rouge)', { min: 1 })),
  work: optional(folder('where intermediate results live (default: beside --out, with .work at its end)')),
  checkpointEvery: withDefault(100, integer('optimizer steps between checkpoints', { min: 1 })),
  ...filteringOptions,
  ...recipeOptions,
  ...rowOptions,
  ...targetOptions,
  ...resumeOption,
}
export type RunValues = Values<typeof runOptions>

/** What trains and runs models on this machine, and what beside the data decides their results. */
export interface Machine {
  readonly ports: ModelPorts
  readonly deciding: Deciding
}
export type OpenMachine = (values: RunValues, context: Context, work: string) => TE.TaskEither<Fault, Machine>

// command ----------------------------------------------------------------------------------------

/** @param openMachine called once all inputs have been read and found good. */
export const runCommand = (openMachine: OpenMachine): Command =>
  command({
    name: 'run',
    description:
      'the whole method: train, forget, rate, filter; the same command with the same --work goes on',
    options: runOptions,
    run: (v, context) => {
      const work = v.work ?? `${v.out}.work`
      return pipe(
        checkTargets([v.out, v.dropped], [v.noisy, v.safe], v.overwrite || v.resume),
        E.chain(() => filterRuleOf(v)),
        TE.fromEither,
        TE.bindTo('rule'),
        TE.apSW('noisy', readDataset(v.noisy)),
        TE.apSW('source', readSource(v.noisy)),
        TE.apSW('safe', readDataset(v.safe)),
        TE.bindW('machine', () => openMachine(v, context, work)),
        TE.bindW('rates', ({ machine, noisy, safe }) =>
          measureForgetting(rememberedPorts(work, machine.ports, safe, machine.deciding), v.signal)(noisy),
        ),
        TE.let('ratesFile', ({ rates }) => join(work, `rates-${v.signal}-${keyOf(rates)}.jsonl`)),
        TE.chainFirstW(({ rates, ratesFile }) => writeJsonl(ratesFile, rates)),
        TE.bindW('audit', ({ rule, rates, ratesFile }) =>
          pipe(
            settled(auditRates(rule, rates)),
            E.mapLeft((fault): Fault => ({ ...fault, where: ratesFile })),
            TE.fromEither,
          ),
        ),
        TE.chainFirstW(({ rule, noisy, source, audit }) =>
          writeParts(
            source,
            noisy.examples.map((e) => e.id),
            rule,
            audit,
            v,
          ),
        ),
        TE.chainFirstIOK(({ rule, audit }) => warnings(context, rule, audit)),
        TE.map(({ audit, ratesFile }) => ({
          json: { out: v.out, rates: ratesFile, signal: v.signal, ...auditJson(audit) },
          text: `${auditText(audit)}\nrows that stay are in ${v.out}, rates in ${ratesFile}`,
        })),
      )
    },
  })
