/** The rivals by their names. */
import type { RecordDiagnostics, TrainingDefence } from '@safe/tensor-core/contracts'
import { type SafeResources, constrainedSft, ema, lisa, safegrad, safetyAfter } from '../../src'

export type RivalName = 'safegrad' | 'safety-after' | 'constrained-sft' | 'lisa' | 'ema'

export const rivalNamed = (
  name: RivalName,
  options: Readonly<Record<string, number>>,
  resources: SafeResources,
  record?: RecordDiagnostics,
): TrainingDefence => {
  switch (name) {
    case 'safegrad':
      return safegrad(options, resources, record)
    case 'safety-after':
      return safetyAfter(options, resources, record)
    case 'constrained-sft':
      return constrainedSft(options, record)
    case 'lisa':
      return lisa(options, resources, record)
    case 'ema':
      return ema(options, record)
  }
}
