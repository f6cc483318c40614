/** Why models cannot answer now, as faults. */
import { type Fault, failure, interrupted } from '@safe/tensor-core/contracts'

/** Whether the models can be asked, as seen from the server. */
export type ProcessFault = Fault<
  | 'ModelsLoading'
  | 'ModelProcessDied'
  | 'ModelProcessHung'
  | 'ModelsStopped'
  | 'AskCancelled'
  | 'MessageDamaged'
>

const tryAgain = { remedy: 'try again' }

const seconds = (ms: number): string => `${Math.ceil(ms / 1000)} s`

const cause = ({ where, message }: Fault): string => (where === undefined ? message : `${where}: ${message}`)

/** `note`: what is being done, empty where that is unknown; `before`: why they are not being loaded for the first time. */
export const modelsLoading = (note: string, before: Fault | null): ProcessFault =>
  failure(
    'ModelsLoading',
    `${before === null ? 'the models are being loaded' : `${cause(before)}; the models are being loaded again`}${
      note === '' ? '' : ` (${note})`
    }`,
    { remedy: 'try again later' },
  )

/** After a failed start or a death, until the next start. */
export const modelsPausing = (before: Fault, afterMs: number): ProcessFault =>
  afterMs === 0
    ? modelsLoading('', before)
    : failure('ModelsLoading', `${cause(before)}; loading starts again within ${seconds(afterMs)}`, {
        remedy: 'try again later',
      })

/** How a process ended by itself. */
export interface Ending {
  readonly code: number | null
  readonly signal: string | null
  /** The end of what it wrote to standard error. */
  readonly stderr: string
}

/** Lines that say nothing of the reason: stack frames, and the version that Node.js writes below an uncaught error. */
const noise = /^(at |Node\.js v|\d+: 0x|-----)/

/** The line of standard error that tells most of the reason: the last fatal error of V8, else the last line that is none of its noise. */
export const reasonLine = (stderr: string): string => {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  return (
    lines.findLast((line) => line.startsWith('FATAL ERROR')) ??
    lines.findLast((line) => !noise.test(line)) ??
    ''
  ).slice(0, 200)
}

const manner = ({ code, signal }: Ending): string =>
  signal === 'SIGKILL'
    ? 'killed by SIGKILL: perhaps the machine is out of memory'
    : signal === null
      ? `exit code ${code ?? 'unknown'}`
      : `killed by ${signal}`

export const processDied = (ending: Ending): ProcessFault => {
  const reason = reasonLine(ending.stderr)
  return failure(
    'ModelProcessDied',
    `the model process died (${manner(ending)}${reason === '' ? '' : `; ${reason}`})`,
    tryAgain,
  )
}

/** It could not be started, or a message could not be sent to it. */
export const processUnreachable = (cause: string): ProcessFault =>
  failure('ModelProcessDied', `the model process cannot be reached (${cause})`, tryAgain)

export const processHung = (silentMs: number): ProcessFault =>
  failure('ModelProcessHung', `the model process gave no sign of life for ${seconds(silentMs)}`, tryAgain)

export const modelsStopped: ProcessFault = interrupted('ModelsStopped', 'the models have been stopped')

export const askCancelled: ProcessFault = interrupted('AskCancelled', 'the request was cancelled')
