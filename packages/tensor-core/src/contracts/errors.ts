/**
 * Errors are values: a tagged union per package, each saying what was wrong, where, and what to do.
 *
 * Every error of every package is a `Fault`. Its `kind` decides what the command line does with it: `input` is
 * for the caller to fix (exit 2), `failure` is an error of this software or of the machine (exit 1), `interrupted` is a clean stop on
 * request (exit 130).
 */

// model ------------------------------------------------------------------------------------------

export type FaultKind = 'input' | 'failure' | 'interrupted'

/**
 * What every error carries; packages narrow `Tag` to their own names. A text that names options does so by their field names in
 * backticks, "lower `batchSize`": the command line shows those as its flags.
 */
export interface Fault<Tag extends string = string> {
  readonly _tag: Tag
  readonly kind: FaultKind
  /** What was wrong: one line, no trailing full stop. */
  readonly message: string
  /** Where: `file:line`, an option, a tensor's name. */
  readonly where?: string
  /** What to do about it. */
  readonly remedy?: string
  /** The option at fault, by its field name (`maxNewTokens`); the command line shows it as a flag. */
  readonly field?: string
}

/**
 * Where something went wrong (a file and line, an option, a row) and what its user can do about it. Both end up in the
 * one line that the command line prints.
 */
export interface FaultDetails {
  readonly where?: string
  readonly remedy?: string
  readonly field?: string
}

/** The engine cannot be loaded, built or run. */
export type EngineError = Fault<'EngineUnavailable' | 'EngineBuildFailed' | 'EngineFailed' | 'OutOfMemory'>
/** A file is missing, damaged, hostile, or of a kind that cannot be represented. */
export type FormatError = Fault<
  'FileMissing' | 'FileUnreadable' | 'FileDamaged' | 'FileUnsupported' | 'OutputExists' | 'WriteFailed'
>
/** A repository of the Hugging Face hub cannot be used: not there, no access, no connection, or not what its list says. */
export type HubError =
  | Fault<
      | 'HubMissing'
      | 'HubRefused'
      | 'HubOffline'
      | 'HubUnreachable'
      | 'HubDamaged'
      | 'BadConfig'
      | 'Interrupted'
    >
  | FormatError
/** A row of a dataset is not in any known form, or an option has an impossible value. */
export type InputError = Fault<'BadRow' | 'BadOption' | 'BadConfig' | 'EmptyData'>
/**
 * A server of language models cannot be used: it refuses (`EndpointRefused`), does not answer (`EndpointUnreachable`), or answers
 * something else than its API promises (`EndpointDamaged`).
 */
export type EndpointError =
  | Fault<'EndpointRefused' | 'EndpointUnreachable' | 'EndpointDamaged' | 'EndpointFailed' | 'Interrupted'>
  | InputError
/** A model cannot be loaded, run or trained; one behind a URL fails as its server does. */
export type LmError =
  | Fault<
      | 'ModelUnsupported'
      | 'AdapterMismatch'
      | 'TokenizerFailed'
      | 'TrainingDiverged'
      | 'ModelFailed'
      | 'Interrupted'
    >
  | EngineError
  | FormatError
  | EndpointError
  | InputError
/** A judge cannot answer. A verdict that cannot be parsed is not an error: it is a verdict of nulls. */
export type JudgeError = Fault<'UnknownJudge' | 'JudgeFailed'> | LmError | HubError
/** A method is missing, or uses a resource that it does not declare or that the run does not have. */
export type MethodError = Fault<'MethodMissing' | 'ResourceMissing' | 'UndeclaredResource'>

// constructors -----------------------------------------------------------------------------------

const longestLine = 2000

/**
 * Text for one line of a terminal. Messages contain names from files, which may be long, break the line or control the terminal:
 * control characters and marks that change the writing direction are escaped (`\u001b`), and the middle of long text is left out.
 */
export const oneLine = (text: string): string => {
  const short =
    text.length <= longestLine
      ? text
      : `${text.slice(0, longestLine - 200)}... (${text.length - longestLine} more characters) ...${text.slice(-150)}`
  return short.replace(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

const fault =
  (kind: FaultKind) =>
  <Tag extends string>(tag: Tag, message: string, details: FaultDetails = {}): Fault<Tag> => ({
    _tag: tag,
    kind,
    message: oneLine(message),
    ...details,
  })

/** An error for the caller to fix: exit 2. */
export const badInput = fault('input')
/** An error of this software or of the machine: exit 1. */
export const failure = fault('failure')
/** A clean stop on request: exit 130. */
export const interrupted = fault('interrupted')

// destructors ------------------------------------------------------------------------------------

/** Whether the message is shown after the field's name: true unless the message contains the name. */
export const followsField = ({ field, message }: Pick<Fault, 'field' | 'message'>): boolean =>
  field !== undefined && !message.includes(`\`${field}\``)

/** One line: `where: field what; what to do`. */
export const faultLine = (f: Fault): string =>
  [
    f.where === undefined ? '' : `${oneLine(f.where)}: `,
    followsField(f) ? `${oneLine(f.field ?? '')} ` : '',
    f.message,
    f.remedy === undefined ? '' : `; ${f.remedy}`,
  ].join('')

/** The message of a caught exception, as one line. */
export const causeLine = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).split('\n')[0] ?? ''
