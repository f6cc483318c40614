/**
 * `forgetfilter run`: the whole method on the aligned model. M1 and M2 are trained, both are run on the noisy data, and the
 * rows that were not forgotten are written byte for byte. Every step is kept in the work folder, so the same command continues
 * where it stopped.
 */
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Command,
  type Context,
  type Values,
  command,
  modelFolder,
  dataFile,
  folder,
  integer,
  optional,
  required,
  resumeOption,
  rowOptions,
  recipeOptions,
  withDefault,
} from '@safe/tensor-core/cli'
import type { Fault } from '@safe/tensor-core/contracts'
import { contentHash } from '@safe/tensor-core/files'
import { readDataset, writeJsonl } from '@safe/tensor-core/formats'
import { auditRates, settled } from '../audit'
import { measureForgetting } from '../measureForgetting'
import { filterOptions, filterRuleOf, forgetFilterOptions } from '../options'
import { readSource } from '../source'
import { type Deciding, type ModelPorts, keptPorts } from '../work'
import { auditJson, auditText } from './audit'
import { keptRowsOptions, warnings, writeParts } from './keptRows'
import { checkTargets } from './targets'

// options ----------------------------------------------------------------------------------------

export const runOptions = {
  model: required(modelFolder('the aligned model, a Hugging Face folder')),
  noisy: required(dataFile('the data to filter')),
  safe: required(dataFile('trusted safe rows')),
  signal: forgetFilterOptions.signal,
  ...filterOptions,
  steps: forgetFilterOptions.steps,
  /** The method's `lr`: `--lr` is the noisy phase's. */
  safeLr: forgetFilterOptions.lr,
  maxNewTokens: withDefault(128, integer('longest completion (rouge)', { min: 1 })),
  work: optional(
    folder('where intermediate results are kept (default: beside --out, with .work at its end)'),
  ),
  checkpointEvery: withDefault(100, integer('optimizer steps between checkpoints', { min: 1 })),
  ...recipeOptions,
  ...rowOptions,
  ...keptRowsOptions,
  ...resumeOption,
}
export type RunValues = Values<typeof runOptions>

/** What trains and runs models on this machine, and what decides their results beside the data. */
export interface Machine {
  readonly ports: ModelPorts
  readonly deciding: Deciding
}
export type OpenMachine = (values: RunValues, context: Context, work: string) => TE.TaskEither<Fault, Machine>

// command ----------------------------------------------------------------------------------------

/** @param openMachine called once all inputs have been read and are valid */
export const runCommand = (openMachine: OpenMachine): Command =>
  command({
    name: 'run',
    description:
      'the whole method: train, forget, rate, filter; the same command with the same --work continues',
    options: runOptions,
    run: (v, context) => {
      const work = v.work ?? `${v.out}.work`
      return pipe(
        TE.fromEither(checkTargets([v.out, v.dropped], [v.noisy, v.safe], v.overwrite || v.resume)),
        TE.map(() => ({ rule: filterRuleOf(v) })),
        TE.apSW('noisy', readDataset(v.noisy)),
        TE.apSW('source', readSource(v.noisy)),
        TE.apSW('safe', readDataset(v.safe)),
        TE.bindW('machine', () => openMachine(v, context, work)),
        TE.bindW('rates', ({ machine, noisy, safe }) =>
          measureForgetting(keptPorts(work, machine.ports, safe, machine.deciding), v.signal)(noisy),
        ),
        TE.let('ratesFile', ({ rates }) => join(work, `rates-${v.signal}-${contentHash(rates)}.jsonl`)),
        TE.chainFirstW(({ rates, ratesFile }) => writeJsonl(ratesFile, rates)),
        TE.bindW('audit', ({ rule, rates, ratesFile }) =>
          pipe(
            settled(auditRates(rule, rates)),
            E.mapLeft((fault): Fault => ({ ...fault, where: ratesFile })),
            TE.fromEither,
          ),
        ),
        TE.chainFirstW(({ rule, noisy, source, audit }) =>
          writeParts({ source, data: noisy, rule, audit }, v),
        ),
        TE.chainFirstIOK(({ rule, audit }) => warnings(context, rule, audit)),
        TE.map(({ audit, ratesFile }) => ({
          json: { out: v.out, rates: ratesFile, signal: v.signal, ...auditJson(audit) },
          text: `${auditText(audit)}\nkept rows: ${v.out}, rates: ${ratesFile}`,
        })),
      )
    },
  })
