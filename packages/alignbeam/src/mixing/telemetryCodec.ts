/** The telemetry of a prompt as it is written to files and sent by servers. */
import * as t from 'io-ts'

/** The numbers that every prompt has; those of models behind a URL may stand beside them. */
export const telemetryCodec = t.type({
  steps: t.number,
  mappedMass: t.number,
  support: t.number,
  fallbacks: t.number,
  agreement: t.number,
})
