/** The parts of a benchmark's configuration as options of a command: YAML text in the shell, plain values in a file. */
import * as E from 'fp-ts/Either'
import { parse } from 'yaml'
import { type Option, custom, optional } from '@safe/tensor-core/cli'

const parsed = (u: unknown): E.Either<string, unknown> =>
  typeof u === 'string'
    ? E.tryCatch(
        (): unknown => parse(u),
        () => 'must be YAML',
      )
    : E.right(u)

const listed = (u: unknown): E.Either<string, unknown> =>
  typeof u !== 'string'
    ? E.right(Array.isArray(u) ? u : [u])
    : u.startsWith('[')
      ? parsed(u)
      : E.right(u.split(',').map((x) => (Number.isNaN(Number(x)) ? x.trim() : Number(x))))

const part = (description: string): Option<unknown> => optional(custom(description, 'YAML', parsed))
const list = (description: string): Option<unknown> => optional(custom(description, 'A,B,...', listed))

export const configOptions = {
  suite: part('arena (default), or a mapping: models, training, safe, references, evaluation, ...'),
  untuned: list('models evaluated as they are: base, aligned (default: both)'),
  regimes: list('what the model is fine-tuned on (default: poison:0.05)'),
  seeds: list('seeds, one run each (default: --seed)'),
  attackers: part(
    'other ways of fine-tuning, by name: {NAME: {share, regime, lr, epochs, max-steps, batch-size, rank, alpha, rows, top, times, prefix, trigger, evade}}',
  ),
  recipe: part('fine-tuning recipe: rank, alpha, lr, epochs, batch-size, ...'),
  stages: part('methods of each stage: data, training, weights, decoding'),
  combinations: part('all (default), or a list of {data, training, weights, decoding}'),
  sweep: part('strengths to try: default, none, or a mapping of methods to values from weak to strong'),
  sweepSource: part('where listed strengths are from, for the report'),
  epsilon: part('task that a selected strength may cost, as a share (default: 0.02)'),
  delta: part('look-alikes that a selected strength may leave unanswered, as a share (default: 0.05)'),
  refine: part('true: combinations also try each method one step weaker and stronger'),
  batchSize: part('prompts decoded together'),
  workers: part('processes: a number, or auto (one per core)'),
}
