/** `alignbeam serve`: an OpenAI-compatible server in front of a draft and an anchor, whose safety is set per request. */
import { extname, join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as T from 'fp-ts/Task'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Context, type Outcome, command } from '@safe/tensor-core/cli'
import type { Fault } from '@safe/tensor-core/contracts'
import { serverKey } from '../../serving/http/apiKey'
import { type HttpServer, serveHttp } from '../../serving/http/serveHttp'
import type { HttpSettings } from '../../serving/http/serverOptions'
import type { ServedModels } from '../../serving/contract'
import { servedPage } from '../../serving/page/page'
import { type EngineHost, startEngineHost } from '../../serving/process/engineHost'
import { alignBeamSettingsOf, checkValues, generationOf } from '../generateOptions'
import { type ServeValues, generateValuesOf, serveOptions } from './serveOptions'

// settings ---------------------------------------------------------------------------------------

const httpSettings = (
  values: ServeValues,
  apiKey: string | undefined,
  { common }: Context,
): E.Either<Fault, HttpSettings> =>
  pipe(
    checkValues(generateValuesOf(values)),
    E.chain(alignBeamSettingsOf),
    E.map(({ alpha, beams, bridgeTokens }) => {
      const hasJudge = values.judge !== 'none'
      const settings = {
        ...values,
        apiKey,
        defaults: {
          dial: { alpha, beams, bridgeTokens, judge: hasJudge },
          generation: generationOf(generateValuesOf(values), common.seed),
        },
        log: (line: string) => void process.stderr.write(`${line}\n`),
      }
      return values.ui ? { ...settings, page: servedPage(settings, hasJudge) } : settings
    }),
  )

// running ----------------------------------------------------------------------------------------

const startHost = (values: ServeValues, { common, note, warn }: Context): EngineHost =>
  startEngineHost({
    module: join(__dirname, `servedEngine${extname(__filename)}`),
    settings: { ...common, ...values },
    onProgress: note,
    onWarning: warn,
  })

/** Until the command is told to stop. */
const stopped =
  (signal: AbortSignal): T.Task<void> =>
  () =>
    new Promise((resolve) => {
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve(), { once: true })
    })

/** The models, or nothing where the command is told to stop before they are loaded. */
const readyOrStopped = (
  host: EngineHost,
  signal: AbortSignal,
): TE.TaskEither<Fault, ServedModels | undefined> => {
  const given = pipe(
    stopped(signal),
    T.map(() => E.right(undefined)),
  )
  return () => Promise.race([host.ready(), given()])
}

/** Listens at once, so that /healthz answers while the models are loaded, and ends where they cannot be. */
const served = (server: HttpServer, host: EngineHost, context: Context): TE.TaskEither<Fault, Outcome> =>
  pipe(
    readyOrStopped(host, context.signal),
    TE.chainTaskK((models) => {
      if (models !== undefined)
        context.note(`ready: ${models.draft} with ${models.anchor} at ${server.url}/v1`)
      return stopped(context.signal)
    }),
    TE.chain(() => {
      context.note('stopping: open requests are finished')
      return server.close
    }),
    TE.map(() => ({ json: { url: server.url, restarts: host.restarts() } })),
  )

export const serveCommand = command({
  name: 'serve',
  description: 'serve a draft and an anchor by the API of OpenAI, safety set per request',
  example: 'alignbeam serve --draft models/tuned --anchor models/anchor --judge refusal --port 8080',
  options: serveOptions,
  run: (values, context) =>
    pipe(
      TE.Do,
      TE.bind('apiKey', () => TE.fromEither(serverKey(process.env, values.apiKeyEnv))),
      TE.bindW('settings', ({ apiKey }) => TE.fromEither(httpSettings(values, apiKey, context))),
      TE.chain(({ settings }) => {
        const host = startHost(values, context)
        return TE.bracket(
          pipe(
            serveHttp({ current: host.current }, settings),
            TE.tapError(() => TE.fromTask(host.close)),
          ),
          (server) => {
            server.warnings.forEach(context.warn)
            context.note(`listening on ${server.url}`)
            return served(server, host, context)
          },
          (server) =>
            pipe(
              server.close,
              TE.chainFirstTaskK(() => host.close),
            ),
        )
      }),
    ),
})
