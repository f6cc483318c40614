/** The wasm engine's own kernels; importing this registers them. */
import { registerCopies } from './copies'
import { registerEntryWise } from './entrywise'
import { registerExponentials } from './exponentials'
import { registerFused } from './fused'
import { registerProduct } from './product'
import { registerReductions } from './reductions'

registerProduct()
registerCopies()
registerExponentials()
registerEntryWise()
registerReductions()
registerFused()
