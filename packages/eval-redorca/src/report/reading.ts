/** The interpretation of results for a report: the role of each group, and the best combination. */
import { type Stage, stages } from '@safe/tensor-core/contracts'
import { defendedStages } from '../plan/factors'
import type { GroupResult, Results } from '../results/results'

// model ------------------------------------------------------------------------------------------

/** The groups of one regime by their role. */
export interface RegimeReading {
  readonly regime: string
  readonly none: GroupResult | undefined
  /** Combinations of at least one method, without controls. */
  readonly defended: ReadonlyArray<GroupResult>
  readonly controls: ReadonlyArray<GroupResult>
  readonly best: GroupResult | undefined
}

export interface Reading {
  readonly aligned: GroupResult | undefined
  readonly base: GroupResult | undefined
  readonly regimes: ReadonlyArray<RegimeReading>
  /** The regime of the headline. */
  readonly main: RegimeReading | undefined
}

// destructors ------------------------------------------------------------------------------------

export const utility = (g: GroupResult): number =>
  g.metrics.sut?.value ?? 1 - (g.metrics.attackSuccess?.value ?? 1)

/** Sorts the better group first: by SUT, then by attack success, then by the number of defences. */
export const byMerit = (a: GroupResult, b: GroupResult): number =>
  utility(b) - utility(a) ||
  (a.metrics.attackSuccess?.value ?? 1) - (b.metrics.attackSuccess?.value ?? 1) ||
  defendedStages(a.factors).length - defendedStages(b.factors).length

export const methodsOf = (
  g: GroupResult,
): ReadonlyArray<{ readonly stage: Stage; readonly method: string }> =>
  defendedStages(g.factors).map((stage) => ({ stage, method: g.factors[stage] }))

/** All methods and controls in the results, in the order of the stages. */
export const allMethods = (
  results: Results,
): ReadonlyArray<{ readonly stage: Stage; readonly method: string }> =>
  stages.flatMap((stage) =>
    [...new Set(results.groups.map((g) => g.factors[stage]))]
      .filter((method) => method !== 'none')
      .map((method) => ({ stage, method })),
  )

/** Abbreviations from short to long: `rr`, `rre`, `rref` for `random-references`; `ha`, `har` for `hard`. */
const abbreviations = (name: string): ReadonlyArray<string> => {
  const words = name
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
  const last = words.at(-1) ?? ''
  const first = words
    .slice(0, -1)
    .map((word) => word.slice(0, 1))
    .join('')
  return Array.from({ length: last.length }, (_, i) => first + last.slice(0, i + 1)).filter(
    (code) => code.length > 1,
  )
}

/**
 * A unique short code per method: one capital where possible; controls have small letters. The code of a combination joins the
 * codes of its methods.
 */
export const codesOf = (results: Results): ReadonlyMap<string, string> => {
  const codes = new Map<string, string>()
  const main = new Set(
    results.groups.filter((g) => !g.control).flatMap((g) => methodsOf(g).map((m) => m.method)),
  )
  const names = [...new Set(allMethods(results).map((m) => m.method))]
  for (const name of [...names.filter((n) => main.has(n)), ...names.filter((n) => !main.has(n))]) {
    const taken = new Set(codes.values())
    const tries = [...(main.has(name) ? [name.slice(0, 1).toUpperCase()] : []), ...abbreviations(name), name]
    codes.set(name, tries.find((code) => !taken.has(code)) ?? name)
  }
  return codes
}

export const codeOf = (codes: ReadonlyMap<string, string>, g: GroupResult): string =>
  methodsOf(g)
    .map(({ method }) => codes.get(method) ?? method)
    .join('')

const isPoisoned = (r: RegimeReading): boolean => !['benign', 'poison:0', 'poison:0.0'].includes(r.regime)

export const readingOf = (results: Results): Reading => {
  const regimes = [...new Set(results.groups.map((g) => g.factors.regime))]
    .filter((regime) => regime !== 'none')
    .map((regime): RegimeReading => {
      const here = results.groups.filter((g) => g.factors.regime === regime)
      const plain = here.filter((g) => !g.control)
      return {
        regime,
        none: plain.find((g) => defendedStages(g.factors).length === 0),
        defended: plain.filter((g) => defendedStages(g.factors).length > 0),
        controls: here.filter((g) => g.control),
        best: [...plain].sort(byMerit)[0],
      }
    })
  const reference = (model: string): GroupResult | undefined =>
    results.groups.find((g) => g.factors.regime === 'none' && g.factors.model === model)
  return {
    aligned: reference('aligned'),
    base: reference('base'),
    regimes,
    main: regimes.find((r) => r.regime === 'poison:0.05') ?? regimes.find(isPoisoned) ?? regimes[0],
  }
}
