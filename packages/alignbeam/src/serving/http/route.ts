/** The server's paths. Metrics and logs name these, never a path as it was sent: paths are without bound, and may hold secrets. */

/** The paths with their methods. */
export const routes = {
  '/v1/chat/completions': ['POST'],
  '/v1/completions': ['POST'],
  '/v1/models': ['GET'],
  '/v1/models/:id': ['GET'],
  '/healthz': ['GET'],
  '/readyz': ['GET'],
  '/metrics': ['GET'],
} as const satisfies Readonly<Record<string, ReadonlyArray<'GET' | 'POST'>>>

/** A path of the server; `other` is any path that is not in the list, the page's included. */
export type Route = keyof typeof routes | 'other'

const isRoute = (path: string): path is keyof typeof routes => Object.hasOwn(routes, path)

/** The route of a request's target. */
export const routeOf = (target: string): Route => {
  const path = target.split('?', 1)[0] ?? ''
  return path.startsWith('/v1/models/') ? '/v1/models/:id' : isRoute(path) ? path : 'other'
}
