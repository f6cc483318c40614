/** What can go wrong with one request, as data: whether it is worth a repeat, and the fault that its user reads. */
import { type EndpointError, badInput, failure, interrupted } from '../contracts'
import { type EndpointAddress, addressText } from './address'
import type { ApiKey } from './apiKey'

// model ------------------------------------------------------------------------------------------

/** The server answered, but not with what was asked for. */
export interface StatusTrouble {
  readonly kind: 'status'
  readonly status: number
  /** What the server said, as one short line; may be empty. */
  readonly words: string
  /** Where a redirect leads. */
  readonly location?: string
  /** The pause that the server asks for, milliseconds. */
  readonly pause?: number
}

/** Why a request has no reply. */
export type Trouble =
  | StatusTrouble
  | { readonly kind: 'silent' }
  | { readonly kind: 'unconnected'; readonly reason: string }
  | { readonly kind: 'damaged'; readonly message: string }
  | { readonly kind: 'broken'; readonly message: string }
  | { readonly kind: 'stopped' }

// deciding ---------------------------------------------------------------------------------------

/** Whether nothing was heard of the server. */
export const isUnheard = ({ kind }: Trouble): boolean => kind === 'silent' || kind === 'unconnected'

/** Whether a repeat may help: too much load, a fault of the server, no connection. */
export const isPassing = (trouble: Trouble): boolean =>
  isUnheard(trouble) ||
  (trouble.kind === 'status' && ([408, 409, 429].includes(trouble.status) || trouble.status >= 500))

/** Whether the server refuses the request as it is written. */
export const isRefusal = (trouble: Trouble): trouble is StatusTrouble =>
  trouble.kind === 'status' && (trouble.status === 400 || trouble.status === 422)

// faults -----------------------------------------------------------------------------------------

/** What a fault's text needs to know. */
export interface Asked {
  readonly address: EndpointAddress
  readonly key: ApiKey
  readonly timeoutSeconds: number
  /** Requests sent for this one reply. */
  readonly attempts: number
  /** Whether replies are kept, so that a later run has them. */
  readonly isCached: boolean
}

const said = ({ status, words }: StatusTrouble): string =>
  words === '' ? String(status) : `${status}: ${words}`

const statusFault = (
  trouble: StatusTrouble,
  { address, key, attempts }: Asked,
  models: ReadonlyArray<string> | undefined,
): EndpointError => {
  const where = addressText(address)
  const { status } = trouble
  if (status >= 300 && status < 400)
    return badInput(
      'EndpointRefused',
      `redirects to ${trouble.location ?? 'no address'} (${status}); nothing was sent there`,
      { where, remedy: 'if that is the right server, give its address' },
    )
  if (status === 401)
    return badInput(
      'EndpointRefused',
      key.value === undefined ? 'needs a key (401)' : `refuses the key in ${key.variable} (401)`,
      {
        where,
        remedy: `set the variable ${key.variable} to a key of this server, or name another one by \`apiKeyEnv\``,
      },
    )
  if (status === 403)
    return badInput('EndpointRefused', `does not allow this (${said(trouble)})`, {
      where,
      remedy: `check what the key in ${key.variable} may use`,
    })
  if (status === 404)
    return badInput('EndpointRefused', `has no such model or address (${said(trouble)})`, {
      where,
      remedy:
        models === undefined || models.length === 0
          ? 'check the address, which usually ends in /v1, and the name of the model'
          : `check the name of the model; the server has ${listed(models)}`,
    })
  if (!isPassing(trouble))
    return badInput('EndpointRefused', `refuses the request (${said(trouble)})`, {
      where,
      remedy: 'see which requests the server and its model take',
    })
  return failure('EndpointUnreachable', `answered ${said(trouble)}${timesText(attempts)}`, {
    where,
    remedy:
      status === 429 ? 'lower `concurrency`, or try again later' : "see the server's log, or try again later",
  })
}

const timesText = (attempts: number): string => (attempts === 1 ? '' : `, ${attempts} times`)

const shownModels = 10
const listed = (models: ReadonlyArray<string>): string =>
  [
    models.slice(0, shownModels).join(', '),
    ...(models.length > shownModels ? [`${models.length - shownModels} more`] : []),
  ].join(' and ')

/** @param models the names that the server lists, where they are known */
export const faultOf = (trouble: Trouble, asked: Asked, models?: ReadonlyArray<string>): EndpointError => {
  const where = addressText(asked.address)
  switch (trouble.kind) {
    case 'status':
      return statusFault(trouble, asked, models)
    case 'silent':
      return failure(
        'EndpointUnreachable',
        `did not answer within ${asked.timeoutSeconds} s${timesText(asked.attempts)}`,
        { where, remedy: 'raise `timeoutSeconds`, or lower `concurrency`' },
      )
    case 'unconnected':
      return failure(
        'EndpointUnreachable',
        `cannot be reached (${trouble.reason})${timesText(asked.attempts)}`,
        { where, remedy: 'check the address, and whether the server runs' },
      )
    case 'damaged':
      return failure('EndpointDamaged', trouble.message, {
        where,
        remedy: 'check the address, which usually ends in /v1, and whether the server is OpenAI-compatible',
      })
    case 'broken':
      return failure('EndpointFailed', trouble.message, { where })
    case 'stopped':
      return interrupted('Interrupted', 'the request was stopped', {
        where,
        ...(asked.isCached ? { remedy: 'the same command continues with the replies that have come' } : {}),
      })
  }
}
