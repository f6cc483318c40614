import { main } from '@safe/tensor-core/cli'
import { binary } from '../binary'

main(binary)
