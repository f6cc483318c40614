/** The routes of the server. */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { causeLine, failure } from '@safe/tensor-core/contracts'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { keyCheck } from './apiKey'
import { readJsonBody } from './body'
import { chatWanted } from './chatRequest'
import { completionWanted } from './completionRequest'
import type { AnswerContext, AcceptedRequest } from './following'
import { hostCheck } from './hostCheck'
import type { Metrics } from './metrics'
import { type Problem, badRequest, internalError, notReady, problemResponse, shuttingDown } from './problem'
import { fingerprintOf } from './replyBodies'
import { respond } from './respond'
import { routes } from './route'
import { asksOf, fits, modelById, modelIds, modelList, voiceOf } from './servedModels'
import type { HttpSettings } from './serverOptions'
import { type Shape, chatShape, completionShape } from './shape'
import type { Trace } from './trace'
import type { Wanted } from './wanted'

// model ------------------------------------------------------------------------------------------

/** What the node server hands over with a request. */
export interface Bindings {
  readonly incoming: IncomingMessage
  readonly trace: Trace
}
type ServerEnv = { Bindings: Bindings }

/** What the routes need. */
export interface AppContext {
  readonly settings: HttpSettings
  readonly answering: AnswerContext
  readonly metrics: Metrics
  readonly isDraining: () => boolean
}

// parts ------------------------------------------------------------------------------------------

const refused = (trace: Trace, problem: Problem): Response => {
  trace.note({ problem })
  return problemResponse(problem)
}
const secondsNow = (): number => Math.floor(Date.now() / 1000)

/** Passes requests for which there is no problem. */
const guard =
  (check: (c: Context<ServerEnv>) => E.Either<Problem, void>): MiddlewareHandler<ServerEnv> =>
  async (c, next) => {
    const checked = check(c)
    if (E.isLeft(checked)) return refused(c.env.trace, checked.left)
    await next()
    return undefined
  }

const notAllowed =
  (methods: ReadonlyArray<string>) =>
  (c: Context<ServerEnv>): Response =>
    refused(
      c.env.trace,
      badRequest(`this path takes ${methods.join(', ')}`, 'method_not_allowed', {
        status: 405,
        headers: { allow: methods.join(', ') },
      }),
    )

const unknownPath = badRequest('there is nothing at this path', 'unknown_url', { status: 404 })

// answers ----------------------------------------------------------------------------------------

/** The handler of one of the two APIs. */
const answers = (
  { settings, answering }: AppContext,
  shape: Shape,
  decode: (json: unknown) => E.Either<Problem, Wanted>,
): ((c: Context<ServerEnv>) => Promise<Response>) => {
  const ids = modelIds(settings.name, settings.ui)
  const accepted = (trace: Trace) => (json: unknown) =>
    pipe(
      decode(json),
      E.bindTo('wanted'),
      E.bind('voice', ({ wanted }) => voiceOf(ids)(wanted.model)),
      E.map((found) => {
        trace.note({ model: found.wanted.model })
        return found
      }),
      E.bind('engine', () => pipe(answering.answerer.source.current(), E.mapLeft(notReady))),
      E.chainFirst(({ wanted, engine }) => fits(engine.models)(wanted)),
      E.map(({ wanted, voice, engine }): AcceptedRequest => {
        const id = `${shape.idPrefix}${randomUUID().replaceAll('-', '')}`
        const head = {
          id,
          created: secondsNow(),
          model: wanted.model,
          system_fingerprint: fingerprintOf(engine.models),
        }
        return { writing: { shape, head, wanted }, asks: asksOf(id, voice, wanted), trace }
      }),
    )
  return ({ env: { incoming, trace } }) =>
    pipe(
      readJsonBody(incoming, settings.maxBody),
      TE.chainEitherK(accepted(trace)),
      TE.chain(respond(answering)),
      TE.getOrElse((problem) => () => Promise.resolve(refused(trace, problem))),
    )()
}

// constructors -----------------------------------------------------------------------------------

/** All routes. */
export const makeApp = (context: AppContext): Hono<ServerEnv> => {
  const { settings, answering, metrics, isDraining } = context
  const app = new Hono<ServerEnv>()
  const ids = modelIds(settings.name, settings.ui)
  const started = secondsNow()
  const hasKey = keyCheck(settings.apiKey)

  const isNamed = hostCheck(settings)
  app.use(
    '*',
    guard((c) => isNamed(c.env.incoming.headers.host)),
  )
  const keyed = guard((c) => hasKey(c.env.incoming.headers.authorization))
  app.use('/v1/*', keyed)
  app.use('/metrics', keyed)
  app.use(
    '/v1/*',
    guard(() => (isDraining() ? E.left(shuttingDown) : E.right(undefined))),
  )

  app.post('/v1/chat/completions', answers(context, chatShape, chatWanted(settings.defaults)))
  app.post('/v1/completions', answers(context, completionShape, completionWanted(settings.defaults)))
  app.get('/v1/models', (c) => c.json(modelList(ids, started)))
  // Ids may have slashes.
  app.get('/v1/models/:id{.+}', (c) =>
    pipe(
      modelById(ids, c.req.param('id'), started),
      E.match(
        (problem) => refused(c.env.trace, problem),
        (model) => c.json(model),
      ),
    ),
  )
  app.get('/healthz', (c) => c.json({ status: 'ok' }))
  app.get('/readyz', (c) =>
    pipe(
      isDraining() ? E.left(shuttingDown) : pipe(answering.answerer.source.current(), E.mapLeft(notReady)),
      E.match(
        (problem) => refused(c.env.trace, problem),
        () => c.json({ status: 'ready' }),
      ),
    ),
  )
  app.get('/metrics', async (c) => c.body(await metrics.text(), 200, { 'content-type': metrics.contentType }))

  for (const [path, methods] of Object.entries(routes))
    app.all(path === '/v1/models/:id' ? '/v1/models/:id{.+}' : path, notAllowed(methods))
  app.notFound(async (c) => {
    const shown = await settings.page?.fetch(c.req.raw)
    return shown === undefined || shown.status === 404 ? refused(c.env.trace, unknownPath) : shown
  })
  app.onError((cause, c) => {
    c.env.trace.note({ fault: failure('ServerFailed', causeLine(cause)) })
    return refused(c.env.trace, internalError)
  })
  return app
}
