/** The binary `tensor-core`. */
import { main } from '../cli/kit'
import { binary } from '../cli/binary'

main(binary)
