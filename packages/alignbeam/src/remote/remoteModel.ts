/**
 * A model of an OpenAI-compatible server that is stepped through: each token is a request for one token with the most probable ones
 * beside it. It generates as well, and it scores nothing.
 */
import {
  type Fault,
  type Generates,
  type LmError,
  type NextToken,
  type PartialDistribution,
  type Steps,
  modelVersion,
} from '@safe/tensor-core/contracts'
import { type Endpoint, addressText } from '@safe/tensor-core/endpoint'
import { type TextTokenizer, chooseTemplate } from '@safe/tensor-core/text'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Asked, type Continuation, type Continues, byChat, byText, byTokens } from './continuation'
import type { Listed } from './listed'
import { type RemoteUse, completeRows, remoteSession } from './remoteSession'
import { foundBook, knownBook } from './tokenBook'

// model ------------------------------------------------------------------------------------------

/** A server's model as one of a pair. */
export interface RemoteModel extends Steps<PartialDistribution>, Generates {
  readonly remote: {
    /** Whether the model's tokenizer was given; otherwise `tokenizer` writes down texts as they come up. */
    readonly knowsTokens: boolean
    /** Whether only whole characters can be continued. */
    readonly wholeCharacters: boolean
    /** Whether the server applies its own chat template. */
    readonly templates: boolean
  }
}

/** What a model of a server is given besides its server. */
export interface RemoteOptions {
  readonly role: 'draft' | 'anchor'
  /** The model's tokenizer. */
  readonly tokenizer?: TextTokenizer | undefined
  /** `chat`, `qa`, `none` or a file; default `chat` where the tokenizer has a template, else `qa`. Unused where chats are continued. */
  readonly template?: string | undefined
  /** Default: `tokens` with the tokenizer, else `text`. */
  readonly continuation?: Continuation | undefined
  /** Most probable tokens asked for, B. */
  readonly top: number
  readonly onWarning?: ((line: string) => void) | undefined
}

// capping ----------------------------------------------------------------------------------------

/** A server that leaves out less than this gives all that there is. */
const nothingLeft = 1e-3

/** Warns once where the server lists fewer tokens than asked for. */
const watchingTop = (where: string, { top, onWarning }: RemoteOptions): ((listed: Listed) => void) => {
  const seen = { warned: false }
  return ({ count, unlisted }) => {
    if (seen.warned || count >= top || unlisted < nothingLeft) return
    seen.warned = true
    onWarning?.(`${where}: the server gives ${count} of ${top} top tokens`)
  }
}

// constructors -----------------------------------------------------------------------------------

/** Whether a model is a server's. */
export const isRemote = (model: Steps<NextToken>): model is RemoteModel => 'remote' in model

const continuationOf = ({ tokenizer, continuation }: RemoteOptions): Continuation =>
  continuation ?? (tokenizer === undefined ? 'text' : 'tokens')

const continuing = (asked: Asked, options: RemoteOptions): TE.TaskEither<Fault, Continues> => {
  const { tokenizer, template } = options
  const continuation = continuationOf(options)
  if (continuation === 'chat') return TE.right(byChat(asked))
  return pipe(
    chooseTemplate(template, tokenizer),
    TE.map((chosen) =>
      continuation === 'tokens' && tokenizer !== undefined
        ? byTokens(asked, tokenizer, chosen)
        : byText(asked, chosen),
    ),
  )
}

/**
 * A server's model as draft or anchor of AlignBeam. Nothing is sent before it is asked; then each token is one request.
 *
 * @returns left: a template that cannot be used
 * @example
 * ```ts
 * import * as TE from 'fp-ts/TaskEither'
 * import { pipe } from 'fp-ts/function'
 * import { remoteModel } from '@safe/alignbeam'
 * import { openEndpoint } from '@safe/tensor-core/endpoint'
 *
 * const anchor = pipe(
 *   openEndpoint({ address: 'http://localhost:8000/v1#Qwen/Qwen2.5-3B-Instruct' }),
 *   TE.chainW((endpoint) => remoteModel(endpoint, { role: 'anchor', continuation: 'chat', top: 20 })),
 * )
 * void anchor().then((opened) => console.log(opened._tag === 'Right' ? opened.right.id : JSON.stringify(opened)))
 * ```
 */
export const remoteModel = (
  endpoint: Endpoint,
  options: RemoteOptions,
): TE.TaskEither<Fault, RemoteModel> => {
  const { role, tokenizer, top } = options
  const id = addressText(endpoint.address)
  const book = tokenizer === undefined ? foundBook(`${role} ${id}`) : knownBook(tokenizer)
  const watch = watchingTop(id, options)
  return pipe(
    continuing({ endpoint, book, field: `${role}Continuation` }, options),
    TE.map((continues): RemoteModel => {
      const use: RemoteUse = {
        endpoint,
        book,
        continues,
        top,
        // What the anchor has in mind is continued by the draft, not by the anchor.
        wholeCharacters: role === 'draft' && continues.wholeCharacters,
        onListed: watch,
      }
      const encodePrompt: Steps['encodePrompt'] = (prompt) =>
        TE.fromEither<LmError, ReadonlyArray<number>>(continues.encodePrompt(prompt))
      return {
        specificationVersion: modelVersion,
        id,
        tokenizer: book.tokenizer,
        get vocabSize() {
          return book.tokenizer.size
        },
        stopTokens: new Set([book.end]),
        encodePrompt,
        open: (prompts) =>
          pipe(
            continues.refusal === undefined
              ? TE.traverseSeqArray(encodePrompt)(prompts)
              : TE.left(continues.refusal),
            TE.map((rows) =>
              remoteSession(
                use,
                rows.map((prompt) => ({ prompt, added: [] })),
              ),
            ),
          ),
        generate: (requests, generation) =>
          pipe(
            TE.traverseSeqArray(encodePrompt)(requests.map(({ prompt }) => prompt)),
            TE.chainW((rows) =>
              completeRows(
                use,
                rows.map((prompt) => ({ prompt, added: [] })),
                generation,
                requests,
              ),
            ),
          ),
        dispose: () => undefined,
        remote: {
          knowsTokens: book.known,
          wholeCharacters: use.wholeCharacters,
          templates: continuationOf(options) === 'chat',
        },
      }
    }),
  )
}
