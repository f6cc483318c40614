/**
 * How a method is offered to a benchmark that does not know it in advance. A package exports `plugins`: one per method or control.
 * A plugin declares the resources it needs; the benchmark provides these and no others, and the plugin returns a `Defence`.
 */
import type * as E from 'fp-ts/Either'
import type * as TE from 'fp-ts/TaskEither'
import type { Dataset } from './data'
import type { Defence, Parameters, Stage, TrainingDefence } from './defence'
import type { Fault } from './errors'
import type { OpenGradients } from './gradients'
import type { Judge } from './judge'
import type { CausalLM } from './model'
import type { InputNorms, LoraAdapter, WeightSource } from './weights'

// resources --------------------------------------------------------------------------------------

/** Changes to the benchmark's own training recipe; names as in the command line, in camel case. */
export interface RecipeChanges {
  readonly lr?: number
  readonly maxSteps?: number
  readonly epochs?: number
  readonly batchSize?: number
}

/**
 * All resources that a method can use, by name. Results are kept under what determines them, so repeated requests are computed
 * once, except where a resource says otherwise.
 */
export interface Resources {
  /** Seed of everything random in this run. */
  readonly seed: number
  /**
   * Trains an adapter for the aligned model with the run's recipe and seed, from `init` where given, under the update rule that `defence`
   * makes of plain training. What a rule learns beside the adapter is in no stored result, so such a request trains every time: a method
   * that needs it once keeps it in its own result.
   */
  readonly train: (
    data: Dataset,
    changes?: RecipeChanges,
    init?: LoraAdapter,
    defence?: TrainingDefence,
  ) => TE.TaskEither<Fault, LoraAdapter>
  /** The aligned model, with an adapter attached; the caller disposes of it. */
  readonly model: (adapter?: LoraAdapter) => TE.TaskEither<Fault, CausalLM>
  /**
   * Opens gradients of the aligned model's training loss for these rows, runs `use` with them and frees them, whatever it ends in. They are
   * gradients of a LoRA adapter's factors under the run's recipe: of the given one, else of a new one (B = 0, A drawn by the seed). Vectors
   * must not be used afterwards.
   */
  readonly gradients: <A>(
    data: Dataset,
    use: <G>(opened: OpenGradients<G>) => TE.TaskEither<Fault, A>,
    adapter?: LoraAdapter,
  ) => TE.TaskEither<Fault, A>
  /**
   * What the factors of an adapter read while these rows, prompts and responses, pass through the aligned model with the adapter: norms over
   * all tokens, by module name.
   */
  readonly activationNorms: (
    adapter: LoraAdapter,
    rows: Dataset,
  ) => TE.TaskEither<Fault, ReadonlyMap<string, InputNorms>>
  /** Longest completion of the run, in tokens. */
  readonly maxNewTokens: number
  /** Weights of the model before alignment. */
  readonly base: TE.TaskEither<Fault, WeightSource>
  /** The model before alignment; the caller disposes of it. */
  readonly baseModel: TE.TaskEither<Fault, CausalLM>
  /** Weights of the aligned model. */
  readonly aligned: TE.TaskEither<Fault, WeightSource>
  /** A small aligned model with its own vocabulary; the caller disposes of it. */
  readonly anchor: TE.TaskEither<Fault, CausalLM>
  /** Trusted safe rows (ForgetFilter's safe set). */
  readonly safe: Dataset
  /** Safety references (DualSelect's pool). */
  readonly references: Dataset
  /** Harmful requests with answers that comply: what a defender knows of harm. Never rows of the fine-tuning or evaluation data. */
  readonly harmful: Dataset
  /** The judge that chooses among beams. */
  readonly judge: Judge
  /** The rows that a filter keeps of the same data: the one that this method is the control of, at the same strength. */
  readonly counterpart: TE.TaskEither<Fault, Dataset>
}

/** The names of all resources. */
export const resourceNames = [
  'seed',
  'train',
  'model',
  'gradients',
  'activationNorms',
  'maxNewTokens',
  'base',
  'baseModel',
  'aligned',
  'anchor',
  'safe',
  'references',
  'harmful',
  'judge',
  'counterpart',
] as const satisfies ReadonlyArray<keyof Resources>
/** The name of a resource. */
export type ResourceName = (typeof resourceNames)[number]

// expected work ----------------------------------------------------------------------------------

/** How large an undefended run is. */
export interface RunSize {
  /** Rows of the fine-tuning set. */
  readonly rows: number
  /** Rows of `safe`. */
  readonly safe: number
  /** Rows of `references`. */
  readonly references: number
  /** Rows of `harmful`. */
  readonly harmful: number
  /** Optimizer steps of an ordinary fine-tune. */
  readonly steps: number
  /** Optimizer steps of a fine-tune with the same recipe on so many rows. */
  readonly stepsOn: (rows: number) => number
  /** Rows of a step. */
  readonly batchSize: number
  /** Longest completion, tokens. */
  readonly maxNewTokens: number
}

/** What a defence computes, in units of an undefended run; a benchmark turns it into time by steps and completions it has timed. */
export interface ExpectedWork {
  /** Optimizer steps, or passes of as much work, in addition to the fine-tune itself. */
  readonly trainingSteps?: number
  /**
   * Optimizer steps of runs that are the same at every strength of the method, and at the weights stage for every adapter: their results are
   * kept, so they are counted once.
   */
  readonly sharedSteps?: number
  /** Whether it trains an ordinary fine-tune of its rows first. A benchmark has that of its own data anyway, and counts it where it has not. */
  readonly undefendedRun?: boolean
  /** Rows scored: a forward pass each. */
  readonly scoredRows?: number
  /** Completions generated before the model is evaluated. */
  readonly completions?: number
  /** Time of a training step, relative to an ordinary one; default 1. */
  readonly stepFactor?: number
  /** Time of an evaluated completion, relative to an ordinary one; default 1. */
  readonly completionFactor?: number
}

// options ----------------------------------------------------------------------------------------

/** An option as a reference page shows it. */
export interface OptionDescription {
  /** Its name in code; a configuration may also write it in kebab-case. */
  readonly name: string
  /** How its value is written, in short: `N`, `keep|drop`. */
  readonly value: string
  readonly description: string
  /** The default, where there is one. */
  readonly default?: string
  /** Where the default comes from. */
  readonly source?: string
}

// strength ---------------------------------------------------------------------------------------

/** A value of a method's strength: the value of its one option, or a record where several options move together. */
export type StrengthValue = number | string | Parameters

/** How strong a method acts: the options that decide it, and values of these from weak to strong. */
export interface Strength {
  /** The options that a value sets; the value itself where there is one, a record by name where there are several. */
  readonly options: ReadonlyArray<string>
  /** Options that stand for these in another way, and are left out where a value is set. */
  readonly replaces?: ReadonlyArray<string>
  /** From weak to strong. */
  readonly values: ReadonlyArray<StrengthValue>
}

// reports ----------------------------------------------------------------------------------------

/**
 * What a method did, by name: plain JSON. A number named `extraForwardPasses` is the passes of one row (in decoding: of one token
 * of one row) that the method ran in addition to those of a run without it.
 */
export type Diagnostics = Readonly<Record<string, unknown>>

/** Takes what a method did; a value given later replaces an earlier one of the same name. It never decides anything. */
export type RecordDiagnostics = (values: Diagnostics) => void

/** How faithful an implementation is to what was published, in short plain sentences. */
export interface Fidelity {
  /** The publication, or what a control controls for. */
  readonly source: string
  /** The revision of the reference code that it was compared with. */
  readonly commit?: string
  /** Where the formula is from, and how it was checked. */
  readonly formula: string
  /** Whose values the defaults are. */
  readonly defaults: string
  /** What differs from the published method, and why. */
  readonly differs: string
}

// plugins ----------------------------------------------------------------------------------------

/** The version of this contract; a plugin states the version it was written for. */
export const pluginVersion = 2

/** A method or a control as a benchmark sees it: a name, a stage, what it needs, and how it is made from options. */
export interface DefencePlugin {
  readonly specificationVersion: typeof pluginVersion
  readonly name: string
  readonly stage: Stage
  /** One line for reports. */
  readonly summary: string
  /**
   * The resources its defences use. They are part of the key under which results are kept, so using a resource that
   * is not listed here is an error (`UndeclaredResource`).
   */
  readonly needs: ReadonlyArray<ResourceName>
  /** Its options, for reference pages. */
  readonly options?: ReadonlyArray<OptionDescription>
  /** The options with defaults filled in: they are hashed and shown. */
  readonly complete: (options: Parameters) => E.Either<Fault, Parameters>
  /** Its strength, where it has one: a benchmark compares methods at the strengths at which they keep the same utility. */
  readonly strength?: Strength
  /** What it will compute with options that `complete` has returned, for estimates of time; without it, nothing of note. */
  readonly work?: (options: Parameters, size: RunSize) => ExpectedWork
  /** How faithful it is to what was published. */
  readonly fidelity?: Fidelity
  /** Builds the defence from options that `complete` has returned. @param record takes what the defence does, where one asks for it */
  readonly create: (
    options: Parameters,
    resources: Resources,
    record?: RecordDiagnostics,
  ) => TE.TaskEither<Fault, Defence>
}
