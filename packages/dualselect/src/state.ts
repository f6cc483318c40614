/**
 * What DualSelect remembers between steps, and its form in the training loop's checkpoints. The state of the rule inside is
 * carried along under `inner.` names, so rules nest to any depth.
 */
import type { RuleState } from '@safe/tensor-core/contracts'

// model ------------------------------------------------------------------------------------------

/** Selected references watched between refreshes, and which warnings this refresh has given already. */
export interface Watch {
  readonly positions: ReadonlyArray<number>
  /** Their mean loss at the refresh, nats. */
  readonly loss: number
  /** The step of the last check. */
  readonly checkedAt: number
  readonly warnings: ReadonlyArray<number>
}

/** What is remembered between steps. */
export interface Memory<G> {
  /** gT: the warm-up's sum, then the mean of an epoch's selected task gradients. */
  readonly taskDirection: G | undefined
  /** Sum of this epoch's selected task gradients, uncorrected. */
  readonly epochSum: G | undefined
  readonly epochSteps: number
  /** gR, frozen since step `refreshedAt`. */
  readonly reference: G | undefined
  readonly refreshedAt: number
  readonly watch: Watch | undefined
  readonly inner: RuleState<G>
}

// codec ------------------------------------------------------------------------------------------

const prefix = 'inner.'

const nest = <A>(record: Readonly<Record<string, A>>): Record<string, A> =>
  Object.fromEntries(Object.entries(record).map(([name, a]) => [`${prefix}${name}`, a]))

const unnest = <A>(record: Readonly<Record<string, A>>): Record<string, A> =>
  Object.fromEntries(
    Object.entries(record).flatMap(([name, a]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), a]] : [],
    ),
  )

/** The state of the rule inside, of a rule's state that carries it along. */
export const innerOf = <G>({ vectors, numbers }: RuleState<G>): RuleState<G> => ({
  vectors: unnest(vectors),
  numbers: unnest(numbers),
})

/** A rule's own state, without that of the rule inside. */
export const ownOf = <G>({ vectors, numbers }: RuleState<G>): RuleState<G> => ({
  vectors: Object.fromEntries(Object.entries(vectors).filter(([name]) => !name.startsWith(prefix))),
  numbers: Object.fromEntries(Object.entries(numbers).filter(([name]) => !name.startsWith(prefix))),
})

/** A rule's own state that carries along that of the rule inside. */
export const carrying = <G>(own: Partial<RuleState<G>>, inner: RuleState<G>): RuleState<G> => ({
  vectors: { ...own.vectors, ...nest(inner.vectors) },
  numbers: { ...own.numbers, ...nest(inner.numbers) },
})

const present = <A>(record: Readonly<Record<string, A | undefined>>): Record<string, A> =>
  Object.fromEntries(Object.entries(record).flatMap(([name, a]) => (a === undefined ? [] : [[name, a]])))

/** The memory in a rule's state. */
export const readMemory = <G>({ vectors, numbers }: RuleState<G>): Memory<G> => {
  const positions = numbers['watch.positions']
  return {
    taskDirection: vectors['taskDirection'],
    epochSum: vectors['epochSum'],
    epochSteps: numbers['epochSteps']?.[0] ?? 0,
    reference: vectors['reference'],
    refreshedAt: numbers['refreshedAt']?.[0] ?? 0,
    watch:
      positions === undefined
        ? undefined
        : {
            positions,
            loss: numbers['watch.loss']?.[0] ?? 0,
            checkedAt: numbers['watch.lookedAt']?.[0] ?? 0,
            warnings: numbers['watch.warnings'] ?? [],
          },
    inner: innerOf({ vectors, numbers }),
  }
}

/** The memory as a rule's state. */
export const writeMemory = <G>(m: Memory<G>): RuleState<G> =>
  carrying(
    {
      vectors: present({ taskDirection: m.taskDirection, epochSum: m.epochSum, reference: m.reference }),
      numbers: {
        epochSteps: [m.epochSteps],
        refreshedAt: [m.refreshedAt],
        ...(m.watch === undefined
          ? {}
          : {
              'watch.positions': m.watch.positions,
              'watch.loss': [m.watch.loss],
              'watch.lookedAt': [m.watch.checkedAt],
              'watch.warnings': m.watch.warnings,
            }),
      },
    },
    m.inner,
  )

/** The memory before the first step. */
export const freshMemory = <G>(inner: RuleState<G>): Memory<G> => ({
  taskDirection: undefined,
  epochSum: undefined,
  epochSteps: 0,
  reference: undefined,
  refreshedAt: 0,
  watch: undefined,
  inner,
})
