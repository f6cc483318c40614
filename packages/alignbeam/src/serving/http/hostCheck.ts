/**
 * Which names a server is asked by. A page in a browser on this machine can point its own domain at 127.0.0.1 and then ask a server there
 * as its own (DNS rebinding); its requests still name that domain. So a server that listens on this machine alone, and has no key,
 * answers to names of this machine and to those it is told.
 */
import * as E from 'fp-ts/Either'
import { isLoopback } from './apiKey'
import { type Problem, badRequest } from './problem'
import type { HttpSettings } from './serverOptions'

const foreign: Problem = badRequest(
  'this server does not answer to the name in the Host header; name it with --allow-hosts, or give the server a key',
  'host_not_allowed',
  { status: 403 },
)

/** The name in a Host header, without its port and brackets; undefined where there is none. */
const nameIn = (header: string): string | undefined =>
  /^(?:\[([0-9a-f:.]+)\]|([^:[\]@/]+))(?::\d*)?$/i
    .exec(header)
    ?.slice(1)
    .find(Boolean)
    ?.toLowerCase()
    .replace(/\.$/, '')

const isOwn = (name: string): boolean => isLoopback(name) || name.endsWith('.localhost')

/** Whether a request may pass, by its header `Host`. Where the server has a key, or listens on other addresses, all may. */
export const hostCheck = ({
  host,
  apiKey,
  allowHosts,
}: Pick<HttpSettings, 'host' | 'apiKey' | 'allowHosts'>): ((
  header: string | undefined,
) => E.Either<Problem, void>) => {
  if (apiKey !== undefined || !isLoopback(host)) return () => E.right(undefined)
  const told = new Set(allowHosts.map((name) => name.toLowerCase()))
  return (header) => {
    const name = header === undefined ? undefined : nameIn(header)
    return name !== undefined && (isOwn(name) || told.has(name)) ? E.right(undefined) : E.left(foreign)
  }
}
