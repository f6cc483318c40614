/** What a client is told where there is no answer: a status with OpenAI's error body. */
import { type Fault, followsField } from '@safe/tensor-core/contracts'

// model ------------------------------------------------------------------------------------------

export type ProblemType = 'invalid_request_error' | 'rate_limit_error' | 'server_error'

/** An error response. */
export interface Problem {
  readonly status: number
  readonly type: ProblemType
  readonly message: string
  /** The field of the request at fault: `temperature`, `messages[0].content`. */
  readonly param: string | null
  readonly code: string | null
  readonly headers?: Readonly<Record<string, string>>
}

// constructors -----------------------------------------------------------------------------------

/** A request that must be changed: 400 unless another status says it better. */
export const badRequest = (
  message: string,
  code: string,
  { param = null, status = 400, headers }: Partial<Pick<Problem, 'param' | 'status' | 'headers'>> = {},
): Problem => ({
  status,
  type: 'invalid_request_error',
  message,
  param,
  code,
  ...(headers === undefined ? {} : { headers }),
})

/** A field with a value that is not allowed. */
export const badField = (param: string, message: string, code = 'invalid_value'): Problem =>
  badRequest(`\`${param}\` ${message}`, code, { param })

const serverError = (
  status: number,
  code: string,
  message: string,
  headers?: Readonly<Record<string, string>>,
): Problem => ({
  status,
  type: 'server_error',
  message,
  param: null,
  code,
  ...(headers === undefined ? {} : { headers }),
})

/** A wait before the next try where nothing better is known, seconds: models take seconds to minutes to start. */
const restartWait = '5'

/** The waiting room is full. @param seconds until a place is likely to be free */
export const queueFull = (seconds: number): Problem => ({
  status: 429,
  type: 'rate_limit_error',
  message: 'too many requests are waiting; try again later',
  param: null,
  code: 'queue_full',
  headers: { 'retry-after': String(seconds) },
})

/** A repeat would take as long, so clients that repeat by themselves are told not to. */
export const timedOut = (seconds: number): Problem =>
  serverError(504, 'timeout', `the request took longer than ${seconds} s`, { 'x-should-retry': 'false' })

export const shuttingDown: Problem = serverError(503, 'shutting_down', 'the server is shutting down', {
  'retry-after': restartWait,
})

/** Nobody reads this one: it is for the log. 499 is nginx's status for it. */
export const clientGone: Problem = serverError(
  499,
  'client_closed_request',
  'the client closed the connection',
)

export const internalError: Problem = serverError(500, 'internal_error', 'the server failed')

/** There is no engine now. */
export const notReady = (fault: Fault): Problem =>
  serverError(503, 'model_not_ready', `the models are not ready: ${fault.message}`, {
    'retry-after': restartWait,
  })

// faults of the engine ---------------------------------------------------------------------------

/** Fields of an ask by the names that clients know. */
const parameters: Readonly<Record<string, string>> = {
  alpha: 'alpha',
  beams: 'beams',
  bridgeTokens: 'bridge_tokens',
  judge: 'judge',
  maxNewTokens: 'max_tokens',
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  repetitionPenalty: 'repetition_penalty',
  stop: 'stop',
  seed: 'seed',
  logProbs: 'logprobs',
}
const parameterOf = (field: string): string | undefined =>
  Object.hasOwn(parameters, field) ? parameters[field] : undefined

/** Texts name fields in backticks. */
const inParameters = (text: string): string =>
  text.replace(/`([A-Za-z]+)`/g, (whole, name: string) => {
    const parameter = parameterOf(name)
    return parameter === undefined ? whole : `\`${parameter}\``
  })

const isAboutContext = ({ _tag, message }: Fault): boolean =>
  /context/i.test(_tag) || /context (length|window|size)|longer than the (model's )?context/i.test(message)

/**
 * What a client is told of a fault that an engine answered with. `where` is left out: it names files of this machine.
 * `input`: 400; `failure`: 502, since the models run in another process; `interrupted`: 503, the next request may succeed.
 */
export const problemOf = (fault: Fault): Problem => {
  if (fault.kind === 'failure') return serverError(502, 'model_failed', `the models failed: ${fault.message}`)
  if (fault.kind === 'interrupted')
    return serverError(503, 'model_stopped', `the models stopped: ${fault.message}`, {
      'retry-after': restartWait,
    })
  const param = fault.field === undefined ? null : (parameterOf(fault.field) ?? fault.field)
  const subject = param !== null && followsField(fault) ? `\`${param}\` ` : ''
  const remedy = fault.remedy === undefined ? '' : `; ${inParameters(fault.remedy)}`
  return badRequest(
    `${subject}${inParameters(fault.message)}${remedy}`,
    isAboutContext(fault) ? 'context_length_exceeded' : 'invalid_value',
    { param },
  )
}

// destructors ------------------------------------------------------------------------------------

/** OpenAI's error body. */
export const errorBody = ({ message, type, param, code }: Problem) => ({
  error: { message, type, param, code },
})

/** The problem as a response. */
export const problemResponse = (problem: Problem): Response =>
  new Response(JSON.stringify(errorBody(problem)), {
    status: problem.status,
    headers: { ...problem.headers, 'content-type': 'application/json' },
  })
