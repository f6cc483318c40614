/** The identity of a judge that asks: kind, version, options, weights and template. Equal ids give equal verdicts. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { JudgeError, Tokenizer } from '../../contracts'
import { contentHash } from '../../files'
import { readJson } from '../../files/input'
import { readSafetensors } from '../../formats'
import type { ModelKind } from './kind'
import type { Judged, Question } from './question'

const eight = (hex: string): string => hex.slice(0, 8)

/** A hash of all texts a question is made of, with the tokenizer that renders them. */
export const templateHash = (
  question: Question<unknown>,
  example: Judged,
  tokenizer: Tokenizer | undefined,
): string => {
  const marked = Object.fromEntries(Object.keys(example).map((name) => [name, `{${name}}`]))
  return eight(
    contentHash([
      question.asked.messages(marked),
      question.asked.text(marked),
      question.asked.form,
      question.asked.longest ?? null,
      question.steps,
      tokenizer?.fingerprint ?? null,
    ]),
  )
}

/** `llama-guard@1(3f2a91c0,t9c1d2e3f)`. */
export const askerId = (
  kind: ModelKind<unknown>,
  variant: string | undefined,
  checkpoint: string,
  template: string,
): string =>
  `${kind.name}@${kind.version}(${[...(variant === undefined ? [] : [variant]), checkpoint, `t${template}`].join(',')})`

/** A hash of an adapter's configuration and weights. */
export const adapterPrint = (folder: string): TE.TaskEither<JudgeError, string> =>
  pipe(
    TE.Do,
    TE.bindW('config', () => readJson(join(folder, 'adapter_config.json'))),
    TE.bindW('file', () => readSafetensors(join(folder, 'adapter_model.safetensors'))),
    TE.bindW('weights', ({ file }) => file.fingerprint),
    TE.map(({ config, weights }) => contentHash([config, weights])),
  )

/** A short hash of a model's weights, and of its adapter's where it has one. */
export const checkpointPrint = (weights: string, adapter: string | undefined): string =>
  eight(adapter === undefined ? weights : createHash('sha256').update(`${weights} ${adapter}`).digest('hex'))
