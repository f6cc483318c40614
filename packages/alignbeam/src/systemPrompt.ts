/** A system prompt put before what a model is asked: the anchor's safety prompt, and a baseline of its own. */
import {
  type CausalLM,
  type Generates,
  type LmError,
  type Message,
  type Prompt,
  type Steps,
  tokenPrompt,
} from '@safe/tensor-core/contracts'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'

const turns = (prompt: Prompt): ReadonlyArray<Message> =>
  prompt.kind === 'messages'
    ? prompt.messages
    : prompt.kind === 'text'
      ? [{ role: 'user', content: prompt.text }]
      : []

const joined = (system: string, own: string): string => `${system}\n\n${own}`

/** The conversation with `system` as its first turn, before the caller's own system text where there is one. */
export const withSystemTurn = (system: string, prompt: Prompt): Prompt => {
  const [first, ...rest] = turns(prompt)
  if (prompt.kind === 'tokens' || first === undefined) return prompt
  return {
    kind: 'messages',
    messages:
      first.role === 'system'
        ? [{ role: 'system', content: joined(system, first.content) }, ...rest]
        : [{ role: 'system', content: system }, first, ...rest],
  }
}

/** `system` at the head of the first user turn, for templates without a system role. */
export const withSystemInUserTurn = (system: string, prompt: Prompt): Prompt => {
  if (prompt.kind === 'tokens') return prompt
  if (prompt.kind === 'text') return { kind: 'text', text: joined(system, prompt.text) }
  const at = prompt.messages.findIndex((m) => m.role === 'user')
  return {
    kind: 'messages',
    messages: prompt.messages.map((m, i) => (i === at ? { ...m, content: joined(system, m.content) } : m)),
  }
}

/**
 * The prompt with `system` before it, as this model reads it: a system turn, or the head of the first user turn where the chat
 * template refuses system turns. Token prompts are left alone.
 */
export const systemPrompted =
  (model: Pick<Steps, 'encodePrompt'>, system: string) =>
  (prompt: Prompt): TE.TaskEither<LmError, Prompt> =>
    prompt.kind === 'tokens'
      ? TE.right(prompt)
      : pipe(
          model.encodePrompt(withSystemTurn(system, prompt)),
          TE.orElse(() => model.encodePrompt(withSystemInUserTurn(system, prompt))),
          TE.map(tokenPrompt),
        )

/** Completions of prompts with `system` before each. */
export const systemPromptedGenerate =
  (model: Pick<Steps, 'encodePrompt'> & Pick<Generates, 'generate'>, system: string): Generates['generate'] =>
  (requests, options) =>
    pipe(
      requests,
      TE.traverseSeqArray((request) =>
        pipe(
          systemPrompted(model, system)(request.prompt),
          TE.map((prompt) => ({ ...request, prompt })),
        ),
      ),
      TE.chainW((prompted) => model.generate(prompted, options)),
    )

/** The baseline: the model itself, with `system` before every prompt. */
export const systemPromptedModel = (model: CausalLM, system: string): CausalLM => {
  const prepared = systemPrompted(model, system)
  return {
    ...model,
    id: `system-prompt(${model.id})`,
    encodePrompt: (prompt) => pipe(prepared(prompt), TE.chain(model.encodePrompt)),
    open: (prompts) => pipe(prompts, TE.traverseSeqArray(prepared), TE.chain(model.open)),
    generate: systemPromptedGenerate(model, system),
    score: (examples) =>
      pipe(
        examples,
        TE.traverseSeqArray((example) =>
          pipe(
            prepared(example.prompt),
            TE.map((prompt) => ({ ...example, prompt })),
          ),
        ),
        TE.chain(model.score),
      ),
  }
}
