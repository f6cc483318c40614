/**
 * Contract cases of the language model: every hand-written gradient of the decoder against central differences in float64, and
 * one optimizer step of an adapted layer. Each engine must pass them.
 */
import type { ContractCase } from '../engine/contract'
import { layerCases } from './contract/layerCases'
import { loraStepCase } from './contract/loraCase'
import { lossCases } from './contract/lossCases'

export const lmCases: ReadonlyArray<ContractCase> = [...layerCases, ...lossCases, loraStepCase()]
