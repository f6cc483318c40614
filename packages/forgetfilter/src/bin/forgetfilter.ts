import { main } from '@safe/tensor-core/cli'
import { binary } from '../cli/binary'

main(binary)
