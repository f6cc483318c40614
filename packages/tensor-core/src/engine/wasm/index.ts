/** The wasm engine's own kernels; importing this module registers them. */
import { registerConcatenations } from './concatenations'
import { registerEntryWise } from './entrywise'
import { registerExponentials } from './exponentials'
import { registerFused } from './fused'
import { registerGathering } from './gathering'
import { registerProduct } from './product'
import { registerReductions } from './reductions'
import { registerSlices } from './slices'
import { registerSwaps } from './swaps'

registerProduct()
registerSlices()
registerConcatenations()
registerSwaps()
registerGathering()
registerExponentials()
registerEntryWise()
registerReductions()
registerFused()
