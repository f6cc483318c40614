/** The wasm engine's own kernels; importing this registers them. */
import { registerCopies } from './copies'
import { registerExponentials } from './exponentials'
import { registerProduct } from './product'

registerProduct()
registerCopies()
registerExponentials()
