/** The binary `tensor-core`. */
import { main } from '../cli'
import { binary } from './binary'

main(binary)
