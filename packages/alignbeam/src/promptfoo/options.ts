/** The options of the provider for promptfoo: `config` in a configuration file. */
import { type InputError, badInput } from '@safe/tensor-core/contracts'
import { endpointOptions } from '@safe/tensor-core/endpoint'
import {
  type Given,
  type Values,
  count,
  decodeConfigured,
  integer,
  modelFolder,
  number,
  optional,
  text,
  withDefault,
} from '@safe/tensor-core/options'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { alignBeamOptions } from '../options'

// table ------------------------------------------------------------------------------------------

/** Options of the provider. Settings of the mixture that are left out are the server's, or the paper's where there is none. */
export const providerOptions = {
  url: optional(text('address of a server: http://HOST:PORT/v1', 'URL')),
  model: withDefault('alignbeam', text('id of the model that is served', 'NAME')),
  apiKeyEnv: optional(text('variable that holds the key of the server; default: no key', 'NAME')),
  draft: optional(modelFolder('model folder of the draft, in place of a server')),
  anchor: optional(modelFolder('model folder of the anchor, in place of a server')),
  alpha: optional(alignBeamOptions.alpha),
  beams: optional(alignBeamOptions.beams),
  bridgeTokens: optional(alignBeamOptions.bridgeTokens),
  maxTokens: withDefault(256, count('longest completion')),
  temperature: withDefault(0, number('of the completion; 0 is greedy', { min: 0, max: 2 })),
  seed: withDefault(42, integer('of random draws')),
  timeoutSeconds: withDefault(300, endpointOptions.timeoutSeconds),
  retries: endpointOptions.retries,
}

// model ------------------------------------------------------------------------------------------

type Common = Omit<Values<typeof providerOptions>, 'url' | 'draft' | 'anchor'>
/** Where answers come from: a server, or two models in this process. */
export type ProviderConfig =
  | (Common & { readonly kind: 'served'; readonly url: string })
  | (Common & { readonly kind: 'inProcess'; readonly draft: string; readonly anchor: string })

// constructors -----------------------------------------------------------------------------------

const where = 'alignbeam'

const sourceOf = ({
  url,
  draft,
  anchor,
  ...common
}: Values<typeof providerOptions>): E.Either<InputError, ProviderConfig> =>
  url !== undefined && draft === undefined && anchor === undefined
    ? E.right({ ...common, kind: 'served', url })
    : url === undefined && draft !== undefined && anchor !== undefined
      ? E.right({ ...common, kind: 'inProcess', draft, anchor })
      : E.left(
          badInput('BadConfig', 'give either `url`, or `draft` and `anchor`', {
            where,
            remedy: 'start a server with `alignbeam serve` and give its address as `url`',
          }),
        )

/** The options of a configuration; promptfoo adds `basePath` to them. Left `BadConfig` with the field's name. */
export const providerConfig = (given: Given): E.Either<InputError, ProviderConfig> =>
  pipe(
    Object.fromEntries(Object.entries(given).filter(([name]) => name !== 'basePath')),
    decodeConfigured(providerOptions, where),
    E.chain(sourceOf),
  )
