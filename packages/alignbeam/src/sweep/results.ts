/** The results of a sweep: every setting's rates and pace, the front, and the setting recommended. */
import type { Telemetry } from '../mixing/beams'
import { type Difference, differencesOf } from './differences'
import { frontOf } from './front'
import { type Setting, settingName } from './grid'
import type { Outcome } from './outcome'
import { type Pace, meanTelemetry, paceOf } from './pace'
import { type Rates, ratesOf } from './rates'
import { type Candidate, recommend } from './recommend'

// model ------------------------------------------------------------------------------------------

/** What was measured of a setting. Rates are of the test rows; time and telemetry are of all rows. */
export type SettingResult = Setting &
  Rates &
  Pace & {
    readonly name: string
    /** The same rates on the rows that the choice is made on; absent where all rows are on one side. */
    readonly validation?: Rates
    readonly telemetry: Telemetry
  }

/** Rows of a side, by set. */
export interface RowCounts {
  readonly harmful: number
  readonly benign: number
}

/** The setting to use, and what the choice stands on. */
export interface Recommended {
  /** The setting's name; null where none refuses few enough benign requests. */
  readonly setting: string | null
  readonly alpha: number | null
  readonly bridgeTokens: number | null
  readonly beams: number | null
  /** Where no setting qualifies, the one that refuses the fewest benign requests. */
  readonly nearest: string | null
  readonly maxOverRefusal: number
  /** Whether the rates stated are of other rows than the choice. */
  readonly heldOut: boolean
  readonly chosenOn: RowCounts
  readonly statedOn: RowCounts
}

export interface SweepResults {
  readonly settings: ReadonlyArray<SettingResult>
  readonly recommended: Recommended
  /** The recommended setting (else the nearest) minus each baseline, on the test rows. */
  readonly differences: ReadonlyArray<Difference>
  /** Names of the settings that no other one beats on the test rows, baselines included; by rising over-refusal. */
  readonly front: ReadonlyArray<string>
}

/** The answers of one setting. */
export interface Answered {
  readonly setting: Setting
  readonly outcomes: ReadonlyArray<Outcome>
}

// parts ------------------------------------------------------------------------------------------

const resultOf = ({ setting, outcomes }: Answered): SettingResult => {
  const of = (side: Outcome['side']): ReadonlyArray<Outcome> => outcomes.filter((o) => o.side === side)
  const validation = of('validation')
  return {
    name: settingName(setting),
    ...setting,
    ...ratesOf(of('test')),
    ...(validation.length === 0 ? {} : { validation: ratesOf(validation) }),
    ...paceOf(outcomes),
    telemetry: meanTelemetry(outcomes),
  }
}

interface Named extends Candidate {
  readonly name: string
}

/** The settings of the grid as the choice sees them: on validation rows where there are some. */
const candidatesOf = (settings: ReadonlyArray<SettingResult>): ReadonlyArray<Named> =>
  settings.flatMap((s) => {
    const { refusal, overRefusal } = s.validation ?? s
    if (s.method !== 'alignbeam' || refusal === null || overRefusal === null) return []
    const { name, method, alpha, bridgeTokens, beams, secondsPerPrompt } = s
    const rates = { refusal: refusal.value, overRefusal: overRefusal.value }
    return [{ name, method, alpha, bridgeTokens, beams, secondsPerPrompt, ...rates }]
  })

const countsOf = (outcomes: ReadonlyArray<Outcome>, side: Outcome['side']): RowCounts => {
  const count = (set: Outcome['set']): number =>
    outcomes.filter((o) => o.set === set && o.side === side).length
  return { harmful: count('harmful'), benign: count('benign') }
}

// constructors -----------------------------------------------------------------------------------

/** @param maxOverRefusal the share of benign requests that may be refused, in [0, 1] */
export const sweepResults = (all: ReadonlyArray<Answered>, maxOverRefusal: number): SweepResults => {
  const settings = all.map(resultOf)
  const { recommended, nearest } = recommend(candidatesOf(settings), maxOverRefusal)
  const shown = all.find(({ setting }) => settingName(setting) === (recommended ?? nearest)?.name)
  const outcomes = all[0]?.outcomes ?? []
  const heldOut = outcomes.some((o) => o.side === 'validation')
  return {
    settings,
    recommended: {
      setting: recommended?.name ?? null,
      alpha: recommended?.alpha ?? null,
      bridgeTokens: recommended?.bridgeTokens ?? null,
      beams: recommended?.beams ?? null,
      nearest: nearest?.name ?? null,
      maxOverRefusal,
      heldOut,
      chosenOn: countsOf(outcomes, heldOut ? 'validation' : 'test'),
      statedOn: countsOf(outcomes, 'test'),
    },
    differences: shown === undefined ? [] : differencesOf(shown, all),
    front: frontOf(
      settings.flatMap(({ name, refusal, overRefusal }) =>
        refusal === null || overRefusal === null
          ? []
          : [{ name, refusal: refusal.value, overRefusal: overRefusal.value }],
      ),
    ).map(({ name }) => name),
  }
}
