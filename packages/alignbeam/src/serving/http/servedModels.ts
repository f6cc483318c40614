/** The ids under which models are served, what a request of one becomes, and what it may not ask of the models there are. */
import * as E from 'fp-ts/Either'
import type { Ask, ServedModels, Voice } from '../contract'
import { type Problem, badField, badRequest } from './problem'
import type { Wanted } from './wanted'

// model ------------------------------------------------------------------------------------------

/** Who answers, by the id of the model. */
export type ModelIds = ReadonlyMap<string, Voice>

// constructors -----------------------------------------------------------------------------------

/** `NAME` is both models together; with `ui`, `NAME/draft` and `NAME/anchor` are one of them alone. */
export const modelIds = (name: string, ui: boolean): ModelIds =>
  new Map<string, Voice>([
    [name, 'mixed'],
    ...(ui ? (['draft', 'anchor'] as const).map((voice) => [`${name}/${voice}`, voice] as const) : []),
  ])

/** The id is not repeated: what a client sends by mistake should not end in a log. */
export const modelNotFound: Problem = badRequest(
  'this model is not served here; GET /v1/models lists the ids',
  'model_not_found',
  { status: 404, param: 'model' },
)

/** Left: `model_not_found`. */
export const voiceOf =
  (ids: ModelIds) =>
  (model: string): E.Either<Problem, Voice> =>
    E.fromNullable(modelNotFound)(ids.get(model))

/** Left: the request asks for what these models do not have. */
export const fits =
  ({ judge, contextLength }: ServedModels) =>
  (wanted: Wanted): E.Either<Problem, Wanted> =>
    wanted.dial.judge && judge === null
      ? E.left(badField('judge', 'must be false: this server has no judge'))
      : contextLength !== null && wanted.generation.maxNewTokens > contextLength
        ? E.left(
            badField(
              'max_tokens',
              `must be at most ${contextLength}, the context of the models`,
              'context_length_exceeded',
            ),
          )
        : E.right(wanted)

/** One ask per completion: the choices of the first prompt, then those of the second, ... */
export const asksOf = (id: string, voice: Voice, wanted: Wanted): ReadonlyArray<Ask> =>
  wanted.prompts.flatMap((prompt, p) =>
    Array.from({ length: wanted.choices }, (_, stream) => ({
      id: `${id}-${p * wanted.choices + stream}`,
      voice,
      prompt,
      dial: wanted.dial,
      generation: wanted.generation,
      stream,
    })),
  )

// destructors ------------------------------------------------------------------------------------

const described = (id: string, created: number) => ({
  id,
  object: 'model',
  created,
  owned_by: 'alignbeam',
})

/** The body of `GET /v1/models`. @param created seconds since 1970 */
export const modelList = (ids: ModelIds, created: number) => ({
  object: 'list',
  data: [...ids.keys()].map((id) => described(id, created)),
})

/** The body of `GET /v1/models/ID`; left: `model_not_found`. */
export const modelById = (ids: ModelIds, id: string, created: number) =>
  ids.has(id) ? E.right(described(id, created)) : E.left(modelNotFound)
