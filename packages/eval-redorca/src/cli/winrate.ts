/** `winrate`: how often one system's answers are preferred to another's, from two files or within a results folder. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Command,
  choice,
  command,
  commaSeparated,
  dataFile,
  file,
  folder,
  many,
  optional,
  overwriteOption,
  required,
  text,
  withDefault,
} from '@safe/tensor-core/cli'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { refuseExisting } from '@safe/tensor-core/files'
import { openPairwise } from '@safe/tensor-core/judges'
import { evaluationSets } from '../suite/suite'
import { fieldOptions } from './judge'
import type { OpenPairwise } from './pairJudges'
import { compareFiles } from './winrateFiles'
import { compareResults } from './winrateResults'

const instead = (message: string): TE.TaskEither<Fault, never> =>
  TE.left(badInput('BadOption', message, { where: 'winrate', remedy: 'see --help' }))

/** The command, with the way in which judges of pairs are opened. */
export const winrateWith = (open: OpenPairwise): Command =>
  command({
    name: 'winrate',
    description:
      'how often a is preferred to b by a judge of pairs: both orders, ties half, intervals by prompt; values from 0 to 1 (AlpacaEval shows 100 times them)',
    options: {
      a: optional(dataFile('rows {id, prompt, completion} of the system')),
      b: optional(dataFile('rows of the system it is compared with, with the same ids and prompts')),
      results: optional(
        folder(
          'results folder instead of two files: every defended cell against the undefended one of its regime and seed, kept in its winrates.json',
        ),
      ),
      judge: required(many(text('judge of pairs; several also give their agreement', 'pairwise:MODEL'))),
      setField: optional(text('with --a: field with the set that a row belongs to')),
      safetySets: optional(
        commaSeparated(
          text(
            'sets whose win rates Safety Avg. averages; with --results default hh,hex-phi (a sample’s set is its field source, else its kind)',
          ),
        ),
      ),
      sets: withDefault(
        evaluationSets.filter((set) => set !== 'task'),
        commaSeparated(choice('with --results: kinds of requests to compare answers to', evaluationSets)),
      ),
      out: optional(file('with --a: JSONL of the preference for each pair')),
      ...overwriteOption,
      ...fieldOptions,
    },
    run: (values, context) => {
      const { a, b, results, judge, setField, safetySets, sets, out, overwrite } = values
      if (results !== undefined)
        return a !== undefined || b !== undefined || out !== undefined || setField !== undefined
          ? instead('--results takes neither --a, --b, --out nor --set-field')
          : compareResults(
              open,
              { results, judges: judge, sets, safetySets: safetySets ?? ['hh', 'hex-phi'] },
              context,
            )
      if (a === undefined || b === undefined) return instead('needs --a and --b, or --results')
      return pipe(
        out === undefined ? E.right(undefined) : refuseExisting(out, { overwrite }),
        TE.fromEither,
        TE.chainW(() =>
          compareFiles(
            open,
            {
              a,
              b,
              judges: judge,
              setField,
              safetySets: safetySets ?? [],
              out,
              promptField: values.promptField,
              completionField: values.completionField,
            },
            context,
          ),
        ),
      )
    },
  })

export const winrateCommand = winrateWith(openPairwise)
