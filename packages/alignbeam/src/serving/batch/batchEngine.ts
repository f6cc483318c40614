/**
 * Continuous batching: asks join a running batch between steps and leave it when they end. Each step serves every row, so a long
 * answer does not hold up short ones; asks enter in the order in which they came, as soon as there is room for their beams.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type LmError, interrupted } from '@safe/tensor-core/contracts'
import type { Ask, Engine, Gauges, ServedModels } from '../contract'
import { type Encoded, type Entered, type ServedPair, encodeAsk, enterAlone, enterBridge } from './admission'
import { type BridgeGroup, joinedBridges, keptOnBridge, stepBridge } from './bridgeGroup'
import { type Group, joinedGroups, keptRows, running, stepGroup } from './group'
import { checkAsk } from './job'
import { type LedgerSettings, type Request, ledger } from './ledger'
import type { Row } from './row'

// model ------------------------------------------------------------------------------------------

/** What a batch is made of. An ask's dial takes precedence over the options. */
export interface BatchSettings extends LedgerSettings {
  readonly pair: ServedPair
  readonly models: ServedModels
  /** Most rows (beams) in the batch. An ask with more beams than that waits until the batch is empty. */
  readonly mostRows: number
  /** Frees the models. */
  readonly onDispose: () => void
}

/** Anything that has rows. */
interface Rows {
  readonly rows: ReadonlyArray<Row>
}

interface State {
  waiting: ReadonlyArray<Request>
  bridge: BridgeGroup | undefined
  draft: Group | undefined
  anchor: Group | undefined
  pumping: boolean
  closed: boolean
  steps: number
}

const stopped = () => interrupted('Interrupted', 'the models have been closed')

const beamsOf = ({ voice, dial }: Ask): number => (voice === 'mixed' ? dial.beams : 1)

const rowsOf = (parts: ReadonlyArray<Rows | undefined>): ReadonlyArray<Row> =>
  parts.flatMap((part) => part?.rows ?? [])

// constructors -----------------------------------------------------------------------------------

/** The models as an engine. Its `dispose` ends all asks and frees the models once the present step is over. */
export const batchEngine = (settings: BatchSettings): Engine => {
  const { pair, models, mostRows } = settings
  const asks = ledger(settings)
  const state: State = {
    waiting: [],
    bridge: undefined,
    draft: undefined,
    anchor: undefined,
    pumping: false,
    closed: false,
    steps: 0,
  }
  const groups = (): ReadonlyArray<Rows | undefined> => [state.bridge, state.draft, state.anchor]
  const rowsNow = (): number => rowsOf(groups()).filter(running).length

  // steps

  /** The work of some rows; where it fails, their asks fail. */
  const attempted = async <A>(
    rows: ReadonlyArray<Row>,
    work: TE.TaskEither<LmError, A>,
  ): Promise<A | undefined> => {
    const done = await work()
    if (E.isRight(done)) return done.right
    asks.fail(
      rows.map((row) => row.settings.id),
      done.left,
    )
    return undefined
  }

  const joinAlone = async (voice: 'draft' | 'anchor', fresh: Group | undefined): Promise<void> => {
    const parts = [state[voice], fresh]
    state[voice] = await attempted(rowsOf(parts), joinedGroups(pair[voice].model, parts))
  }

  const joinBridge = async (fresh: BridgeGroup | undefined): Promise<void> => {
    const parts = [state.bridge, fresh]
    const both = { draft: pair.draft.model, anchor: pair.anchor.model }
    state.bridge = await attempted(rowsOf(parts), joinedBridges(both, parts))
  }

  const stepAlone = async (voice: 'draft' | 'anchor'): Promise<void> => {
    const group = state[voice]
    if (group === undefined) return
    const done = await attempted(group.rows, stepGroup(pair[voice].model, group))
    state[voice] = done?.group
    asks.report(done?.rows ?? [])
  }

  const stepAll = async (): Promise<void> => {
    state.steps += 1
    const { bridge } = state
    const done = bridge && (await attempted(bridge.rows, stepBridge(bridge, pair.mixer)))
    state.bridge = done?.group
    asks.report(done?.rows ?? [])
    await stepAlone('draft')
    await stepAlone('anchor')
    // Rows that have come over the bridge take their next token with the next step.
    await joinAlone('draft', done?.over)
  }

  // entering and leaving

  /** Rows whose asks have been given up leave; rows that have ended are dropped by the steps. */
  const dropAbandoned = async (): Promise<void> => {
    const stays = (row: Row): boolean => !running(row) || asks.has(row.settings.id)
    const leaves = <G extends Rows>(group: G | undefined): G | undefined =>
      group?.rows.every(stays) === false ? group : undefined
    const [bridge, draft, anchor] = [leaves(state.bridge), leaves(state.draft), leaves(state.anchor)]
    if (bridge !== undefined) state.bridge = await attempted(bridge.rows, keptOnBridge(bridge, stays))
    if (draft !== undefined) state.draft = await attempted(draft.rows, keptRows(draft, stays))
    if (anchor !== undefined) state.anchor = await attempted(anchor.rows, keptRows(anchor, stays))
  }

  /** The asks that there is room for, first come first served. */
  const admitted = (): ReadonlyArray<Request> => {
    const free = mostRows - rowsNow()
    const needed = state.waiting.map((_, i) =>
      state.waiting.slice(0, i + 1).reduce((sum, { ask }) => sum + beamsOf(ask), 0),
    )
    const fitting = needed.filter((sum) => sum <= free).length
    const count = free === mostRows ? Math.max(1, fitting) : fitting
    const [entering, left] = [state.waiting.slice(0, count), state.waiting.slice(count)]
    state.waiting = left
    return entering
  }

  /** Steps of the others while a long prompt is read. */
  const pause: TE.TaskEither<LmError, void> = pipe(() => stepAll(), TE.fromTask)

  const entered = async <A>(
    encoded: ReadonlyArray<Encoded>,
    side: 'draft' | 'anchor',
    work: TE.TaskEither<LmError, Entered<A>>,
  ): Promise<A | undefined> => {
    if (encoded.length === 0) return undefined
    const done = await work()
    if (E.isLeft(done)) {
      asks.fail(
        encoded.map(({ ask }) => ask.id),
        done.left,
      )
      return undefined
    }
    asks.read(encoded, side, done.right.cached)
    return done.right.entered
  }

  const enter = async (requests: ReadonlyArray<Request>): Promise<void> => {
    const encoded: Encoded[] = []
    for (const request of requests) {
      asks.enter(request)
      const read = await encodeAsk(pair, request.ask)()
      if (E.isLeft(read)) asks.fail([request.ask.id], read.left)
      else encoded.push(read.right)
    }
    const of = (voice: Ask['voice']): ReadonlyArray<Encoded> =>
      encoded.filter(({ ask }) => ask.voice === voice)

    const mixed = of('mixed')
    const crossing = await entered(mixed, 'draft', enterBridge(pair, mixed, pause))
    if (crossing !== undefined) {
      asks.place(crossing.rows)
      await joinBridge(crossing.group)
      await joinAlone('draft', crossing.over)
      asks.report(crossing.rows)
    }
    for (const voice of ['draft', 'anchor'] as const) {
      const own = of(voice)
      const group = await entered(
        own,
        voice,
        enterAlone(pair[voice], own, (ask) => ask[voice], pause),
      )
      if (group === undefined) continue
      asks.place(group.rows)
      await joinAlone(voice, group)
    }
  }

  // loop

  const free = (): void => {
    ;[state.bridge?.draft, state.bridge?.anchor, state.draft?.session, state.anchor?.session].forEach(
      (session) => session?.dispose(),
    )
    state.bridge = undefined
    state.draft = undefined
    state.anchor = undefined
    pair.draft.prompts.dispose()
    pair.anchor.prompts.dispose()
    settings.onDispose()
  }

  const pump = async (): Promise<void> => {
    if (state.pumping) return
    state.pumping = true
    while (!state.closed && (state.waiting.length > 0 || groups().some((group) => group !== undefined))) {
      await dropAbandoned()
      const next = admitted()
      if (next.length > 0) await enter(next)
      await stepAll()
      // Messages and timers are served even where the models answer at once.
      await new Promise((resolve) => setImmediate(resolve))
    }
    state.pumping = false
    if (state.closed) free()
  }

  return {
    models,
    ask: (ask, onReply) => {
      const fault = state.closed ? E.left(stopped()) : checkAsk(ask)
      if (E.isLeft(fault)) {
        onReply({ kind: 'failed', fault: fault.left })
        return () => undefined
      }
      state.waiting = [...state.waiting, { ask, onReply }]
      void pump()
      return () => {
        state.waiting = state.waiting.filter((waiting) => waiting.ask.id !== ask.id)
        asks.giveUp(ask.id)
      }
    },
    gauges: (): Gauges => ({
      running: asks.size(),
      waiting: state.waiting.length,
      rows: rowsNow(),
      steps: state.steps,
      ...asks.counts(),
    }),
    dispose: () => {
      if (state.closed) return
      state.closed = true
      state.waiting.forEach(({ onReply }) => onReply({ kind: 'failed', fault: stopped() }))
      state.waiting = []
      asks.failAll(stopped())
      if (!state.pumping) free()
    },
  }
}
